"""News: a row is an article as one fetch of its feed had it.

Feeds of RSS, Atom and RDF through feedparser, JSON Feed as it is. CryptoPanic's API v1
(https://cryptopanic.com/developers/api/) wants a token; its form is that of bodies of
2017, and was not verified since.
"""

from collections.abc import Mapping
from typing import Any

from pipelines.sources.sentiment.declaration import (
    Endpoint,
    Upstream,
    decoded,
    every,
    has,
)
from pipelines.sources.sentiment.fields import (
    Cell,
    always,
    count,
    document,
    first,
    inner,
    iso,
    text,
)
from pipelines.sources.sentiment.news_document import (
    is_json_feed,
    is_news,
    news_document,
)
from pipelines.sources.sentiment.tables import ITEMS
from pipelines.upstream.budget import Limit
from pipelines.upstream.wire import encode

TOKEN = "BULLION_CRYPTOPANIC_TOKEN"  # noqa: S105  # the name of a setting


def _parse(body: bytes, content_type: str) -> Any:
    start = body[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    parse = news_document if start.startswith(b"<") else decoded
    return parse(body, content_type)


def _attributes(item: Any) -> Cell:
    found = inner(item, "attributes")
    return encode(found) if found and any(found.values()) else None


def _time(name: str) -> Any:
    """A feed's time, or null where it can not be read: its text stands beside it."""

    def read(item: Any) -> Cell:
        try:
            return iso(name)(item)
        except ValueError:
            return None

    return read


def _json_author(item: Any) -> Cell:
    authors = inner(item, "authors")
    named = authors[0] if isinstance(authors, list) and authors else None
    return text("name")(named) or text("author", "name")(item)


def _next_url(url: str, body: Any, headers: Mapping[str, str]) -> str | None:
    del url, headers
    return str(inner(body, "next")) if inner(body, "next") else None


ARTICLE = always("article")
UPSTREAM = Upstream(
    name="news",
    limits={"minute": Limit(60, 60, 20)},
    optional_secrets=(TOKEN,),
    parse=_parse,
    endpoints=[
        Endpoint(
            name="feed",
            table=ITEMS,
            key="item_id",
            fits=is_news,
            items=lambda body: body.items,
            fields={
                "kind": ARTICLE,
                "item_id": text("id"),
                "title": text("title"),
                "text": text("text"),
                "url": text("url"),
                "created_at": text("created_at"),
                "created_text": text("created_text"),
                "edited_at": text("edited_at"),
                "attributes": _attributes,
            },
            about=lambda body: body.name,
            author=text("author"),
        ),
        Endpoint(
            name="json_feed",
            table=ITEMS,
            key="item_id",
            fits=is_json_feed,
            items=lambda body: body["items"],
            fields={
                "kind": ARTICLE,
                "item_id": first(text("id"), text("url")),
                "title": text("title"),
                "text": first(
                    text("content_html"), text("content_text"), text("summary")
                ),
                "url": text("url"),
                "language": text("language"),
                "created_at": _time("date_published"),
                "created_text": text("date_published"),
                "edited_at": _time("date_modified"),
                "attributes": document("tags"),
            },
            about=first(text("feed_url"), text("home_page_url"), text("title")),
            author=_json_author,
        ),
        Endpoint(
            name="cryptopanic",
            table=ITEMS,
            key="item_id",
            path="/api/v1/posts/",
            secret_params={"auth_token": TOKEN},
            url="https://cryptopanic.com",
            fits=lambda body: (
                has(body, "results")
                and every(lambda post: has(post, "id", "published_at"), body["results"])
            ),
            items=lambda body: body["results"],
            fields={
                "kind": ARTICLE,
                "item_id": text("id"),
                "title": text("title"),
                "url": text("url"),
                "comments_count": count("votes", "comments"),
                "created_at": _time("published_at"),
                "created_text": text("published_at"),
                "attributes": document("votes", "currencies", "source", "created_at"),
            },
            about=always("cryptopanic"),
            cursors={"page": "1"},
            is_later=lambda body: inner(body, "previous") is not None,
            next_url=_next_url,
        ),
    ],
)
