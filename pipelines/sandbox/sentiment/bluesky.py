"""Bluesky: https://docs.bsky.app/docs/api/app-bsky-feed-search-posts and its likes."""

import hashlib
from collections.abc import Sequence
from typing import Any

from pipelines.sandbox.answers import Answer, RefusedError, document
from pipelines.sandbox.clock import iso, parse_instant
from pipelines.sandbox.sentiment.asking import Ask
from pipelines.sandbox.sentiment.items import Item, Stream, below

_STEPS = 432  # three days
_FEEDS = "/xrpc/app.bsky.feed."
_ASKED = 25  # of a request by addresses


def answer(stream: Stream, ask: Ask) -> Answer:
    """A page of a search, or of an author's posts, or posts by their addresses."""
    if ask.path == f"{_FEEDS}searchPosts":
        words = ask.params.get("q", "")
        found = stream.newest(
            _STEPS, lambda one: one.mentions(words) and _is_within(one, ask)
        )
        page, cursor = _cut(found, ask)
        shown = {"posts": [_post(one) for one in page], "hitsTotal": len(found)}
        return document({**shown, **cursor})
    if ask.path == f"{_FEEDS}getAuthorFeed":
        actor = ask.params.get("actor", "")
        name = actor.partition(".")[0]
        of_author = stream.newest(_STEPS, lambda one: one.author == name)
        page, cursor = _cut(of_author, ask)
        return document({"feed": [{"post": _post(one)} for one in page], **cursor})
    if ask.path == f"{_FEEDS}getPosts":
        uris = [value for name, value in ask.pairs if name == "uris"]
        if not 0 < len(uris) <= _ASKED:
            said = f"{len(uris)} of at most {_ASKED} uris"
            raise RefusedError(400, {"error": "InvalidRequest", "message": said})
        standing = filter(None, (_at(stream, uri) for uri in uris))
        return document({"posts": list(map(_post, standing))})
    raise RefusedError(404, {"error": "XRPCNotSupported", "message": "Not Found"})


def _at(stream: Stream, uri: str) -> Item | None:
    """The post that stands at an address; None: none does, or not any more."""
    number = uri.rpartition("/")[2]
    item = stream.item(int(number)) if number.isdigit() else None
    stands = item and not item.gone and _post(item)["uri"] == uri
    return item if stands else None


def _is_within(item: Item, ask: Ask) -> bool:
    since, until = ask.params.get("since"), ask.params.get("until")
    return (not since or parse_instant(since) <= item.created_ms) and (
        not until or item.created_ms < parse_instant(until)
    )


def _cut(items: Sequence[Item], ask: Ask) -> tuple[Sequence[Item], dict[str, str]]:
    """A page by the number that its cursor names, and the cursor of the next one."""
    cursor, size = ask.params.get("cursor", ""), ask.count("limit", 25, 100)
    start = below(items, int(cursor) if cursor.isdigit() else None)
    page = ask.page(items, start, size)
    is_last = page[-1:] == items[-1:]
    return page, {} if is_last else {"cursor": str(page[-1].number)}


def _post(item: Item) -> Any:
    digest = hashlib.sha256(f"{item.author}".encode()).hexdigest()
    did, cid = f"did:plc:{digest[:24]}", f"bafyrei{item.number:052d}"
    created = iso(item.created_ms)
    record: dict[str, Any] = {
        "$type": "app.bsky.feed.post",
        "createdAt": created,
        "langs": ["es" if item.text.startswith("Comprando") else "en"],
        "text": item.text,
    }
    if item.is_reply:
        parent = {"cid": f"bafyrei{item.number - 1:052d}", "uri": f"at://{did}/x"}
        record["reply"] = {"parent": parent, "root": parent}
    return {
        "uri": f"at://{did}/app.bsky.feed.post/{item.number:013d}",
        "cid": cid,
        "author": {
            "did": did,
            "handle": f"{item.author}.bsky.social",
            "displayName": item.author,
            "createdAt": "2024-02-06T00:00:00.000Z",
        },
        "record": record,
        "replyCount": item.comments,
        "repostCount": item.score // 10,
        "likeCount": item.score,
        "quoteCount": item.score // 30,
        "indexedAt": created,
        "labels": [],
    }
