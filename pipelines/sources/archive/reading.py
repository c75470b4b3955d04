"""A verified file, from its bytes to rows of bronze.

Tables: the one of the file's type (a row of the file, as it has it), `quarantine` (a
row that was refused), `refused_spans` (minutes of which it tells nothing, therefore).
What is read of a file is checked in blocks, so that memory does not grow with the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import polars as pl

from pipelines.bronze.delivery import Rows
from pipelines.errors import BadDataError
from pipelines.sources.archive.blocks import Block, block_of, header_of, line_blocks
from pipelines.sources.archive.files import ArchiveFile
from pipelines.sources.archive.layouts import Layout, layout
from pipelines.sources.archive.reach import Reach
from pipelines.sources.archive.rules import Checked, check
from pipelines.sources.archive.tables import QUARANTINE, REFUSED_SPANS
from pipelines.upstream.decoding import decoding
from pipelines.upstream.feed import IN_MS, Span


@dataclass
class Counts:
    """What was in a file; filled while it is read."""

    rows: int = 0
    refused: int = 0
    has_header: bool = False
    units: set[str] = field(default_factory=set)

    @property
    def stamp_unit(self) -> str | None:
        """`ms`, `us`, or `mixed`; None: no row was kept."""
        return "mixed" if len(self.units) > 1 else next(iter(self.units), None)


def option_symbol(pair: str, name: pl.Expr) -> pl.Expr:
    """Unified, of an option's name: BTC/USDT:USDT-231027-33000-C."""
    terms = name.str.replace("^[^-]+-", "")
    return pl.lit(f"{pair}:{pair.rpartition('/')[2]}-") + terms


def rows_of(
    file: ArchiveFile, csv: Path, file_id: str, received_at: str, counts: Counts
) -> Iterator[Rows]:
    """The rows of `csv`, the unpacked file, in frames of bounded size.

    What was refused of a block follows the rows that were kept of it.

    Raises:
        BadDataError: it is no such file, or has no good row in its first block;
            nothing has been yielded then.
    """
    reader = _Reader(file, file_id, received_at, counts)
    with csv.open("rb") as lines, decoding("can not be read", BadDataError):
        for block in reader.blocks(lines):
            yield from reader.rows(block)
    yield from reader.refused_spans(reader.reach.rest())
    if not counts.rows:
        raise BadDataError("has no row")


class _Reader:
    def __init__(
        self, file: ArchiveFile, file_id: str, received_at: str, counts: Counts
    ) -> None:
        self.file = file
        self.layout: Layout = layout(file.feed, file.market)
        self.counts = counts
        self.reach = Reach(file.covers, self.layout.axis.step)
        self.of_file = {"file_id": file_id, "exchange_id": file.exchange_id}
        self.received_at = received_at

    def blocks(self, lines: IO[bytes]) -> Iterator[Block]:
        """The file in blocks of columns; the header is taken off the first."""
        names: list[str] | None = None
        at = 1
        for read in line_blocks(lines):
            block = read
            if names is None:
                first, _, rest = block.partition(b"\n")
                header = header_of(first.removesuffix(b"\r"))
                names = self._names(first, header)
                if header is not None:
                    self.counts.has_header = True
                    block, at = rest, 2
                    if not block:
                        continue
            yield block_of(block, names, at)
            at += block.count(b"\n")

    def _names(self, first: bytes, header: list[str] | None) -> list[str]:
        arity = first.count(b",") + 1
        if arity not in self.layout.arities and header is not None:
            arities = " or ".join(map(str, self.layout.arities))
            raise BadDataError(f"has a header of {arity} names, not {arities}")
        # a first row that is broken is judged by the widest layout, as the others are
        is_known = arity in self.layout.arities
        return self.layout.columns(arity if is_known else max(self.layout.arities))

    def rows(self, block: Block) -> Iterator[Rows]:
        """Rows of the block as bronze has them."""
        checked = check(block.frame, self.layout, self.file.covers)
        refused = checked.refused.height + len(block.strays)
        if not (self.counts.rows or checked.kept.height):
            raise BadDataError(self._unreadable(block, checked))
        self.counts.rows += checked.kept.height
        self.counts.refused += refused
        self.counts.units |= checked.units
        if checked.kept.height:
            yield self._kept(checked.kept)
        if refused:
            yield self._quarantine(block, checked)
        yield from self.refused_spans(self._settled(block, checked))

    def refused_spans(self, spans: Sequence[Span]) -> Iterator[Rows]:
        """Rows of `refused_spans`."""
        rows = [
            {"refused_from_ms": start, "refused_until_ms": end, **self.of_file}
            | {"symbol": self.file.symbol}
            for start, end in spans
        ]
        if rows:
            yield Rows.of(REFUSED_SPANS, rows)

    def _settled(self, block: Block, checked: Checked) -> list[Span]:
        axis = self.layout.axis
        at_ms = pl.col(axis.column) // IN_MS[axis.unit]
        times = checked.kept.select("line", at_ms.alias("at_ms"))
        refused = [*checked.refused["line"], *(line for line, _, _ in block.strays)]
        return self.reach.spans(
            pl.concat([times, checked.refused.select("line", "at_ms")]), refused
        )

    def _unreadable(self, block: Block, checked: Checked) -> str:
        reasons = [
            *checked.refused.select("line", "reason").iter_rows(),
            *((line, reason) for line, reason, _ in block.strays),
        ]
        if not reasons:
            return "has no row"
        line, reason = min(reasons)
        return f"has no good row: line {line} {reason}"

    def _kept(self, kept: pl.DataFrame) -> Rows:
        if self.layout.option:
            symbol = option_symbol(self.file.symbol, pl.col(self.layout.option))
            kept = kept.with_columns(symbol.alias("symbol"))
        rows = Rows.filled(
            self.layout.table,
            kept.rename({"line": "line_number"}),
            symbol=self.file.symbol,
            timeframe=self.file.timeframe,
            **self.of_file,
        )
        return replace(rows, is_plain=True)

    def _quarantine(self, block: Block, checked: Checked) -> Rows:
        refused = [
            *(
                (line, why, block.raw(line))
                for line, why in checked.refused.select("line", "reason").iter_rows()
            ),
            *block.strays,
        ]
        about = self.file.name
        rows = [
            {
                "table_name": self.layout.table.name,
                "symbol": self.file.symbol,
                "path": self.file.path,
                "line_number": line,
                "reason": f"{about} line {line} {reason}",
                "raw": raw,
                "received_at": self.received_at,
                **self.of_file,
            }
            for line, reason, raw in sorted(refused)
        ]
        return Rows.of(QUARANTINE, rows)
