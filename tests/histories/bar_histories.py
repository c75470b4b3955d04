"""Random series of bars, as `fct_candles` holds them: with holes, over ends of months.

Of minutes in which few trade 600 bars are of several blocks, of others of one or two.
Some bars have no volume, or nobody says what was paid.
"""

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from pipelines.warehouse import Connection
from tests.contents.batches import put


class Bar(NamedTuple):
    """A candle's key and what features are made of."""

    symbol: str
    timeframe: str
    opened_at: datetime
    high: Decimal
    low: Decimal
    close: Decimal
    base_volume: Decimal | None
    quote_volume: Decimal | None
    is_complete: bool


class Shape(NamedTuple):
    """How a series is cut: its span, and the share of its bars that exists."""

    symbol: str
    timeframe: str
    since: datetime
    length: int
    share: float


SHAPES = (
    Shape("BTC/USDT", "1m", datetime(2024, 2, 28, 5, tzinfo=UTC), 4 * 1440, 0.6),
    Shape("RARE/USDT", "1m", datetime(2024, 2, 25, tzinfo=UTC), 9 * 1440, 0.08),
    Shape("BTC/USDT", "5m", datetime(2024, 2, 24, tzinfo=UTC), 2500, 0.7),
    Shape("BTC/USDT", "1h", datetime(2023, 11, 20, tzinfo=UTC), 2600, 0.5),
    Shape("BTC/USDT", "1w", datetime(2020, 1, 6, tzinfo=UTC), 150, 0.9),
    Shape("BTC/USDT", "1M", datetime(2015, 1, 1, tzinfo=UTC), 110, 0.9),
)
LENGTHS = {"1m": 1, "5m": 5, "1h": 60, "1w": 10080}
KEY = ("exchange_id", "symbol", "timeframe", "opened_at")


def put_bars(connection: Connection, bars: Iterable[Bar]) -> None:
    """Make these the candles of gold, as one batch of `fct_candles`."""
    rows = [
        {
            **one._asdict(),
            "exchange_id": "binance",
            "open": one.close,
            "evidence_grade": "closed",
            "minutes_count": 1,
            "source": "rest",
            "is_filled_from_trades": False,
        }
        for one in bars
    ]
    put(connection, "gold.fct_candles", KEY, rows)


def series(shape: Shape, rng: random.Random) -> list[Bar]:
    """The bars of a series that exist, as they are in the end."""
    walked, made = 30_000, []
    for opened_at in openings(shape):
        walked = max(2, walked + rng.choice((-250, -40, -7, 0, 0, 6, 41, 260)))
        if rng.random() < shape.share:
            made.append(bar(shape, opened_at, walked, rng))
    return made


def openings(shape: Shape) -> Iterator[datetime]:
    """When the bars of a series open, whether they exist or not."""
    for number in range(shape.length):
        if shape.timeframe == "1M":
            years, month = divmod(number, 12)
            yield shape.since.replace(year=shape.since.year + years, month=month + 1)
        else:
            length = timedelta(minutes=LENGTHS[shape.timeframe])
            yield shape.since + number * length


def bar(shape: Shape, opened_at: datetime, walked: int, rng: random.Random) -> Bar:
    """A bar around a price in hundredths; some are flat, some lack what was paid."""
    is_flat = rng.random() < 0.2
    high = walked if is_flat else walked + rng.randint(0, 90)
    low = walked if is_flat else max(1, walked - rng.randint(0, 90))
    close = Decimal(rng.randint(low, high)).scaleb(-2)
    volume = Decimal(0 if is_flat else rng.randint(1, 10**12)).scaleb(-8)
    quote_volume = None if rng.random() < 0.001 else volume * close
    return Bar(
        shape.symbol,
        shape.timeframe,
        opened_at,
        Decimal(high).scaleb(-2),
        Decimal(low).scaleb(-2),
        close,
        None if rng.random() < 0.002 else volume,
        quote_volume,
        rng.random() > 0.1,
    )
