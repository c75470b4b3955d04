"""Which days a month's file has rows of: it may lack some.

The host's own files of those days are then loaded beside it.
"""

from collections import Counter
from dataclasses import dataclass, field

from pipelines.bronze.delivery import Rows
from pipelines.sources.archive.file_types import FEEDS
from pipelines.sources.archive.files import ArchiveFile, days
from pipelines.sources.archive.layouts import layout
from pipelines.upstream.extents import DAY_MS
from pipelines.upstream.feed import IN_MS, MINUTE_MS, Span


@dataclass
class HeldDays:
    """Counts the rows of one file by their day, as they are read.

    Of a file that no days' files stand beside nothing is counted, and nothing lacks.
    """

    file: ArchiveFile
    _counts: Counter[int] = field(default_factory=Counter)

    @property
    def _has_days(self) -> bool:
        return (
            self.file.period == "monthly" and "daily" in FEEDS[self.file.feed].periods
        )

    def add(self, rows: Rows) -> None:
        """Count these; what is no row of the file's feed is passed over."""
        known = layout(self.file.feed, self.file.market)
        if self._has_days and rows.table is known.table:
            day = rows.frame[known.axis.column] // (IN_MS[known.axis.unit] * DAY_MS)
            self._counts.update(dict(day.value_counts().rows()))

    def lacking(self) -> list[Span]:
        """The days without a row, or without a candle of each minute."""
        step = layout(self.file.feed, self.file.market).axis.step
        expected = DAY_MS // step if step >= MINUTE_MS else 1
        return [
            day
            for day in (days(self.file.covers) if self._has_days else ())
            if self._counts[day[0] // DAY_MS] < expected
        ]
