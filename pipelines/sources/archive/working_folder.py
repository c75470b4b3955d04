"""Where files lie from their download until their rows are delivered.

A zip gets its name when its checksum held: a zip in its place is whole, and what a load
that was killed left serves the next load of it. What is not whole yet has a name of its
own, with the process that works at it: chunks of a backfill load a series side by side.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from pipelines.settings import make_private, settings
from pipelines.sources.archive.files import ArchiveFile, Series, series_of
from pipelines.sources.archive.ledger import Ledger


def folder(series: Series) -> Path:
    """The folder of a series; it may not be there."""
    home = settings().data_dir.absolute() / "archive"
    return home / series.exchange_id / series.market / series.venue_symbol / series.feed


def place(file: ArchiveFile) -> Path:
    """Where the zip lies once it is verified; its modification time is the host's."""
    series = series_of(file.exchange_id, file.symbol, file.feed)
    if series is None:
        raise ValueError(f"{file.symbol} has no {file.feed}")
    where = folder(series)
    make_private(where)
    return where / file.name


def unfinished(path: Path, ending: str) -> Path:
    """A name beside `path` for what this process has not finished."""
    return path.with_name(f"{path.name}.{os.getpid()}.{token_hex(4)}.{ending}")


def sha256_of(path: Path) -> str:
    """The file's sha256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(part: Path, path: Path, published_at_ms: int | None) -> None:
    """Give a verified download its name, for good."""
    if published_at_ms is not None:
        os.utime(part, ns=(published_at_ms * 10**6,) * 2)
    part.replace(path)


def published_at_ms(path: Path) -> int:
    """When the host published the zip that lies at `path`."""
    return path.stat().st_mtime_ns // 10**6


def left(serieses: Iterable[Series]) -> dict[Path, str]:
    """Zips of these series, by their paths on the host; leftovers are deleted."""
    zips: dict[Path, str] = {}
    for series in serieses:
        for path in folder(series).glob("*"):
            if path.suffix == ".zip":
                zips[path] = series.path_of(path.name)
            elif not _is_worked_at(path):  # half a download, or half unpacked
                path.unlink(missing_ok=True)
    return zips


def forget(zips: Mapping[Path, str], ledger: Ledger) -> None:
    """Delete the zips that a finished load has delivered."""
    for path, listed in zips.items():
        loaded = [v.sha256 for v in ledger.versions.get(listed, ()) if v.sha256]
        with suppress(FileNotFoundError):  # the load beside this one deletes its own
            if loaded and sha256_of(path) in loaded:
                path.unlink()


def _is_worked_at(path: Path) -> bool:
    """Whether the process that an unfinished file names is alive."""
    try:
        os.kill(int(path.name.split(".")[-3]), 0)
    except (LookupError, ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
