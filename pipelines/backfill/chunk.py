"""Plans and their chunks, as the ledger has them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.upstream.feed import Extent, ExtentUnit, Key, Span

ARCHIVE = "archive"  # the route of a chunk of files
State = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True)
class Plan:
    """A key and the part of its axis that is to be loaded."""

    plan_id: int
    scope: str
    subject: str
    feed: str
    unit: ExtentUnit
    from_value: int
    until_value: int

    def __str__(self) -> str:
        of = f"{self.subject} on {self.scope}" if self.subject else self.scope
        return f"plan {self.plan_id}, {self.feed} of {of}"

    @property
    def key(self) -> Key:
        """Who is asked for what."""
        return Key(self.scope, self.subject, self.feed)


@dataclass(frozen=True)
class NewChunk:
    """A part of a plan before it is written down; `files` as the archive lists them."""

    route: str
    span: Span
    requests: int
    bytes_count: int
    files: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True)
class Chunk:
    """A part of a plan as the ledger has it."""

    chunk_id: int
    plan_id: int
    route: str
    unit: ExtentUnit
    from_value: int
    until_value: int
    state: State
    reason: str | None
    attempts_count: int
    load_ids: list[str]
    files: list[dict[str, Any]] = field(default_factory=list)

    @property
    def extent(self) -> Extent:
        """What it covers."""
        return Extent(self.unit, self.from_value, self.until_value)

    @property
    def lock(self) -> str:
        """The lock of whoever works on it."""
        return f"backfill chunk {self.chunk_id}"


@dataclass(frozen=True)
class ChunkResult:
    """A chunk's rows of its feed, requests, bytes as sent, and checksum."""

    rows_count: int
    requests_count: int
    bytes_count: int
    checksum: str
