"""Random histories of what is said of funding: late, again, torn apart, contradicted.

Three contracts settle for 24 days at intervals that change; one stopped for days.
A stamp is some milliseconds off, by REST otherwise than in a file. An answer speaks for
a span from any millisecond to any other, may lack a settlement, and where a row of it
was refused its stamp is cut out. Files of two spans are published again, and differ.
Of intervals a venue says what is in force, or something else.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

from tests.histories.candle_histories import Histories, Load, Row, Series

HOUR = 3_600_000
DAYS = 24
FIRST = int(datetime(2024, 2, 20, tzinfo=UTC).timestamp() * 1000)
END = FIRST + DAYS * 24 * HOUR
SERIES = tuple(
    Series("binance", symbol, sends_quiet_minutes=False)
    for symbol in ("BTC/USDT:USDT", "ETH/USDT:USDT", "BTC/USD:BTC")
)
FILES = {"2024-02": (FIRST, FIRST + 10 * 24 * HOUR), "2024-03": (FIRST, END)}
SAID = 12  # times in an answer's load
STOPPED = range(200, 296)  # hours in which the last contract does not settle


def due(series: Series) -> Iterator[tuple[int, int]]:
    """When it settles, and the hours since it did."""
    chance = random.Random(str(series))
    hour, interval = 0, 8
    while hour < DAYS * 24:
        if chance.random() < 0.15:
            interval = chance.choice((8, 4, 1))
        if series is not SERIES[2] or hour not in STOPPED:
            yield FIRST + hour * HOUR, interval
        hour += interval


class FundingHistories(Histories):
    """Answers and files about funding."""

    def load(self) -> Load:
        """A few answers, or versions of files."""
        series = self.rng.choices(SERIES, k=self.rng.randint(1, 3))
        if self.rng.random() < 0.15:
            files = [self.file(one, self.rng.choice(tuple(FILES))) for one in series]
            rows = [row for one, file in zip(series, files, strict=True)
                    for row in self.filed(one, file)]  # fmt: skip
            return {"archive.files": files, "archive.funding_rates": rows}
        answers = [self.settlements(one) for one in series]
        return {
            "funding_rates": [row for rows, _ in answers for row in rows],
            "funding_pages": [page for _, pages in answers for page in pages],
            "funding_intervals": [
                self.interval(one) for one in series for _ in range(SAID)
            ],
        }

    def interval(self, series: Series) -> Row:
        """What the venue says of an interval at some moment."""
        moment = FIRST + self.rng.randrange(0, DAYS * 24 * HOUR, HOUR // 2)
        hours = next((hours for at, hours in due(series) if at >= moment), 0)
        meta = self.request(series, moment)
        del meta["timeframe"]
        if self.rng.random() < 0.2:
            hours = self.rng.choice((0, 1, 4, 8, 25))
        return meta | {"observed_at_ms": moment, "interval_hours": hours}

    def settlements(self, series: Series) -> tuple[list[Row], list[Row]]:
        """One answer: its settlements, and the spans that it speaks for."""
        rng = self.rng
        # many begin where others end
        start = FIRST + rng.choice((rng.randrange(DAYS * 24 * HOUR), 240 * HOUR))
        until = min(END, start + rng.choice((rng.randrange(150 * HOUR), 336 * HOUR)))
        meta = self.request(series, until + rng.randint(0, 50) * 1000)
        del meta["timeframe"]
        sent: list[Row] = []
        cuts: list[int] = []
        for at, _ in due(series):
            stamp = at + random.Random(at).randint(-20, 20)
            if not start <= stamp < until or rng.random() < 0.05:
                continue
            if rng.random() < 0.05:
                cuts.append(stamp)
                continue
            sent.append(meta | self.said(series, at) | {"settled_at_ms": stamp})
        edges = [start, *(edge for cut in cuts for edge in (cut, cut + 1)), until]
        pages = [
            meta
            | dict.fromkeys(("asked_from_ms", "answered_from_ms"), low)
            | dict.fromkeys(("asked_until_ms", "answered_until_ms"), high)
            | {"rows_count": 0}
            for low, high in zip(edges[::2], edges[1::2], strict=True)
        ]
        return sent, pages

    def said(self, series: Series, at: int, chance: random.Random | None = None) -> Row:
        """What is told of a settlement: seldom otherwise than usual."""
        version = (chance or self.rng).choice((0,) * 12 + (1,))
        truth = random.Random(f"{series} {at} {version}")
        rate = truth.randint(-(10**15), 10**15)
        price = truth.choice((None, "42000.5"))
        return {"funding_rate": f"{rate}e-18", "mark_price": price}

    def file(self, series: Series, period: str) -> Row:
        """A version of a file."""
        version = self.rng.randint(0, 2)
        truth = random.Random(f"{series} {period} {version}")
        start, end = FILES[period]
        meta = self.request(series, end + self.rng.randint(0, 99) * HOUR)
        return meta | {
            "file_id": meta["request_id"],
            "market": "um",
            "feed": "funding_rates",
            "timeframe": None,
            "period": "monthly",
            "path": f"{series.symbol}-{period}.zip",
            "covers_from_ms": start,
            "covers_until_ms": end,
            "status": self.rng.choice(("loaded", "loaded", "refused")),
            "sha256": f"{truth.getrandbits(64):016x}",
            "published_at_ms": end + min(version, 1) * HOUR,
            **dict.fromkeys(("rows_count", "refused_count"), 0),
            **dict.fromkeys(("reason", "bytes_count", "uncompressed_bytes_count")),
            **dict.fromkeys(("has_header", "stamp_unit")),
        }

    def filed(self, series: Series, file: Row) -> Iterator[Row]:
        """The rows of a version: the same whenever it is fetched."""
        truth = random.Random(file["sha256"])
        for line, (at, hours) in enumerate(due(series), 2):
            stamp = at + truth.choice((0, 0, 3))
            told = self.said(series, at, truth)
            is_covered = file["covers_from_ms"] <= stamp < file["covers_until_ms"]
            if is_covered and truth.random() > 0.05 and file["status"] == "loaded":
                yield told | {
                    "exchange_id": series.exchange_id,
                    "symbol": series.symbol,
                    "settled_at_ms": stamp,
                    "interval_hours": hours if truth.random() > 0.05 else 0,
                    "file_id": file["file_id"],
                    "line_number": line,
                }
