"""Hacker News: a row is a story or comment as one fetch had it.

https://hn.algolia.com/api searches by date, and needs no key; a single item is of the
form of https://github.com/HackerNews/API.
"""

from collections.abc import Mapping
from typing import Any

from pipelines.sources.sentiment.declaration import Endpoint, Upstream, every, has
from pipelines.sources.sentiment.fields import (
    Cell,
    count,
    epoch,
    first,
    inner,
    text,
)
from pipelines.sources.sentiment.pages import with_params
from pipelines.sources.sentiment.tables import ITEMS
from pipelines.upstream.budget import Limit


def _next_url(url: str, body: Any, headers: Mapping[str, str]) -> str | None:
    """By number: there are `nbPages`."""
    del headers
    page, pages = count("page")(body), count("nbPages")(body)
    if page is None or pages is None or int(page) + 1 >= int(pages):
        return None
    return with_params(url, page=str(int(page) + 1))


def _hit_kind(hit: Any) -> Cell:
    return "comment" if inner(hit, "comment_text") is not None else "story"


def _gone(item: Any) -> Cell:
    if inner(item, "deleted") is True:
        return "deleted"
    return "removed" if inner(item, "dead") is True else None


UPSTREAM = Upstream(
    name="hacker_news",
    url="https://hn.algolia.com/api/v1",
    limits={"hour": Limit(10_000, 3600, 100)},
    endpoints=[
        Endpoint(
            name="search",
            table=ITEMS,
            key="item_id",
            path="/search_by_date",
            params={"query": "{subject}", "hitsPerPage": "100"},
            fits=lambda body: (
                has(body, "hits")
                and every(lambda hit: has(hit, "objectID"), body["hits"])
            ),
            items=lambda body: body["hits"],
            fields={
                "kind": _hit_kind,
                "item_id": text("objectID"),
                "parent_id": text("parent_id"),
                "title": first(text("title"), text("story_title")),
                "text": first(text("comment_text"), text("story_text")),
                "url": first(text("url"), text("story_url")),
                "score": count("points"),
                "comments_count": count("num_comments"),
                "created_at": epoch("created_at_i"),
                "created_text": first(text("created_at"), text("created_at_i")),
            },
            about=text("query"),
            author=text("author"),
            cursors={"page": "0"},
            is_later=lambda body: inner(body, "page") not in {None, "0"},
            next_url=_next_url,
        ),
        Endpoint(
            name="item",
            table=ITEMS,
            key="item_id",
            path="/item/{subject}.json",
            url="https://hacker-news.firebaseio.com/v0",
            ids_at_once=1,
            # one that nobody may see is null
            fits=lambda body: body is None or has(body, "id", "type", "time"),
            items=lambda body: [] if body is None else [body],
            fields={
                "kind": text("type"),
                "item_id": text("id"),
                "parent_id": text("parent"),
                "title": text("title"),
                "text": text("text"),
                "url": text("url"),
                "score": count("score"),
                "comments_count": count("descendants"),
                "created_at": epoch("time"),
                "created_text": text("time"),
            },
            author=text("by"),
            tombstone=_gone,
        ),
    ],
)
