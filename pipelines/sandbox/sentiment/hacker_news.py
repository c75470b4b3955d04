"""Hacker News: searches of https://hn.algolia.com/api, items of the other API.

https://github.com/HackerNews/API: an item that is not there is null.
"""

import re
from typing import Any

from pipelines.sandbox.answers import Answer, RefusedError, document
from pipelines.sandbox.clock import iso
from pipelines.sandbox.sentiment.asking import Ask
from pipelines.sandbox.sentiment.items import Item, Stream

_STEPS = 432  # three days
_MOST = 1_000  # hits of a search
_ITEM = re.compile(r"/item/(\d+)\.json")


def answer(stream: Stream, ask: Ask) -> Answer:
    """A page of a search by date, or an item."""
    if found := _ITEM.fullmatch(ask.path):
        item = stream.item(int(found[1]))
        return document(_item(item) if item else None)
    if ask.path == "/search_by_date":
        return document(_searched(stream, ask))
    raise RefusedError(404, {"status": 404, "error": "Not Found"})


def _searched(stream: Stream, ask: Ask) -> Any:
    query, size = ask.params.get("query", ""), ask.count("hitsPerPage", 20, 1_000)
    found = stream.newest(_STEPS, lambda one: one.mentions(query))[:_MOST]
    number, count = ask.count("page", 0, 1 << 20), len(found) + ask.shift
    return {
        "exhaustive": {"nbHits": True, "typo": True},
        "hits": [_hit(one) for one in ask.page(found, number * size, size)],
        "hitsPerPage": size,
        "nbHits": count,
        "nbPages": -(-count // size),
        "page": number,
        "params": "advancedSyntax=true",
        "processingTimeMS": 3,
        "query": query,
    }


def _hit(item: Item) -> Any:
    said = {
        "author": item.author,
        "created_at": iso(item.created_ms, 0),
        "created_at_i": item.created_s,
        "objectID": str(item.number),
        "updated_at": iso(item.created_ms, 0),
    }
    if item.is_reply:
        return {
            **said,
            "comment_text": f"<p>{_html(item.text)}",
            "parent_id": item.number - 1,
            "points": None,
            "story_id": item.number - 1,
            "story_title": _html(item.title),
            "_tags": ["comment", f"author_{item.author}"],
        }
    return {
        **said,
        "children": [],
        "num_comments": item.comments,
        "points": item.score,
        "story_id": item.number,
        "title": item.title,
        "url": f"https://news.example/{item.number}",
        "_tags": ["story", f"author_{item.author}"],
    }


def _item(item: Item) -> Any:
    kind = "comment" if item.is_reply else "story"
    known = {"id": item.number, "time": item.created_s, "type": kind}
    if item.gone:
        return {**known, "deleted" if item.gone == "deleted" else "dead": True}
    if item.is_reply:
        said = {"text": f"<p>{_html(item.text)}", "parent": item.number - 1}
        return {**known, "by": item.author, **said}
    url = f"https://news.example/{item.number}"
    counted = {"score": item.score, "descendants": item.comments}
    return {**known, "by": item.author, "title": item.title, "url": url, **counted}


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
