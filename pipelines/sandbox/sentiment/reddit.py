"""Reddit: listings for who has a token, by https://www.reddit.com/dev/api."""

import re
from collections.abc import Sequence
from typing import Any

from pipelines.sandbox.answers import Answer, RefusedError, document
from pipelines.sandbox.sentiment.asking import Ask
from pipelines.sandbox.sentiment.items import Item, Stream, below

_STEPS = 432  # three days
_TOKEN = "sandbox"  # noqa: S105  # anybody's
_LISTING = re.compile(r"/r/([\w-]+)/new")
_ASKED = 100  # of a request by ids


def answer(stream: Stream, ask: Ask) -> Answer:
    """A token, a page of a community's posts, or posts by their names."""
    if ask.method == "POST" and ask.path == "/api/v1/access_token":
        if not ask.headers.get("authorization", "").startswith("Basic "):
            raise RefusedError(401, {"message": "Unauthorized", "error": 401})
        given = {"access_token": _TOKEN, "token_type": "bearer"}
        return document({**given, "expires_in": 86_400, "scope": "*"})
    if ask.headers.get("authorization") != f"bearer {_TOKEN}":
        raise RefusedError(401, {"message": "Unauthorized", "error": 401})
    if ask.path == "/api/info":
        names = ask.params.get("id", "").split(",")[:_ASKED]
        items = [stream.item(number) for number in map(_number, names) if number]
        return document(_listing([one for one in items if one], None))
    if found := _LISTING.fullmatch(ask.path):
        return document(_page(stream, ask, found[1]))
    raise RefusedError(404, {"message": "Not Found", "error": 404})


def _page(stream: Stream, ask: Ask, community: str) -> Any:
    items = stream.newest(_STEPS, lambda one: one.community == community)
    start = below(items, _number(ask.params.get("after", "")))
    size = ask.count("limit", 25, 100)
    page = ask.page(items, start, size)
    is_last = page[-1:] == items[-1:]
    return _listing(page, None if is_last else full_name(page[-1]))


def _listing(items: Sequence[Item], after: str | None) -> Any:
    children = [{"kind": "t3", "data": _post(one)} for one in items]
    shown = {"after": after, "dist": len(children), "modhash": "", "before": None}
    return {"kind": "Listing", "data": {**shown, "children": children}}


def full_name(item: Item) -> str:
    """What Reddit calls a post among all things."""
    return f"t3_{_base36(item.number)}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def _number(name: str) -> int | None:
    found = re.fullmatch(r"t3_([0-9a-z]+)", name)
    return int(found[1], 36) if found else None


def _post(item: Item) -> Any:
    gone = f"[{item.gone}]" if item.gone else ""
    own = _base36(item.number)
    return {
        "name": full_name(item),
        "id": own,
        "subreddit": item.community,
        "title": item.title,
        "selftext": gone or item.text,
        "author": "[deleted]" if gone else item.author,
        "removed_by_category": {"deleted": "deleted", "removed": "moderator"}.get(
            item.gone
        ),
        "score": item.score,
        "ups": item.score,
        "downs": 0,
        "upvote_ratio": 0.9,
        "num_comments": item.comments,
        "created": float(item.created_s),
        "created_utc": float(item.created_s),
        "edited": float(item.edited_ms // 1000) if item.edited_ms else False,
        "stickied": False,
        "locked": False,
        "over_18": False,
        "is_self": True,
        "domain": f"self.{item.community}",
        "link_flair_text": None,
        "permalink": f"/r/{item.community}/comments/{own}/post/",
        "url": f"https://www.reddit.com/r/{item.community}/comments/{own}/post/",
    }
