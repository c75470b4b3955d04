"""Random lives of instruments: launched, left out of listings, filed by an archive.

Three more instruments than candles have: one that no listing has, one that two routes
list, and one of a route of its own, halted and traded again. Of some listings a row was
refused; of some the venue says when it was launched.
"""

import random
from datetime import UTC, datetime

from tests.histories.archive_histories import DAY, FIRST_DAY, ArchivedHistories
from tests.histories.candle_histories import MINUTE, START, Load, Row, Series

MOVED = Series("binance", "MOVED/USDT", sends_quiet_minutes=True)
HALTED = Series("binance", "HALTED/USDT", sends_quiet_minutes=True)
FILED = ("BTCUSDT", "NEWUSDT", "GONEUSDT", "MOVEDUSDT", "NOQUOTE")
LAST_STARTS = (START - 30 * DAY, START + 400 * MINUTE)


class LifeHistories(ArchivedHistories):
    """Answers of venues and files of the archive, and what both say of lives."""

    def loads(self, count: int) -> list[Load]:
        """One more: the listings that begin and end a halt."""
        listings = [
            self.listing(HALTED)
            | {
                "venue_now_ms": START + minute * MINUTE,
                "origin": "GET /halted",
                "is_active": is_active,
                "status": None,
                "launched_at_ms": None,
            }
            for minute, is_active in enumerate((True, False, False, True))
        ]
        return [*super().loads(count), {"instruments": listings}]

    def load(self) -> Load:
        """As those of candles, with more of listings, or symbols of the archive."""
        load = super().load()
        if "instruments" not in load:
            files = dict(load)
            files["archive.symbols"] = [self.symbol(s) for s in FILED]
            return files
        tables = {name: list(rows) for name, rows in load.items()}
        listed = tables["instruments"]
        if self.rng.random() < 0.5:
            listed.append(self.listing(MOVED))
            listed[-1]["origin"] = self.rng.choice(("GET /candles", "GET /others"))
        tables["instruments"] = [self.launched(row) for row in listed]
        tables["quarantine"] = [self.refused(r) for r in listed if self.is_torn(r)]
        return tables

    def launched(self, row: Row) -> Row:
        """The row with what the venue says of its launch, if anything."""
        said = random.Random(f"{row['symbol']} {row['venue_now_ms'] // (9 * MINUTE)}")
        minute = said.choice((None, None, said.randint(-60, 200)))
        return row | {
            "launched_at_ms": minute if minute is None else START + minute * MINUTE
        }

    def is_torn(self, row: Row) -> bool:
        """Whether a row of the listing was refused."""
        return random.Random(row["request_id"]).random() < 0.2

    def refused(self, row: Row) -> Row:
        """A row of the quarantine."""
        shared = ("exchange_id", "venue_now_ms", "request_id", "origin", "received_at")
        return {name: row[name] for name in shared} | {
            "table_name": "instruments",
            "symbol": None,
            "reason": "XY on it: is not a mapping",
            "raw": "[]",
        }

    def symbol(self, venue_symbol: str) -> Row:
        """What the archive's files of a symbol cover, as listed at a moment."""
        rng = self.rng
        first = FIRST_DAY + rng.randint(-20, 1) * DAY
        meta = self.request(MOVED, FIRST_DAY + rng.randint(0, 20) * DAY)
        return meta | {
            "market": "spot",
            "venue_symbol": venue_symbol,
            "feed": "klines",
            "first_from_ms": first,
            "last_until_ms": max(first, FIRST_DAY + rng.randint(-19, 9) * DAY) + DAY,
        }


def moments(rng: random.Random, count: int) -> list[datetime]:
    """Instants around what the histories tell of."""
    stamps = [rng.randint(*LAST_STARTS) for _ in range(count)]
    stamps += [START + rng.randint(0, 45) * MINUTE for _ in range(count)]
    return [datetime.fromtimestamp(stamp / 1000, UTC) for stamp in stamps]
