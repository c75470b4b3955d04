"""A CSV of the archive in blocks of whole lines, each as columns of text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import IO

import polars as pl

# One file needs about 27 times this while it is read (110 MB above what the process
# has anyway, on a CSV of 1 GB, 2026-11); four at a time stay below 500 MB in all.
BLOCK_BYTES = 4 << 20
LONGEST_RAW = 10_000  # characters of a broken line that quarantine keeps
WORD = re.compile(r"[A-Za-z][A-Za-z_ ]*")


@dataclass(frozen=True)
class Block:
    """Lines of a file: a frame of text with `line`, and those that are misshapen.

    `strays` are (line number, reason, raw).
    """

    frame: pl.DataFrame
    strays: list[tuple[int, str, str]]
    text: bytes
    first_line: int

    def raw(self, line: int) -> str:
        """A line as it came."""
        return printable(self._lines[line - self.first_line].removesuffix(b"\r"))

    @cached_property
    def _lines(self) -> list[bytes]:
        return self.text.split(b"\n")


def line_blocks(file: IO[bytes], size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """The file in blocks of about `size` bytes, cut where a line ends.

    A line longer than a block comes in pieces, of which none can be a row.
    """
    rest = b""
    while read := file.read(size):
        at = read.rfind(b"\n") + 1
        if at:
            yield rest + read[:at]
            rest = read[at:]
        elif len(rest) < size:
            rest += read
        else:
            yield rest
            rest = read
    if rest:
        yield rest


def header_of(line: bytes) -> list[str] | None:
    """The names in a file's first line; None: it is a row.

    Files have a header from some date on, which differs by market and feed.
    """
    cells = [cell.strip() for cell in line.decode("utf-8", "replace").split(",")]
    is_header = all(WORD.fullmatch(cell) for cell in cells) and len(cells) > 1
    return cells if is_header else None


def block_of(lines: bytes, names: Sequence[str], first_line: int) -> Block:
    """The lines as columns `names`."""
    frame = _read(lines, names)
    if frame is not None:
        numbers = pl.int_range(first_line, first_line + frame.height, eager=True)
        return Block(frame.with_columns(line=numbers), [], lines, first_line)
    return _apart(lines, names, first_line)


def _read(lines: bytes, names: Sequence[str]) -> pl.DataFrame | None:
    """All at once; None: some line is not a row of `names`."""
    if b"\r" in lines or b"\n\n" in lines:
        return None
    count = lines.count(b"\n") + (not lines.endswith(b"\n"))
    try:
        frame = pl.read_csv(
            BytesIO(lines),
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            quote_char=None,
        )
    except pl.exceptions.PolarsError:
        return None
    is_whole = frame.height == count and not any(
        column.null_count() for column in frame.iter_columns()
    )
    return frame if is_whole else None


def _apart(lines: bytes, names: Sequence[str], first_line: int) -> Block:
    """Line by line: slower, and it says which line is amiss."""
    rows: list[list[str]] = []
    numbers: list[int] = []
    strays: list[tuple[int, str, str]] = []
    for number, line in enumerate(lines.split(b"\n"), first_line):
        row = line.removesuffix(b"\r").decode("utf-8", "replace")
        cells = row.split(",")
        if len(cells) == len(names):
            rows.append(cells)
            numbers.append(number)
        elif row:
            reason = f"has {len(cells)} columns, not {len(names)}"
            strays.append((number, reason, printable(line)))
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    frame = pl.DataFrame(
        [
            pl.Series(name, cells, pl.String)
            for name, cells in zip(names, columns, strict=True)
        ]
    )
    return Block(
        frame.with_columns(line=pl.Series(numbers, dtype=pl.Int64)),
        strays,
        lines,
        first_line,
    )


def printable(line: bytes) -> str:
    """A line for the quarantine."""
    text = line[: LONGEST_RAW * 4].decode("utf-8", "replace")
    return text if len(text) <= LONGEST_RAW else text[:LONGEST_RAW] + "…"
