"""One file of the archive into bronze: fetched, verified, read; or why not.

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
from pipelines.sources.archive.attempt import Heard
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
            refused.heard,
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
            fetched.file, fetched.heard, "refused", reason, sha256=fetched.sha256
        )
        raise _bad(fetched.file, reason) from error
    except FileNotFoundError as error:
        told = f"{file.path} was loaded by another load meanwhile"
        raise UpstreamError(told) from error
    finally:
        csv.unlink(missing_ok=True)


def _read(
    fetched: Fetched, csv: Path, bytes_count: int, progress: Progress
) -> Iterator[Rows]:
    counts = Counts()
    file_id = token_hex(8)
    told = 0
    for rows in rows_of(fetched.file, csv, file_id, fetched.heard.received_at, counts):
        progress.answered(0, counts.rows - told)
        told = counts.rows
        yield rows
    yield file_row(
        fetched.file,
        fetched.heard,
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


def missing_row(file: ArchiveFile, heard: Heard) -> Rows:
    """That the host has no such file, though its day or month has ended."""
    period = "day" if file.period == "daily" else "month"
    return file_row(file, heard, "missing", f"the host has no file of this {period}")


def file_row(
    file: ArchiveFile,
    heard: Heard,
    status: str,
    reason: str | None = None,
    **known: object,
) -> Rows:
    """What became of a version of a file."""
    published = file.published_at_ms
    if status == "loaded" and published is None:
        published = heard.now_ms
    row = {
        "file_id": token_hex(8),
        **{
            name: getattr(file, name)
            for name in ("exchange_id", "symbol", "market", "feed", "timeframe")
        },
        "period": file.period,
        "path": file.path,
        "origin": heard.origin,
        "covers_from_ms": file.covers[0],
        "covers_until_ms": file.covers[1],
        "status": status,
        "reason": reason and f"{file.name} {reason}",
        "bytes_count": file.bytes_count,
        "rows_count": 0,
        "refused_count": 0,
        "published_at_ms": published,
        "venue_now_ms": heard.now_ms,
        "request_id": heard.request_id,
        "received_at": datetime.now(UTC).isoformat(),
        **known,
    }
    return Rows.of(FILES, [row])
