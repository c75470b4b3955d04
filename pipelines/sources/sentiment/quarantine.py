"""What is refused, as a row of quarantine: why, and what it was, but nobody's name."""

from collections.abc import Mapping
from typing import Any

from pipelines.bronze.text import storable
from pipelines.sources.sentiment.bodies import Cells, Page
from pipelines.sources.sentiment.declaration import decoded
from pipelines.upstream.checked_session import LARGEST_BODY
from pipelines.upstream.wire import encode

LONGEST_RAW = 10_000  # characters of a body
# what says who wrote an item: not kept here either
AUTHORS = frozenset(
    {"author", "authors", "author_fullname", "by", "committer", "login", "handle"}
)


def quarantined(page: Page, reason: str, raw: str) -> Cells:
    """The row of a body, or of an item of it."""
    return {
        "answer_id": page.answer_id,
        "reason": reason,
        "raw": storable(raw[:LONGEST_RAW]),
        "endpoint": page.endpoint.name if page.endpoint else None,
        "subject": page.subject,
        "received_at": page.body.received_at.isoformat(),
        "origin": page.body.origin,
    }


def unnamed(item: Any) -> Any:
    """The item without what says who wrote it."""
    if isinstance(item, Mapping):
        return {k: unnamed(v) for k, v in item.items() if k not in AUTHORS}
    return [unnamed(one) for one in item] if isinstance(item, list) else item


def raw_of(content: bytes) -> str:
    """A body for quarantine; where it can be told, without who wrote it."""
    try:
        return encode(unnamed(decoded(content[:LARGEST_BODY], "")))
    except ValueError:
        return content[: 4 * LONGEST_RAW].decode("utf-8", "replace")
