"""What a venue's data comes from: one series per instrument, read by the day.

A day is the unit because any day can be made without the days before it, and because
a server that answers many pages keeps days, rendered, and cuts its answers from them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple, Protocol, runtime_checkable

import polars as pl

from pipelines.sandbox.market import E8, MINUTE_MS, Candle, Instrument, Trade, rounded


class Settlement(NamedTuple):
    """A payment between longs and shorts; `rate` as it is written.

    `interval_hours` is the time since the one before; None: a recording does not say.
    """

    settled_at_ms: int
    rate: str
    interval_hours: int | None


class Series(Protocol):
    """An instrument's whole life; the clock decides how much of it is shown."""

    @property
    def instrument(self) -> Instrument:
        """What the series is of."""

    @property
    def has_trades(self) -> bool:
        """Whether single trades are known; if not, `trades_of_day` is empty."""

    @property
    def first_opened_at_ms(self) -> int:
        """The first minute there is anything of."""

    @property
    def first_day(self) -> int:
        """The day of that minute, counted from 1970."""

    @property
    def ended_at_ms(self) -> int | None:
        """After the last thing there is; None: it goes on."""

    @property
    def version(self) -> int:
        """Another one whenever what the series holds has changed."""

    @property
    def rows_per_day(self) -> tuple[int, int] | None:
        """Trades and takers' orders of every day; None: days differ."""

    @property
    def recorded_settlements(self) -> Sequence[Settlement] | None:
        """Settlements of funding, ascending; None: there is no recording of them."""

    def candles_of_day(self, day: int) -> Sequence[Candle]:
        """Final candles of a day (days since 1970), ascending; quiet minutes absent."""

    def trades_of_day(self, day: int) -> Sequence[Trade]:
        """Trades of a day, ascending by time and by id."""

    def last_close_before(self, at_ms: int) -> int | None:
        """The close of the last candle of an earlier minute."""

    def day_of_trade(self, trade_id: int) -> int:
        """The day that holds the trade of this id, or the next one there is."""

    def day_of_order(self, order_id: int) -> int:
        """The day that holds the taker's order of this id, or the next one."""

    def book_at(self, now_ms: int) -> bytes | None:
        """The body of the newest book that was recorded by then; None: none was."""


@runtime_checkable
class FramedSeries(Series, Protocol):
    """A series that gives many days at once, as frames of whole numbers."""

    def candles_frame(self, first_day: int, end_day: int) -> pl.DataFrame:
        """Candles of the days in [first, end); the columns are those of `Candle`."""

    def trades_frames(self, first_day: int, end_day: int) -> Iterator[pl.DataFrame]:
        """Trades of the days in [first, end): ids, is_buy, price, at_us, amount, other.

        `other` is what a trade cost in the quote; of an inverse contract, in the base.
        """


Feed = Mapping[str, Mapping[str, Series]]
"""Series by exchange_id and unified symbol."""


def quote_of(trades: Iterable[Trade]) -> int:
    """The exact sum of price times amount, in units of 1e-16."""
    return sum(trade.price * trade.amount for trade in trades)


def inverse_base_of(instrument: Instrument, trades: Iterable[Trade]) -> int:
    """What inverse contracts cost in the base, trade by trade, in units of 1e-16."""
    return E8 * sum(instrument.other_side(t.price, t.amount) for t in trades)


def candle_of(
    opened_at_ms: int, trades: Sequence[Trade], instrument: Instrument | None = None
) -> Candle:
    """The candle that at least one trade makes.

    Of an inverse contract (told by its `instrument`) the amounts are contracts, and
    the base stands where others have the quote.
    """
    prices = [trade.price for trade in trades]
    volume = sum(trade.amount for trade in trades)
    cost: Callable[[Iterable[Trade]], int] = quote_of
    if instrument is not None and instrument.contract_size is not None:
        cost = partial(inverse_base_of, instrument)
    quote = cost(trades)
    bought = [trade for trade in trades if trade.side == "buy"]
    return Candle(
        opened_at_ms,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        volume,
        rounded(quote, E8),
        len(trades),
        sum(trade.amount for trade in bought),
        rounded(cost(bought), E8),
        rounded(quote, volume) if volume else 0,
    )


def candles_from(
    trades: Iterable[Trade], instrument: Instrument | None = None
) -> Iterator[Candle]:
    """The one-minute candles of ascending trades; a minute without any has none."""

    def minute_of(trade: Trade) -> int:
        return trade.traded_at_ms // MINUTE_MS * MINUTE_MS

    for opened_at_ms, group in groupby(trades, key=minute_of):
        yield candle_of(opened_at_ms, list(group), instrument)


def _sum(values: Iterable[int | None]) -> int | None:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _vwap(parts: Sequence[Candle], volume: int) -> int | None:
    if any(part.vwap is None for part in parts):
        return None
    quote = _sum(part.quote_volume for part in parts)
    return rounded(quote * E8, volume) if quote is not None and volume else 0


def merged(opened_at_ms: int, parts: Sequence[Candle]) -> Candle:
    """The bucket that ascending candles make; a field one of them lacks is None."""
    volume = sum(part.base_volume for part in parts)
    return Candle(
        opened_at_ms,
        parts[0].open,
        max(part.high for part in parts),
        min(part.low for part in parts),
        parts[-1].close,
        volume,
        _sum(part.quote_volume for part in parts),
        _sum(part.trades_count for part in parts),
        _sum(part.taker_buy_base for part in parts),
        _sum(part.taker_buy_quote for part in parts),
        _vwap(parts, volume),
    )
