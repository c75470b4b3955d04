"""Random histories of open interest and ratios: answers and files, late, again.

Around the midnight from which on files of USD-M stamp the start of five minutes, not
their end; the other contract's always stamped it.
"""

import random
from collections.abc import Iterator

from tests.histories.candle_histories import Histories, Load, Row, Series

FIVE_MINUTES, DAY = 300_000, 86_400_000
SEAM = 1_782_345_600_000  # 2026-06-25
DAYS = range(SEAM - 2 * DAY, SEAM + 2 * DAY, DAY)
LINEAR = Series("binance", "BTC/USDT:USDT", sends_quiet_minutes=False)
INVERSE = Series("binance", "BTC/USD:BTC", sends_quiet_minutes=False)
RATIOS = ("top_trader_accounts", "top_trader_positions", "global_accounts")
FILED = (*(f"{name}_ratio" for name in RATIOS), "taker_ratio")
NO_AMOUNTS = dict.fromkeys(
    ("base_open_interest", "contracts_open_interest", "open_interest_value")
)


def is_stamped_at_end(series: Series, covers_from_ms: int) -> bool:
    """Whether a file of that day is."""
    return series is LINEAR and covers_from_ms < SEAM


class MetricsHistories(Histories):
    """Answers and files."""

    def load(self) -> Load:
        """A few answers of all kinds, or versions of files."""
        chosen = self.rng.choices((LINEAR, INVERSE), k=self.rng.randint(1, 2))
        if self.rng.random() < 0.5:
            files = [self.file(series, self.rng.choice(DAYS)) for series in chosen]
            rows = [row for one, file in zip(chosen, files, strict=True)
                    for row in self.filed(one, file)]  # fmt: skip
            return {"archive.files": files, "archive.metrics": rows}
        names = ("open_interest", "open_interest_history", "taker_volumes", *RATIOS)
        tables: dict[str, list[Row]] = {name: [] for name in names}
        for series in chosen:
            for name in tables:
                tables[name] += self.answered(series, name)
        return tables

    def answered(self, series: Series, table: str) -> Iterator[Row]:
        """The rows of one answer: a few instants about a midnight."""
        start = (
            self.rng.choice(DAYS) + self.rng.choice((-8, -3, 0, 0, 3)) * FIVE_MINUTES
        )
        meta = self.request(series, start + self.rng.randint(0, 5) * DAY)
        del meta["timeframe"]
        for at in range(start, start + 12 * FIVE_MINUTES, FIVE_MINUTES):
            said = self.said(series, at, self.rng)
            bought = {"taker_buy_base": "3", "taker_sell_base": "4"}
            ratio = {"long_ratio": "0.5", "short_ratio": "0.5"}
            yield (
                meta
                | said
                | bought
                | ratio
                | {
                    "observed_at_ms": at,
                    "long_short_ratio": said[FILED[0]],
                    "buy_sell_ratio": said["taker_ratio"],
                }
            )

    def said(self, series: Series, at: int, chance: random.Random) -> Row:
        """What is told of an instant: seldom otherwise than usual."""
        truth = random.Random(f"{series} {at} {chance.choice((0,) * 9 + (1,))}")
        amounts = [f"{truth.randint(1, 9**9)}e-3" for _ in range(6)]
        own = ("base_open_interest", "open_interest_value")
        if series is INVERSE:
            own = ("contracts_open_interest", "base_open_interest")
        return NO_AMOUNTS | dict(zip((*own, *FILED), amounts, strict=True))

    def file(self, series: Series, day: int, version: int | None = None) -> Row:
        """A version of a day's file."""
        version = self.rng.randint(0, 2) if version is None else version
        truth = random.Random(f"{series} {day} {version}")
        meta = self.request(series, day + 9 * DAY)
        return meta | {
            "file_id": meta["request_id"],
            "market": "um" if series is LINEAR else "cm",
            "feed": "metrics",
            "timeframe": None,
            "period": "daily",
            "path": f"{series.symbol} {day}",
            "covers_from_ms": day,
            "covers_until_ms": day + DAY,
            "status": "loaded",
            "sha256": f"{truth.getrandbits(64):016x}",
            "published_at_ms": day + DAY + version,
            **dict.fromkeys(("rows_count", "refused_count"), 0),
            **dict.fromkeys(("reason", "bytes_count", "uncompressed_bytes_count")),
            **dict.fromkeys(("has_header", "stamp_unit")),
        }

    def filed(self, series: Series, file: Row) -> Iterator[Row]:
        """Its rows: not in order, some twice, some not there, some with blanks."""
        truth = random.Random(file["sha256"])
        day = file["covers_from_ms"]
        late = FIVE_MINUTES if is_stamped_at_end(series, day) else 0
        # the ends of a day are what files differ in
        steps = [*range(12), *range(276, 288)]
        stamps = [day + step * FIVE_MINUTES + late for step in steps]
        stamps = truth.sample(stamps, 20) + truth.sample(stamps, 3)
        for line, stamp in enumerate(stamps, 2):
            row = self.said(series, stamp, truth)
            if truth.random() < 0.1:
                row |= NO_AMOUNTS
            row |= {name: None for name in FILED if truth.random() < 0.1}
            yield row | {
                "exchange_id": series.exchange_id,
                "symbol": series.symbol,
                "observed_at_ms": stamp,
                "file_id": file["file_id"],
                "line_number": line,
            }
