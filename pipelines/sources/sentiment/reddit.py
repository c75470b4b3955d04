"""Reddit: a row is a post or comment as one fetch had it.

For keys that exist: new ones are not given since 2026-10-31, and the public API ends in
2027 (https://www.reddit.com/dev/api). A token is asked for with the application's id
and secret; a listing has at most 100 items and what is sticky.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipelines.sources.sentiment.declaration import (
    Endpoint,
    Upstream,
    every,
    has,
    last_page,
)
from pipelines.sources.sentiment.fields import (
    Cell,
    count,
    document,
    epoch,
    first,
    flag,
    inner,
    text,
)
from pipelines.sources.sentiment.pages import with_params
from pipelines.sources.sentiment.tables import ITEMS
from pipelines.upstream.budget import Limit

KINDS = {"t1": "comment", "t3": "post"}
GONE = {"[deleted]": "deleted", "[removed]": "removed"}


def is_listing(body: Any) -> bool:
    """Whether this is a listing of posts and comments."""
    return (
        has(body, "kind", "data")
        and body["kind"] == "Listing"
        and every(
            lambda child: has(child, "kind", "data"), inner(body, "data", "children")
        )
    )


def _is_thread(body: Any) -> bool:
    return bool(body) and every(is_listing, body)


def _flat(listing: Any) -> Iterator[Any]:
    """The items, each followed by those that answer it; `more` is none."""
    for child in listing["data"]["children"]:
        if child["kind"] not in KINDS:
            continue
        item = child["data"]
        yield {**item, "kind": child["kind"]} if isinstance(item, Mapping) else item
        if is_listing(inner(item, "replies")):
            yield from _flat(item["replies"])


def _thread(body: Any) -> Sequence[Any]:
    return [item for listing in body for item in _flat(listing)]


def _kind(item: Any) -> Cell:
    return KINDS.get(str(inner(item, "kind"))) or (
        "comment" if has(item, "body") else "post"
    )


def _item_id(item: Any) -> Cell:
    """Its full name; of an archive it is made of the id."""
    if name := text("name")(item):
        return name
    own = text("id")(item)
    prefix = "t1" if _kind(item) == "comment" else "t3"
    return f"{prefix}_{own}" if own else None


def _tombstone(item: Any) -> Cell:
    words = inner(item, "body") or inner(item, "selftext")
    if gone := GONE.get(str(words).strip().lower()):
        return gone
    if by := inner(item, "removed_by_category"):
        return "deleted" if by in {"deleted", "author"} else "removed"
    return None


def _author(item: Any) -> Cell:
    name = text("author")(item)
    return None if name in GONE else name


def next_url(url: str, body: Any, headers: Mapping[str, str]) -> str | None:
    """By the listing's own cursor."""
    del headers
    after = inner(body, "data", "after")
    return with_params(url, after=str(after)) if after else None


FIELDS = {
    "kind": _kind,
    "item_id": _item_id,
    "parent_id": first(text("parent_id"), text("link_id")),
    "title": text("title"),
    "text": first(text("selftext"), text("body")),
    "url": first(text("permalink"), text("url")),
    "author_created_at": epoch("author_created_utc"),
    "author_karma": count("author_karma"),
    "score": count("score"),
    "comments_count": count("num_comments"),
    "is_stickied": flag("stickied"),
    "created_at": epoch("created_utc"),
    "created_text": text("created_utc"),
    "edited_at": epoch("edited"),
    "attributes": document(
        *("ups", "downs", "upvote_ratio", "gilded", "total_awards_received"),
        *("over_18", "locked", "link_flair_text", "domain", "num_crossposts"),
    ),
}
_SUBREDDIT = text("subreddit")

POSTS = Endpoint(
    name="posts",
    table=ITEMS,
    key="item_id",
    path="/r/{subject}/new",
    params={"limit": "100", "raw_json": "1"},
    fits=is_listing,
    items=lambda body: list(_flat(body)),
    fields=FIELDS,
    subject=_SUBREDDIT,
    author=_author,
    tombstone=_tombstone,
    cursors={"after": "", "before": ""},
    is_later=lambda body: inner(body, "data", "before") is not None,
    next_url=next_url,
)
UPSTREAM = Upstream(
    name="reddit",
    url="https://oauth.reddit.com",
    # 100 a minute for a registered application, averaged over ten minutes
    limits={"minutes": Limit(1_000, 600, 60)},
    secrets=("BULLION_REDDIT_CLIENT_ID", "BULLION_REDDIT_CLIENT_SECRET"),
    token_url="https://www.reddit.com/api/v1/access_token",  # noqa: S106
    endpoints=[
        POSTS,
        replace(
            POSTS,
            name="info",
            path="/api/info",
            params={"id": "{subject}", "raw_json": "1"},
            next_url=last_page,
            ids_at_once=100,
        ),
        Endpoint(
            name="comments",
            table=ITEMS,
            key="item_id",
            path="/comments/{subject}",
            params={"limit": "500", "raw_json": "1"},
            fits=_is_thread,
            items=_thread,
            fields=FIELDS,
            subject=_SUBREDDIT,
            author=_author,
            tombstone=_tombstone,
        ),
    ],
)
