"""Bluesky: a row is a post as one fetch had it.

https://docs.bsky.app/docs/api/app-bsky-feed-search-posts, -get-author-feed and, by
addresses, -get-posts, on the public host without a key; 3,000 requests in five minutes
for an address. The address of a post names its author.
"""

from collections.abc import Mapping
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
    always,
    count,
    document,
    inner,
    iso,
    text,
)
from pipelines.sources.sentiment.pages import with_params
from pipelines.sources.sentiment.tables import ITEMS
from pipelines.upstream.budget import Limit


def _next_url(url: str, body: Any, headers: Mapping[str, str]) -> str | None:
    """By the answer's cursor."""
    del headers
    cursor = inner(body, "cursor")
    return with_params(url, cursor=str(cursor)) if cursor else None


def _language(post: Any) -> Cell:
    languages = inner(post, "record", "langs")
    return str(languages[0]) if isinstance(languages, list) and languages else None


def _is_post(post: Any) -> bool:
    return has(post, "cid", "record", "author")


FIELDS = {
    "kind": always("post"),
    "item_id": text("cid"),  # an address of a post names its author
    "parent_id": text("record", "reply", "parent", "cid"),
    "text": text("record", "text"),
    "language": _language,
    "author_created_at": iso("author", "createdAt"),
    "score": count("likeCount"),
    "comments_count": count("replyCount"),
    "created_at": iso("record", "createdAt"),
    "created_text": text("record", "createdAt"),
    "attributes": document("repostCount", "quoteCount", "indexedAt"),
}

SEARCH = Endpoint(
    name="search",
    table=ITEMS,
    key="item_id",
    path="/xrpc/app.bsky.feed.searchPosts",
    params={"q": "{subject}", "sort": "latest", "limit": "100"},
    fits=lambda body: has(body, "posts") and every(_is_post, body["posts"]),
    items=lambda body: body["posts"],
    fields=FIELDS,
    author=text("author", "did"),
    address=text("uri"),
    cursors={"cursor": ""},
    next_url=_next_url,
)
UPSTREAM = Upstream(
    name="bluesky",
    url="https://public.api.bsky.app",
    limits={"minutes": Limit(3_000, 300, 100)},
    endpoints=[
        SEARCH,
        replace(
            SEARCH,
            name="author",
            path="/xrpc/app.bsky.feed.getAuthorFeed",
            params={"actor": "{subject}", "limit": "100"},
            fits=lambda body: (
                has(body, "feed")
                and every(lambda entry: _is_post(inner(entry, "post")), body["feed"])
            ),
            items=lambda body: [entry["post"] for entry in body["feed"]],
        ),
        replace(
            SEARCH,
            name="post",
            path="/xrpc/app.bsky.feed.getPosts",
            params={},
            cursors={},
            next_url=last_page,
            ids_at_once=25,
            id_param="uris",
            leaves_gone_out=True,
        ),
    ],
)
