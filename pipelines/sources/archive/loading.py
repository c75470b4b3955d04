"""One file of the archive into bronze: fetched, verified, read; or refused.

Tables: those of `reading`, and `files` (a version of a file, and what became of it).
The rows of a file and its row of `files` are of one load: either all of them count or
none.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from pipelines.bronze.delivery import Rows
from pipelines.errors import BadDataError, UpstreamError
from pipelines.sources.archive import working_folder
from pipelines.sources.archive.attempt import ResponseHead
from pipelines.sources.archive.fetching import Fetched, RefusedFile, fetch
from pipelines.sources.archive.files import ArchiveFile
from pipelines.sources.archive.host import ArchiveHost
from pipelines.sources.archive.reading import Counts, rows_of
from pipelines.sources.archive.tables import FILES
from pipelines.sources.archive.zips import unpacked
from pipelines.upstream.progress import Progress
from pipelines.upstream.request_log import RequestLog


def load_file(
    host: ArchiveHost, file: ArchiveFile, log: RequestLog, progress: Progress
) -> Iterator[Rows]:
    """The file's rows, then what became of it.

    Raises:
        BadDataError: it was refused; its row of `files` has been yielded.
        UpstreamError: the host did not answer; nothing has been yielded.
    """
    try:
        fetched = fetch(host, file, log)
    except RefusedFile as refused:
        yield file_row(
            refused.file,
            refused.head,
            "refused",
            refused.reason,
            sha256=refused.sha256,
        )
        raise _bad(refused.file, refused.reason) from refused
    csv = working_folder.unfinished(fetched.path, "csv")
    try:
        count = unpacked(fetched.path, fetched.file.member, csv)
        yield from _read(fetched, csv, count, progress)
    except BadDataError as error:
        reason = str(error)
        yield file_row(
            fetched.file, fetched.head, "refused", reason, sha256=fetched.sha256
        )
        raise _bad(fetched.file, reason) from error
    except FileNotFoundError as error:
        message = f"{file.path} was loaded by another load meanwhile"
        raise UpstreamError(message) from error
    finally:
        csv.unlink(missing_ok=True)


def _read(
    fetched: Fetched, csv: Path, bytes_count: int, progress: Progress
) -> Iterator[Rows]:
    counts = Counts()
    file_id = token_hex(8)
    reported = 0
    for rows in rows_of(fetched.file, csv, file_id, fetched.head.received_at, counts):
        progress.answered(0, counts.rows - reported)
        reported = counts.rows
        yield rows
    yield file_row(
        fetched.file,
        fetched.head,
        "loaded",
        file_id=file_id,
        sha256=fetched.sha256,
        uncompressed_bytes_count=bytes_count,
        rows_count=counts.rows,
        refused_count=counts.refused,
        has_header=counts.has_header,
        stamp_unit=counts.stamp_unit,
    )


def _bad(file: ArchiveFile, reason: str) -> BadDataError:
    return BadDataError(f"{file.path} {reason}")


def missing_row(file: ArchiveFile, head: ResponseHead) -> Rows:
    """That the host has no such file, though its day or month has ended."""
    period = "day" if file.period == "daily" else "month"
    return file_row(file, head, "missing", f"the host has no file of this {period}")


def file_row(
    file: ArchiveFile,
    head: ResponseHead,
    status: str,
    reason: str | None = None,
    **more: object,
) -> Rows:
    """What became of a version of a file."""
    published = file.published_at_ms
    if status == "loaded" and published is None:
        published = head.now_ms
    row = {
        "file_id": token_hex(8),
        **{
            name: getattr(file, name)
            for name in ("exchange_id", "symbol", "market", "feed", "timeframe")
        },
        "period": file.period,
        "path": file.path,
        "origin": head.origin,
        "covers_from_ms": file.covers[0],
        "covers_until_ms": file.covers[1],
        "status": status,
        "reason": reason and f"{file.name} {reason}",
        "bytes_count": file.bytes_count,
        "rows_count": 0,
        "refused_count": 0,
        "published_at_ms": published,
        "venue_now_ms": head.now_ms,
        "request_id": head.request_id,
        "received_at": datetime.now(UTC).isoformat(),
        **more,
    }
    return Rows.of(FILES, [row])
