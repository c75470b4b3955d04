"""What a file holds: the rows that REST serves of its days, as the bulk host has them.

Columns: https://github.com/binance/binance-public-data#data-information
Spot files carry no header and spell `True`; futures files spell `true` and carry one
from a date on: https://github.com/binance/binance-public-data/issues/283
COIN-M calls its base volume `quote_volume`:
https://github.com/binance/binance-public-data/issues/267
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from pipelines.sandbox.archive import books, options
from pipelines.sandbox.archive.framed import framed_rows
from pipelines.sandbox.archive.tree import Folder, Format, Place
from pipelines.sandbox.feed import Settlement
from pipelines.sandbox.funding import settlements
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, Candle, Instrument, Trade, fixed
from pipelines.sandbox.venues.binance_parameters import INTERVALS_MS
from pipelines.sandbox.view import View

_HEADERS = {
    "klines": "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore",
    "aggTrades": "agg_trade_id,price,quantity,first_trade_id,last_trade_id,"
    "transact_time,is_buyer_maker",
    "trades": "id,price,qty,quote_qty,time,is_buyer_maker",
    "fundingRate": "calc_time,funding_interval_hours,last_funding_rate",
    **books.HEADERS,
    **options.HEADERS,
}
_COIN_TRADES_HEADER = "id,price,qty,base_qty,time,is_buyer_maker"


def content(view: View, place: Place, written: Format) -> bytes:
    """The CSV of a place, with a line end after its last row."""
    head = f"{_header(place.folder)}\n".encode() if _has_header(place, written) else b""
    framed = framed_rows(view, place, written)
    return head + (day_by_day(view, place, written) if framed is None else framed)


def day_by_day(view: View, place: Place, written: Format) -> bytes:
    """The lines without the header, from a series that is read by the day."""
    made: dict[str, Callable[[], Iterable[str]]] = {
        "klines": lambda: _klines(view, place, written),
        "aggTrades": lambda: _aggregates(view, place, written),
        "trades": lambda: _trades(view, place, written),
        "fundingRate": lambda: map(_funding, _settlements(view, place)),
        "bookDepth": lambda: books.depth(view, place),
        "bookTicker": lambda: books.tickers(view, place),
        "BVOLIndex": lambda: options.index(view, place),
        "EOHSummary": lambda: options.summaries(view, place),
    }
    return "\n".join((*made[place.folder.feed](), "")).encode()


def _has_header(place: Place, written: Format) -> bool:
    if place.folder.feed == "fundingRate":
        return True
    is_new = place.first_day * DAY_MS >= written.headers_from_ms
    return place.folder.market != "spot" and is_new


def _header(folder: Folder) -> str:
    if folder.market == "cm" and folder.feed == "trades":
        return _COIN_TRADES_HEADER
    return _HEADERS[folder.feed]


def _klines(view: View, place: Place, written: Format) -> Iterator[str]:
    interval = INTERVALS_MS[place.folder.interval]
    end = place.end_day * DAY_MS
    if interval == MINUTE_MS:
        days = range(place.first_day, place.end_day)
        rows: Iterable[Candle] = (row for d in days for row in view.final_day(d))
    else:
        rows = view.buckets(place.first_day * DAY_MS, end, interval)
    price, amount, other = _texts(view.instrument)
    is_spot = place.folder.market == "spot"
    for row in rows:
        opened, closed = row.opened_at_ms, row.opened_at_ms + interval - 1
        if is_spot and opened >= written.microseconds_from_ms:
            opened, closed = opened * 1000, closed * 1000 + 999
        count = "" if row.trades_count is None else row.trades_count
        yield (
            f"{opened},{price(row.open)},{price(row.high)},{price(row.low)},"
            f"{price(row.close)},{amount(row.base_volume)},{closed},"
            f"{other(row.quote_volume)},{count},{amount(row.taker_buy_base)},"
            f"{other(row.taker_buy_quote)},0"
        )


_Text = Callable[[int | None], str]


def _texts(instrument: Instrument) -> tuple[_Text, _Text, _Text]:
    """How prices, amounts and volumes in the other asset are written.

    What a recording does not know is left empty.
    """

    def places(count: int) -> _Text:
        return lambda value: "" if value is None else fixed(value, count)

    if instrument.settle is None:
        return places(8), places(8), places(8)
    return (
        places(instrument.price_decimals),
        places(instrument.amount_decimals),
        places(8),
    )


def _trades_of(view: View, place: Place) -> Iterator[Trade]:
    for day in range(place.first_day, place.end_day):
        yield from view.series.trades_of_day(day)


def _stamp(trade: Trade, folder: Folder, written: Format) -> int:
    is_new = trade.traded_at_ms >= written.microseconds_from_ms
    if folder.market == "spot" and is_new:
        return trade.traded_at_ns // 1000
    return trade.traded_at_ms


def _trades(view: View, place: Place, written: Format) -> Iterator[str]:
    folder, instrument = place.folder, view.instrument
    price, amount, other = _texts(instrument)
    is_spot = folder.market == "spot"
    for trade in _trades_of(view, place):
        maker = _truth(trade.side == "sell", folder)
        yield (
            f"{trade.trade_id},{price(trade.price)},{amount(trade.amount)},"
            f"{other(instrument.other_side(trade.price, trade.amount))},"
            f"{_stamp(trade, folder, written)},{maker}{',True' if is_spot else ''}"
        )


def _aggregates(view: View, place: Place, written: Format) -> Iterator[str]:
    folder = place.folder
    price, amount, _ = _texts(view.instrument)
    is_spot = folder.market == "spot"
    for order_id, group in groupby(_trades_of(view, place), key=_order):
        fills = list(group)
        first = fills[0]
        maker = _truth(first.side == "sell", folder)
        yield (
            f"{order_id},{price(first.price)},{amount(sum(t.amount for t in fills))},"
            f"{first.trade_id},{fills[-1].trade_id},{_stamp(first, folder, written)},"
            f"{maker}{',True' if is_spot else ''}"
        )


def _order(trade: Trade) -> int:
    return trade.order_id


def _truth(value: bool, folder: Folder) -> str:  # noqa: FBT001 (what is written)
    return str(value) if folder.market == "spot" else str(value).lower()


def _settlements(view: View, place: Place) -> Iterator[Settlement]:
    start, end = place.first_day * DAY_MS, place.end_day * DAY_MS
    return settlements(view.series, start, end)


def _funding(row: Settlement) -> str:
    return f"{row.settled_at_ms},{row.interval_hours},{row.rate}"
