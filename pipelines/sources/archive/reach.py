"""Of which minutes a file tells nothing, for a row of it was refused.

A refused row with a time speaks for its own minute. One without lies between the rows
before and after it that have one: a candle between theirs, a trade maybe in theirs.
"""

from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from pipelines.upstream.feed import MINUTE_MS, Span


@dataclass
class Reach:
    """The spans of one file's refused rows, block by block.

    Attributes:
        covers: what the file covers.
        step: how much of it one row covers; less than a minute: rows may share one.
    """

    covers: Span
    step: int
    _before: int | None = None  # the time of the last row that has one
    _is_open: bool = False  # whether rows after it wait for the next one

    def spans(self, times: pl.DataFrame, refused: Iterable[int]) -> list[Span]:
        """The spans that are settled with this block, in order and each once.

        `times`: `line` and `at_ms` of every row, null where it has none; `refused`: the
        lines of those that are not kept.
        """
        placed = times.drop_nulls().sort("line")
        lines, stamps = placed["line"].to_list(), placed["at_ms"].to_list()
        time_of = dict(zip(lines, stamps, strict=True))
        found: set[Span] = set()
        if stamps and self._is_open:
            found.add(self._between(self._before, stamps[0]))
            self._is_open = False
        for line in refused:
            place = bisect(lines, line)
            before = stamps[place - 1] if place else self._before
            if line in time_of:
                found.add(_minute_of(time_of[line]))
            elif place < len(stamps):
                found.add(self._between(before, stamps[place]))
            else:
                self._is_open = True
        self._before = stamps[-1] if stamps else self._before
        return sorted(found)

    def rest(self) -> list[Span]:
        """What is left open at the end of the file."""
        return [self._between(self._before, None)] if self._is_open else []

    def _between(self, before: int | None, after: int | None) -> Span:
        """The minutes between two rows; all where the file is not in order."""
        is_alone = self.step >= MINUTE_MS
        start, end = self.covers
        if before is not None:
            start = _minute_of(before)[is_alone]
        if after is not None:
            end = _minute_of(after)[not is_alone]
        return (start, end) if start <= end else self.covers


def _minute_of(at_ms: int) -> Span:
    start = at_ms - at_ms % MINUTE_MS
    return start, start + MINUTE_MS
