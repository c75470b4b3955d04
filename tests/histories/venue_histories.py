"""Random minutes of a few pairs on four venues, of which some go wrong for a while.

One freezes (its trades repeat one price), one spikes, one is gone, one does not say
what was paid; the peg of USDT breaks in the middle.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from pipelines.warehouse import Connection
from tests.contents.batches import put

START = datetime(2024, 1, 10, 22, 20, tzinfo=UTC)
MINUTES = 330
VENUES = ("binance", "coinbase", "gemini", "kraken")
LEVELS = {"BTC/USD": 4_000_000, "BTC/USDT": 4_000_000, "USDT/USD": 10_000}
CHANCES = {"BTC/USD": 0.9, "BTC/USDT": 0.5, "USDT/USD": 0.2}  # of a trade in a minute
DEPEG = range(150, 260)
KEY = ("exchange_id", "symbol", "opened_at")
# what gold says of minutes, as `minutes_of` reads it
IN_GOLD = """
select exchange_id, symbol, opened_at, high, low, close, base_volume,
    quote_volume, vwap, evidence_grade
from fct_candles where timeframe = '1m'
"""


class Minute(NamedTuple):
    """A venue's candle."""

    exchange_id: str
    symbol: str
    opened_at: datetime
    high: Decimal
    low: Decimal
    close: Decimal
    base_volume: Decimal
    quote_volume: Decimal | None
    vwap: Decimal | None
    evidence_grade: str


def put_minutes(connection: Connection, minutes: Sequence[Minute]) -> None:
    """Make these the chosen candles, as one batch of `int_candles_chosen`."""
    rows = [one._asdict() for one in minutes]
    put(connection, "silver.int_candles_chosen", KEY, rows)


def minutes_of(rows: Iterable[Mapping[str, str]]) -> list[Minute]:
    """Candles from rows of text, where what is empty is null."""
    return [
        Minute(
            row["exchange_id"],
            row["symbol"],
            datetime.fromisoformat(row["opened_at"]),
            Decimal(row["high"]),
            Decimal(row["low"]),
            Decimal(row["close"]),
            Decimal(row["base_volume"]),
            Decimal(row["quote_volume"]) if row["quote_volume"] else None,
            Decimal(row["vwap"]) if row["vwap"] else None,
            row["evidence_grade"],
        )
        for row in rows
    ]


def minutes(rng: random.Random) -> list[Minute]:
    """All candles as they are in the end."""
    return [
        one for symbol in LEVELS for venue in VENUES for one in _of(venue, symbol, rng)
    ]


def _of(venue: str, symbol: str, rng: random.Random) -> Iterator[Minute]:
    frozen, spiked, gone = (_span(rng) for _ in range(3))
    walk = random.Random(f"{symbol} {rng.random() < 0}")  # the same one on each venue
    level = Decimal(LEVELS[symbol])
    close = level
    for place in range(MINUTES):
        level += walk.choice((-3, -1, 0, 1, 3)) * LEVELS[symbol] // 10_000
        if venue == "gemini" and place in gone:
            continue
        if rng.random() > CHANCES[symbol]:
            if venue != "coinbase":  # which sends nothing of a quiet minute
                yield _minute(venue, symbol, place, (close,) * 3, Decimal(0))
            continue
        price = level + rng.randint(-2, 2) * LEVELS[symbol] // 20_000
        if symbol == "USDT/USD" and place in DEPEG:
            price = price * 88 // 100
        if venue == "binance" and place in spiked:
            price = price * rng.choice((50, 97, 99, 103, 200)) // 100
        if venue == "kraken" and place in frozen:
            price = close
        spread = 0 if price == close else rng.choice((0, LEVELS[symbol] // 30_000))
        close = price
        volume = Decimal(rng.randint(1, 10**9)).scaleb(-8)
        yield _minute(
            venue, symbol, place, (close + spread, close - spread, close), volume
        )


def _minute(
    venue: str,
    symbol: str,
    place: int,
    prices: tuple[Decimal, Decimal, Decimal],
    volume: Decimal,
) -> Minute:
    high, low, close = (Decimal(price).scaleb(-4) for price in prices)
    is_last = place > MINUTES - 3
    return Minute(
        venue,
        symbol,
        START + timedelta(minutes=place),
        high,
        low,
        close,
        volume,
        volume * close if venue == "binance" else None,
        close if venue in {"kraken", "gemini"} else None,
        "provisional" if is_last else "closed",
    )


def _span(rng: random.Random) -> range:
    first = rng.randint(0, MINUTES)
    return range(first, first + rng.randint(15, 90))
