"""Archives of Reddit: newline JSON of posts and comments, packed by zstandard.

They are read as listings of some thousand items; a line that is none is quarantined.
The torrents of https://academictorrents.com pack with a window of 2 GB.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.errors import BadDataError, SetupError
from pipelines.sources.sentiment.bodies import Body
from pipelines.upstream.wire import decode_exactly, encode

WINDOW = 1 << 31  # bytes
LINES, BYTES = 1_000, 4 << 20  # of a listing, whichever comes first


def archived(path: Path) -> Iterator[Body]:
    """The file's items, as bodies; they were received when the file was.

    Raises:
        SetupError: there is no such file.
        BadDataError: it is not packed so, or cut off; what came before it stands.
    """
    import zstandard  # noqa: PLC0415

    if not path.is_file():
        raise SetupError(f"--archive: there is no file {path}")
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    with path.open("rb") as file:
        packed = zstandard.ZstdDecompressor(max_window_size=WINDOW)
        with packed.stream_reader(file, read_across_frames=True) as unpacked:
            lines = io.TextIOWrapper(unpacked, "utf-8", errors="replace")
            try:
                for number, part in enumerate(_parts(lines)):
                    yield Body(_listing(part), at, f"{path.name}#{number}")
            except zstandard.ZstdError as error:
                raise BadDataError(f"{path}: {error}") from error


def _parts(lines: Iterator[str] | io.TextIOWrapper) -> Iterator[list[str]]:
    part: list[str] = []
    size = 0
    for line in lines:
        if line.strip():
            part.append(line)
            size += len(line)
        if len(part) >= LINES or size >= BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _listing(lines: Sequence[str]) -> bytes:
    children = [_child(line) for line in lines]
    listing = {"kind": "Listing", "data": {"children": children}}
    return encode(listing).encode("utf-8")


def _child(line: str) -> Any:
    try:
        item = decode_exactly(line)
    except ValueError:
        item = line
    is_comment = isinstance(item, dict) and "body" in item
    return {"kind": "t1" if is_comment else "t3", "data": item}
