"""A zip of the archive, looked through whole before a row of it counts."""

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipelines.errors import BadDataError, UpstreamError
from pipelines.upstream.decoding import decoding

# The largest files are months of single trades, reckoned with 5 GB; this is ten times
# that. Look again when a month comes near it.
LARGEST_CSV = 50 << 30
# The recorded day of 1m klines packs 3.2 : 1, a month of minutes without a trade 22 : 1
# at most (measured 2026-11); deflate itself ends at 1032 : 1, where bombs are made.
LARGEST_RATIO = 200
CHUNK = 1 << 20
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
ENCRYPTED = 0x1


def unpacked(path: Path, member: str, target: Path) -> int:
    """Unpack the one member of the zip at `path` to `target`; how many bytes.

    Written to a file and read from there, it is unpacked once, and no row is seen
    before the last byte of it was found right.

    Raises:
        BadDataError: says what is wrong with the zip.
        UpstreamError: the disk has no room for it.
    """
    with (
        _writing(target),
        path.open("rb") as packed,
        target.open("wb") as out,
        decoding("is a broken zip", BadDataError),
        zipfile.ZipFile(packed) as archive,
    ):
        info = _only(archive, member)
        _room(target, info.file_size)
        return _written(archive, info, target, out)


def _only(archive: zipfile.ZipFile, member: str) -> zipfile.ZipInfo:
    members = archive.infolist()
    if len(members) != 1:
        raise BadDataError(f"has {len(members)} members, not one")
    info = members[0]
    if info.filename != member:
        raise BadDataError(f"has the member {info.filename[:80]!r}, not {member!r}")
    if info.flag_bits & ENCRYPTED:
        raise BadDataError("is encrypted")
    if info.compress_type not in (STORED, DEFLATED):
        raise BadDataError(f"is packed by method {info.compress_type}, not deflated")
    if info.file_size > LARGEST_CSV:
        raise BadDataError(f"unpacks to {info.file_size} bytes, over {LARGEST_CSV}")
    if info.file_size > max(info.compress_size, 1) * LARGEST_RATIO:
        raise BadDataError(
            f"unpacks {info.compress_size} bytes to {info.file_size},"
            f" more than {LARGEST_RATIO} times as many"
        )
    return info


def _room(target: Path, bytes_count: int) -> None:
    free = shutil.disk_usage(target.parent).free
    if free < bytes_count:
        raise UpstreamError(
            f"{target.name} has {bytes_count} bytes, and {target.parent} has room for"
            f" {free}"
        )


def _written(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, out: IO[bytes]
) -> int:
    """How many bytes came out; the zip module compares their CRC at the end.

    It reads no further than the size that the zip declares, which was judged above.
    """
    count = 0
    with archive.open(info) as file:
        while chunk := file.read(CHUNK):
            with _writing(target):
                out.write(chunk)
            count += len(chunk)
    if count != info.file_size:
        raise BadDataError(f"is cut off: {count} bytes, not {info.file_size}")
    return count


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    """What the disk refuses is no fault of the zip."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UpstreamError(f"{target}: {error.strerror}") from error
