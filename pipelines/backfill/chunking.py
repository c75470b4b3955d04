"""How a span becomes chunks: the archive's files where it has them, REST otherwise."""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from pipelines.backfill.coverage import FileVersion
from pipelines.backfill.ledger import NewChunk
from pipelines.backfill.spans import (
    DAY_MS,
    MINUTE_MS,
    Span,
    by_day,
    by_month,
    minutes,
    within,
    without,
)

# a month of a quiet symbol's trades; one load holds its delivery files on disk
BYTES_A_CHUNK = 256 * 2**20


@dataclass(frozen=True)
class File:
    """A file that the archive lists; `facts` is what the archive source needs of it."""

    path: str
    period: str
    covers: Span
    bytes_count: int
    published_at_ms: int
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> FileVersion:
        """What tells it from the same file published again."""
        return self.path, self.bytes_count, self.published_at_ms


@dataclass(frozen=True)
class RestRoute:
    """How a venue's REST interface gives a feed.

    Attributes:
        weight: of one request, in the venue's budget.
        page_minutes: minutes that one request may ask for; None: any number.
        page_rows: rows of a page, where pages are counted so (trades).
        rows_a_day: how many rows a day is expected to have; see `page_rows`.
        window_minutes: the venue gives only so many of the newest; None: all.
    """

    method: str
    weight: int
    page_minutes: int | None = None
    page_rows: int | None = None
    rows_a_day: float = 0
    window_minutes: int | None = None

    def requests(self, span: Span) -> int:
        """How many requests a load of the span takes; one more asks for the clock."""
        count = minutes([span])
        if self.page_rows:
            rows = self.rows_a_day * count / 1440
            return 1 + max(1, -(-int(rows) // self.page_rows))
        return 1 + (-(-count // self.page_minutes) if self.page_minutes else 1)

    def chunks(self, spans: Sequence[Span]) -> Iterator[Span]:
        """Trades go by the day, minutes by the month."""
        return by_day(spans) if self.page_rows else by_month(spans)


@dataclass(frozen=True)
class Taken:
    """What need not be planned: files, answered minutes, chunks of the ledger."""

    files: Set[FileVersion] = frozenset()
    answered: Sequence[Span] = ()
    planned_files: Set[str] = frozenset()
    planned: Sequence[Span] = ()  # by REST


@dataclass(frozen=True)
class Split:
    """The new chunks of a span, oldest first; minutes held, and such as nobody has."""

    chunks: list[NewChunk]
    held_minutes: int
    not_had: list[Span]
    not_had_reason: str | None = None


def split(
    span: Span,
    files: Sequence[File],
    taken: Taken,
    rest: RestRoute | None,
    *,
    now_ms: int,
) -> Split:
    """The chunks that bring what `span` lacks.

    Every file is taken that is not loaded as it is listed now, though REST has
    answered for its minutes: only a file seals them.
    """
    archived = [file.covers for file in files]
    loaded = [file.covers for file in files if file.version in taken.files]
    held = within([*taken.answered, *loaded], span)
    lacking = without(span, [*archived, *taken.answered, *taken.planned])
    had, not_had, reason = _reachable(lacking, rest, now_ms)
    wanted = [
        file
        for file in files
        if file.version not in taken.files and file.path not in taken.planned_files
    ]
    chunks = [*archive_chunks(wanted), *_rest_chunks(had, rest)]
    return Split(
        sorted(chunks, key=lambda chunk: chunk.span),
        minutes(held),
        not_had,
        reason,
    )


def archive_chunks(files: Iterable[File]) -> Iterator[NewChunk]:
    """A month's file, or the neighbouring days of one month, as one chunk."""
    group: list[File] = []
    for file in sorted(files, key=lambda file: (file.covers, file.path)):
        if group and not _belongs(file, group):
            yield _of_files(group)
            group = []
        group.append(file)
    if group:
        yield _of_files(group)


def _belongs(file: File, group: Sequence[File]) -> bool:
    last = group[-1]
    size = sum(member.bytes_count for member in group) + file.bytes_count
    one_month = len(list(by_month([(group[0].covers[0], file.covers[1])]))) == 1
    is_next = last.covers[1] == file.covers[0]
    is_day = {last.period, file.period} == {"daily"}
    return is_day and is_next and one_month and size <= BYTES_A_CHUNK


def _of_files(group: Sequence[File]) -> NewChunk:
    return NewChunk(
        "archive",
        (group[0].covers[0], group[-1].covers[1]),
        2 * len(group),  # the checksum and the file
        sum(file.bytes_count for file in group),
        [file.facts for file in group],
    )


def _reachable(
    spans: Sequence[Span], rest: RestRoute | None, now_ms: int
) -> tuple[list[Span], list[Span], str | None]:
    if rest is None:
        reason = "the archive has no file, and REST does not give it" if spans else None
        return [], list(spans), reason
    if rest.window_minutes is None:
        return list(spans), [], None
    newest_ms = now_ms - now_ms % MINUTE_MS + MINUTE_MS
    first_ms = newest_ms - rest.window_minutes * MINUTE_MS
    window = (first_ms, newest_ms + DAY_MS)
    had = [part for span in spans for part in within([window], span)]
    beyond = [part for span in spans for part in without(span, [window])]
    reason = (
        f"REST gives the newest {rest.window_minutes} minutes; older ones are made from"
        " trades: --feed trades"
    )
    return had, beyond, reason if beyond else None


def _rest_chunks(spans: Sequence[Span], rest: RestRoute | None) -> Iterator[NewChunk]:
    if rest is not None:
        for span in rest.chunks(spans):
            yield NewChunk("rest", span, rest.requests(span), 0)
