"""A feed of RSS, Atom or RDF as a document: feedparser's, with what it mended.

Text is as the feed has it, HTML and all: whoever shows it escapes it.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

from pipelines.errors import BadDataError
from pipelines.sources.sentiment.fields import inner
from pipelines.upstream.request_log import described
from pipelines.upstream.xml_bodies import xml_text

TYPE = {"content-type": "application/xml; charset=utf-8"}


@dataclass(frozen=True)
class NewsDocument:
    """A feed; `mended` says what of it was not as it should be."""

    name: str | None
    items: Sequence[Mapping[str, Any]]
    mended: str | None = None


def news_document(body: bytes, content_type: str) -> NewsDocument:
    """The feed of an XML body.

    Raises:
        BadDataError: it declares entities, or is no feed.
    """
    import feedparser  # type: ignore[import-untyped]  # noqa: PLC0415  # half a second

    read = xml_text(body, content_type)
    parsed = feedparser.parse(
        # of a stream: text would be taken for an address, or a file's name
        BytesIO(read.text.encode("utf-8", "replace")),
        response_headers=TYPE,
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    bozo = described(parsed.bozo_exception) if parsed.bozo else None
    mended = "; ".join(filter(None, (read.mended, bozo))) or None
    if not parsed.version:
        raise BadDataError(f"XML that is no feed{f': {mended}' if mended else ''}")
    items = [_item(entry) for entry in parsed.entries]
    return NewsDocument(_name(parsed.feed), items, mended)


def _name(feed: Any) -> str | None:
    """What the feed calls itself: its own address, its site's, or its title."""
    links = feed.get("links") or ()
    own = [link.get("href") for link in links if link.get("rel") == "self"]
    return (own or [None])[0] or feed.get("link") or feed.get("title") or None


def _item(entry: Any) -> Mapping[str, Any]:
    sent, title, url = _sent(entry), entry.get("title"), entry.get("link")
    content = [one.get("value") for one in entry.get("content") or ()]
    text = next(filter(None, content), None) or entry.get("summary")
    parts = (title or "", text or "", sent or "")
    return {
        "id": entry.get("id") or url or _digest(*parts),
        "title": title,
        "text": text,
        "url": url,
        "author": entry.get("author"),
        "created_at": _utc(entry, "published") or _utc(entry, "updated"),
        "created_text": sent,
        "edited_at": _utc(entry, "updated"),
        "attributes": {"tags": [tag.get("term") for tag in entry.get("tags") or ()]},
    }


def _sent(entry: Any) -> str | None:
    texts = (dict.get(entry, name) for name in ("published", "updated"))
    return next(filter(None, texts), None)


def _utc(entry: Any, name: str) -> str | None:
    """The time, where feedparser reads one: always UTC."""
    parsed = dict.get(entry, f"{name}_parsed")
    if parsed is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC).isoformat()
    except (ValueError, OverflowError):
        return None


def _digest(*parts: str) -> str:
    """An id for what has none."""
    return "sha256:" + sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def is_news(document: Any) -> bool:
    """Whether this is a feed of XML."""
    return isinstance(document, NewsDocument)


def is_json_feed(document: Any) -> bool:
    """Whether this is a feed of https://www.jsonfeed.org/version/1.1/."""
    version = str(inner(document, "version"))
    return version.startswith("https://jsonfeed.org/version/") and isinstance(
        inner(document, "items"), list
    )
