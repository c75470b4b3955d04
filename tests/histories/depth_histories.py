"""Random histories of depth in bands: files about midnights, published again.

Some bands stand still for minutes, some for hours, some are empty; beside them come
answers and files of metrics.
"""

import random
from collections.abc import Iterator, Mapping

from tests.histories.candle_histories import Load, Row, Series
from tests.histories.metrics_histories import (
    DAY,
    DAYS,
    INVERSE,
    LINEAR,
    MetricsHistories,
)

STEP, HOUR = 150_000, 3_600_000
BANDS = {"-5.00": 0.5, "-0.20": 0.3, "0.20": 0.02, "5.00": 0.2}  # how often one moves


class DepthHistories(MetricsHistories):
    """Files of depth among those of metrics."""

    def load(self) -> Load:
        """Versions of a file or two, or what metrics have."""
        if self.rng.random() < 0.4:
            return super().load()
        chosen = self.rng.choices((LINEAR, INVERSE), k=self.rng.randint(1, 2))
        days = DAYS[1:3]
        files = [self.depth_file(one, self.rng.choice(days)) for one in chosen]
        rows = [row for one, file in zip(chosen, files, strict=True)
                for row in self.banded(one, file)]  # fmt: skip
        return {"archive.files": files, "archive.book_depth": rows}

    def about_midnight(self) -> Iterator[Load]:
        """A day, the next, the first published again, and an older version of it.

        A band stands still over midnight, but where the version published last has it
        move.
        """
        first, still, moving = DAYS[3], BANDS | {"0.20": 0}, BANDS | {"0.20": 0.5}
        for day, version, moves in (
            (first, 1, still),
            (first + DAY, 0, still),
            (first, 2, moving),
            (first, 0, still),
        ):
            file = self.depth_file(LINEAR, day, version)
            rows = list(self.banded(LINEAR, file, moves))
            yield {"archive.files": [file], "archive.book_depth": rows}

    def depth_file(self, series: Series, day: int, version: int | None = None) -> Row:
        """A version of a day's file."""
        file = self.file(series, day, version)
        return file | {"feed": "book_depth", "path": f"depth {file['path']}"}

    def banded(
        self, series: Series, file: Row, bands: Mapping[str, float] = BANDS
    ) -> Iterator[Row]:
        """Its rows, the same of a version: the first and the last hours of the day."""
        truth = random.Random(file["sha256"])
        day, line = file["covers_from_ms"], 1
        held = dict.fromkeys(bands, 1)
        steps = [*range(0, 2 * HOUR, STEP), *range(DAY - 2 * HOUR, DAY, STEP)]
        for at in steps:
            for band, moves in bands.items():
                if truth.random() < moves:
                    held[band] = truth.randint(0, 2)
                if truth.random() < 0.1:
                    continue
                line += 1
                yield self.band(series, day + at, band, held[band]) | {
                    "file_id": file["file_id"],
                    "line_number": line,
                }

    def band(self, series: Series, at_ms: int, band: str, amount: int) -> Row:
        """What lies in a band at an instant."""
        own, other = (
            ("contracts_depth", "base_depth")
            if series is INVERSE
            else ("base_depth", "quote_depth")
        )
        nothing = dict.fromkeys(("base_depth", "contracts_depth", "quote_depth"))
        return nothing | {
            "exchange_id": series.exchange_id,
            "symbol": series.symbol,
            "snapshot_at_ms": at_ms,
            "band_pct": band,
            own: str(amount),
            other: f"{amount}.5",
        }
