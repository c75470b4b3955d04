"""Bodies of Binance's trades, single and aggregated by the taker's order.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
"""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby, islice, takewhile

from pipelines.sandbox.market import DAY_MS, E8, Trade, fixed, rounded
from pipelines.sandbox.venues.binance_parameters import refused
from pipelines.sandbox.view import View


def _encoded(body: dict[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _single(trade: Trade) -> bytes:
    return _encoded(
        {
            "id": trade.trade_id,
            "price": fixed(trade.price),
            "qty": fixed(trade.amount),
            "quoteQty": fixed(rounded(trade.price * trade.amount, E8)),
            "time": trade.traded_at_ms,
            "isBuyerMaker": trade.side == "sell",
            "isBestMatch": True,
        }
    )


def newest(view: View, limit: int) -> list[bytes]:
    """The newest trades, the oldest of them first.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#recent-trades-list
    """
    rows = [_single(trade) for trade in islice(view.trades_backwards(), limit)]
    return rows[::-1]


def from_id(view: View, trade_id: int, limit: int) -> list[bytes]:
    """Trades from an id on, inclusive.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#old-trade-lookup
    """
    start_ms = view.series.day_of_trade(trade_id) * DAY_MS
    later = (t for t in view.trades_forwards(start_ms) if t.trade_id >= trade_id)
    return [_single(trade) for trade in islice(later, limit)]


def _orders(trades: Iterable[Trade]) -> Iterator[list[Trade]]:
    for _, fills in groupby(trades, key=lambda trade: trade.order_id):
        yield list(fills)


def _aggregate(fills: list[Trade]) -> bytes:
    first = fills[0]
    return _encoded(
        {
            "a": first.order_id,
            "p": fixed(first.price),
            "q": fixed(sum(trade.amount for trade in fills)),
            "f": first.trade_id,
            "l": fills[-1].trade_id,
            "T": first.traded_at_ms,
            "m": first.side == "sell",
            "M": True,
        }
    )


def aggregated(
    view: View,
    limit: int,
    *,
    from_id: int | None,
    start_ms: int | None,
    end_ms: int | None,
) -> list[bytes]:
    """Aggregated trades from an aggregate id, of a time range, or the newest.

    https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints#compressedaggregate-trades-list
    """
    if from_id is not None and (start_ms is not None or end_ms is not None):
        raise refused(
            -1128, "Combination of optional parameters invalid. Recommendation: ''"
        )
    end = 1 << 52 if end_ms is None else end_ms
    if from_id is not None or start_ms is not None:
        trades = _forwards(view, from_id, start_ms)
        orders = _orders(takewhile(lambda trade: trade.traded_at_ms <= end, trades))
        return [_aggregate(fills) for fills in islice(orders, limit)]
    newest_first = _orders(view.trades_backwards(end + 1))
    rows = [_aggregate(fills[::-1]) for fills in islice(newest_first, limit)]
    return rows[::-1]


def _forwards(view: View, from_id: int | None, start_ms: int | None) -> Iterator[Trade]:
    if from_id is None:
        return view.trades_forwards(start_ms or 0)
    day = view.series.day_of_order(from_id)
    return (t for t in view.trades_forwards(day * DAY_MS) if t.order_id >= from_id)
