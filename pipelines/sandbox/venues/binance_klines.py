"""Klines and aggregates of trades, which Binance sends alike of each of its markets.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
"""

from pipelines.sandbox.clock import Clock
from pipelines.sandbox.market import DAY_MS, MINUTE_MS
from pipelines.sandbox.venues import binance_market, binance_trades
from pipelines.sandbox.venues.binance_parameters import interval_ms, limited, whole
from pipelines.sandbox.venues.venue import Instruments, Params
from pipelines.sandbox.view import MONTH, WEEK, View, bucket_end

FAR_MS = 1 << 52


def span(params: Params) -> tuple[int | None, int]:
    """What is asked for, half-open; both parameters are inclusive."""
    end = whole(params, "endTime")
    return whole(params, "startTime"), min(FAR_MS if end is None else end, FAR_MS) + 1


def klines(
    instruments: Instruments, symbol: str, params: Params, clock: Clock
) -> list[bytes]:
    """Rows, ascending; the span is on the open time."""
    interval = interval_ms(params)
    limit = limited(params, 500, 1000)
    start, until = span(params)
    if interval != MINUTE_MS:
        view = instruments.views[symbol]
        return _longer(view, interval, start, min(until, clock.now_ms() + 1), limit)
    pages = instruments.pages[symbol]
    if start is None:
        return pages.backwards(0, until, limit)
    return pages.forwards(start, until, limit)


def _longer(
    view: View, interval: int, start: int | None, end: int, limit: int
) -> list[bytes]:
    length = {MONTH: 31 * DAY_MS, WEEK: 7 * DAY_MS}.get(interval, interval)
    if start is None:
        rows = list(view.buckets(end - length * limit, end, interval))[-limit:]
    else:
        first = max(start, view.series.first_opened_at_ms - length)
        end = min(end, first + length * (limit + 1))
        rows = list(view.buckets(first, end, interval))[:limit]
    return [
        binance_market.kline(row, bucket_end(row.opened_at_ms, interval) - 1).encode()
        for row in rows
    ]


def aggregates(view: View, params: Params) -> list[bytes]:
    """Aggregates by id or by time, or the newest."""
    return binance_trades.aggregated(
        view,
        limited(params, 500, 1000),
        from_id=whole(params, "fromId"),
        start_ms=whole(params, "startTime"),
        end_ms=whole(params, "endTime"),
    )
