"""How an extent becomes chunks: files where an archive has them, requests otherwise."""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from pipelines.backfill.chunk import ARCHIVE, NewChunk
from pipelines.upstream.connector import File, FileVersion, RequestRoute
from pipelines.upstream.extents import DAY_MS, by_month, within, without
from pipelines.upstream.feed import MINUTE_MS, Extent, Span, steps_of

# a month of a quiet symbol's trades; one load holds its delivery files on disk
BYTES_A_CHUNK = 256 * 2**20


@dataclass(frozen=True)
class Coverage:
    """What needs no new chunk: loaded files, answered spans, chunks of the ledger."""

    files: Set[FileVersion] = frozenset()
    answered: Sequence[Span] = ()
    planned_files: Set[str] = frozenset()
    planned: Sequence[Span] = ()  # by requests


@dataclass(frozen=True)
class Chunking:
    """The new chunks of an extent, oldest first, and what no source has of it."""

    chunks: list[NewChunk]
    covered_steps: int
    unreachable: list[Span]
    unreachable_reason: str | None = None


def chunking(
    extent: Extent,
    files: Sequence[File],
    coverage: Coverage,
    route: RequestRoute | None,
    *,
    now: int,
) -> Chunking:
    """The chunks that bring what `extent` lacks.

    A file that is not loaded as listed now gets a chunk, though requests have been
    answered for its span: only a file seals it.
    """
    span = extent.span
    archived = [file.covers for file in files]
    loaded = [file.covers for file in files if file.version in coverage.files]
    covered = within([*coverage.answered, *loaded], span)
    lacking = without(span, [*archived, *coverage.answered, *coverage.planned])
    reachable, unreachable, reason = _reachable(lacking, route, now)
    missing = [
        file
        for file in files
        if file.version not in coverage.files
        and file.path not in coverage.planned_files
    ]
    chunks = [*archive_chunks(missing), *_asked_chunks(reachable, route)]
    return Chunking(
        sorted(chunks, key=lambda chunk: chunk.span),
        steps_of(extent.unit, covered),
        unreachable,
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


def requests_count(route: RequestRoute, span: Span) -> int:
    """How many requests a load of the span takes; one more asks for the clock."""
    size = span[1] - span[0]
    if route.page_rows:
        rows = route.rows_a_day * size / DAY_MS
        return 1 + max(1, -(-int(rows) // route.page_rows))
    return 1 + (-(-size // route.page) if route.page else 1)


def _belongs(file: File, group: Sequence[File]) -> bool:
    last = group[-1]
    size = sum(member.bytes_count for member in group) + file.bytes_count
    one_month = len(list(by_month([(group[0].covers[0], file.covers[1])]))) == 1
    is_next = last.covers[1] == file.covers[0]
    is_day = {last.period, file.period} == {"daily"}
    return is_day and is_next and one_month and size <= BYTES_A_CHUNK


def _of_files(group: Sequence[File]) -> NewChunk:
    return NewChunk(
        ARCHIVE,
        (group[0].covers[0], group[-1].covers[1]),
        2 * len(group),  # the checksum and the file
        sum(file.bytes_count for file in group),
        [file.facts for file in group],
    )


def _reachable(
    spans: Sequence[Span], route: RequestRoute | None, now: int
) -> tuple[list[Span], list[Span], str | None]:
    if route is None:
        reason = "the archive has no file, and REST does not give it" if spans else None
        return [], list(spans), reason
    if route.window is None:
        return list(spans), [], None
    newest_ms = now - now % MINUTE_MS + MINUTE_MS
    window = (newest_ms - route.window, newest_ms + DAY_MS)
    reachable = [part for span in spans for part in within([window], span)]
    beyond = [part for span in spans for part in without(span, [window])]
    reason = (
        f"REST gives the newest {route.window // MINUTE_MS} minutes; older ones are"
        " made from trades: --feed trades"
    )
    return reachable, beyond, reason if beyond else None


def _asked_chunks(
    spans: Sequence[Span], route: RequestRoute | None
) -> Iterator[NewChunk]:
    if route is not None:
        for span in route.chunks(spans):
            yield NewChunk(route.name, span, requests_count(route, span), 0)
