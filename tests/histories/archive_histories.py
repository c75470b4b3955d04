"""Random files of an archive: published late and again, torn, refused, missing.

A load's rows stand under `archive.files` and `archive.klines`. Two days and a longer
file over both, of two of the series; what a version of a file says is the same whenever
it is fetched.
"""

import random
from datetime import UTC, datetime

from tests.histories.candle_histories import (
    MINUTE,
    MINUTES,
    SERIES,
    START,
    Histories,
    Load,
    Row,
    Series,
)

DAY = 1440 * MINUTE
FIRST_DAY = int(datetime(2024, 3, 31, tzinfo=UTC).timestamp() * 1000)
PERIODS = {
    "2024-03-31": (FIRST_DAY, FIRST_DAY + DAY),
    "2024-04-01": (FIRST_DAY + DAY, FIRST_DAY + 2 * DAY),
    "2024-04": (FIRST_DAY, FIRST_DAY + 2 * DAY),  # a month, as long as the tests need
}
ARCHIVED = tuple(s for s in SERIES if s.exchange_id == "binance")


class ArchivedHistories(Histories):
    """Answers of venues, and files of the archive among them."""

    def load(self) -> Load:
        """Answers, or a few files as they are found at a moment."""
        if self.rng.random() < 0.7:
            return super().load()
        tables: dict[str, list[Row]] = {"archive.files": [], "archive.klines": []}
        for _ in range(self.rng.randint(1, 3)):
            series = self.rng.choice(ARCHIVED)
            file = self.file(series, self.rng.choice(tuple(PERIODS)))
            if file["status"] == "loaded":
                tables["archive.klines"] += self.klines(series, file)
            tables["archive.files"].append(file)
        return tables

    def file(self, series: Series, period: str) -> Row:
        """A version of a file, loaded, refused or missing."""
        rng = self.rng
        version = rng.randint(0, 2)
        status = rng.choices(("loaded", "refused", "missing"), (8, 1, 1))[0]
        truth = random.Random(f"{series} {period} {version}")
        covers_from, covers_until = PERIODS[period]
        # versions published at one time: the sha256 decides
        hours = min(version, 1) + truth.choice((0, 0, 1))
        meta = self.request(series, covers_until + rng.randint(-DAY, DAY))
        is_there, is_loaded = status != "missing", status == "loaded"
        return meta | {
            "file_id": f"{rng.getrandbits(32):08x}-{self.requests}",
            "market": "spot",
            "feed": "klines",
            "period": "daily" if period.count("-") > 1 else "monthly",
            "path": f"{series.symbol}-1m-{period}.zip",
            "origin": f"https://archive/{series.symbol}-1m-{period}.zip",
            "covers_from_ms": covers_from,
            "covers_until_ms": covers_until,
            "status": status,
            "reason": "its checksum differs" if status == "refused" else None,
            "sha256": f"{truth.getrandbits(64):016x}" if is_there else None,
            "rows_count": 0,
            "refused_count": truth.choice((0, 0, 0, 1)) if is_loaded else 0,
            "published_at_ms": covers_until + hours * 3_600_000 if is_there else None,
            **dict.fromkeys(
                ("bytes_count", "uncompressed_bytes_count", "has_header", "stamp_unit")
            ),
        }

    def klines(self, series: Series, file: Row) -> list[Row]:
        """The rows of a file: the same of a version, whenever it is fetched."""
        said = random.Random(file["sha256"])
        found: list[Row] = []
        for minute in range(series.listed, MINUTES):
            row = self.candle(series, minute, START + 10**6 * MINUTE, said)
            stamp = row["opened_at_ms"]
            is_covered = file["covers_from_ms"] <= stamp < file["covers_until_ms"]
            if said.random() > 0.05 and is_covered:
                found.append(
                    row
                    | {
                        "exchange_id": series.exchange_id,
                        "symbol": series.symbol,
                        "timeframe": "1m",
                        "trades_count": row["trades_count"] or 0,
                        "contracts": None,
                        "taker_buy_contracts": None,
                        "closed_at_ms": stamp + MINUTE - 1,
                        "file_id": file["file_id"],
                        "line_number": len(found) + 1,
                    }
                )
        return found
