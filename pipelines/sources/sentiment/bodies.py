"""A body that an upstream sent or a recording holds, and the page it is read as."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from pipelines.bronze.delivery import Rows
from pipelines.sources.sentiment.declaration import Endpoint
from pipelines.sources.sentiment.forms import Asked
from pipelines.sources.sentiment.pages import header
from pipelines.sources.sentiment.tables import ANSWERS, QUARANTINE

UNCHANGED = 304

Cells = dict[str, Any]


@dataclass(frozen=True)
class Body:
    """What an upstream sent, or a recording holds.

    Attributes:
        url: None: a recording that does not say.
        origin: an address without its query, or a recording's name.
        asked: what was asked for, where that is known.
    """

    content: bytes = field(repr=False)
    received_at: datetime
    origin: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str | None = None
    asked: Asked | None = None
    request_id: str | None = None


@dataclass
class Page:
    """A body as it was read.

    Attributes:
        endpoint: None: it could not be told.
        ids: of its items, in order, those of earlier pages of its fetch, too.
        times: when they were created, where that is told.
        reason: why none of it is read.
    """

    body: Body
    answer_id: str
    fetch_id: str = ""
    number: int = 1
    endpoint: Endpoint | None = None
    subject: str | None = None
    ids: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    rows: list[Cells] = field(default_factory=list)
    refused: list[Cells] = field(default_factory=list)
    next_url: str | None = None
    mended: str | None = None
    reason: str | None = None

    @property
    def series(self) -> tuple[str, str | None]:
        """Whose pages follow each other."""
        return (self.endpoint.name if self.endpoint else "", self.subject)

    def place(self, number: int) -> Cells:
        """Where the numberth item comes from."""
        return {
            "endpoint": self.endpoint.name if self.endpoint else None,
            "answer_id": self.answer_id,
            "fetch_id": self.fetch_id,
            "item_number": number,
            "received_at": self.body.received_at.isoformat(),
            "origin": self.body.origin,
        }

    def tables(self) -> Iterator[Rows]:
        """What is delivered of it."""
        if self.endpoint is not None and self.rows:
            yield Rows.of(self.endpoint.table, self.rows)
        if self.refused:
            yield Rows.of(QUARANTINE, self.refused)
        yield Rows.of(ANSWERS, [self._answer()])

    def _answer(self) -> Cells:
        is_unchanged = self.body.status == UNCHANGED
        read = "unchanged" if is_unchanged else "read"
        return {
            "answer_id": self.answer_id,
            "fetch_id": self.fetch_id,
            "page_number": self.number,
            "endpoint": self.endpoint.name if self.endpoint else None,
            "subject": self.subject,
            "request_id": self.body.request_id,
            "status": self.body.status,
            "outcome": "quarantined" if self.reason else read,
            "etag": header(self.body.headers, "etag"),
            "has_next": self.next_url is not None,
            "mended": self.mended,
            "items_count": len(self.rows),
            "refused_count": len(self.refused),
            "bytes_count": len(self.body.content),
            "newest_at": max(self.times, default=None),
            "body_sha256": sha256(self.body.content).hexdigest(),
            "origin": self.body.origin,
            "received_at": self.body.received_at.isoformat(),
        }
