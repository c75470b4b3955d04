"""Coinbase Exchange's REST (ccxt calls it `coinbaseexchange`).

https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/introduction
"""

from collections.abc import Callable, Mapping
from itertools import islice

from pipelines.errors import SetupError
from pipelines.sandbox.answers import Answer, RefusedError, document, encoded, page
from pipelines.sandbox.clock import Clock, iso, parse_instant
from pipelines.sandbox.feed import Series
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, Candle, Instrument
from pipelines.sandbox.venues import coinbase_listing, coinbase_market
from pipelines.sandbox.venues.venue import Instruments, Params, recorded_book
from pipelines.sandbox.view import View

GRANULARITIES_S = (60, 300, 900, 3600, 21600, 86400)
CANDLES_MAX = 300
TRADES_MAX = 1000
_EVERYTHING = 1 << 40

_OfProduct = Callable[[View, Params], Answer]


def _refused(status: int, message: str) -> RefusedError:
    return RefusedError(status, {"message": message})


class Coinbase:
    """One venue; quiet minutes are absent from its candles."""

    exchange_id = "coinbase"

    def __init__(self, series: Mapping[str, Series], clock: Clock) -> None:
        self._clock = clock
        self._instruments = Instruments(series, clock, _rendered, fills=False)
        self._symbols = {symbol.replace("/", "-"): symbol for symbol in series}
        self._of_product: dict[str, _OfProduct] = {
            "": self._product,
            "candles": self._candles,
            "trades": self._trades,
            "book": self._book,
            "ticker": self._ticker,
            "stats": self._stats,
        }

    def answer(self, path: str, params: Params) -> Answer:
        """The answer to `/products…`, `/currencies…` or `/time`."""
        root, name, rest = [*path.strip("/").split("/"), "", ""][:3]
        if root == "products" and name:
            if name not in self._symbols or rest not in self._of_product:
                raise _refused(404, "NotFound")
            view = self._instruments.views[self._symbols[name]]
            return self._of_product[rest](view, params)
        if root == "products":
            listed = self._instruments.views.values()
            return document([coinbase_listing.product(s.instrument) for s in listed])
        if root == "currencies":
            return self._currencies(name)
        if path == "/time":
            now = self._clock.now_ms()
            seconds, ms = divmod(now, 1000)
            body = f'{{"iso":"{iso(now)}","epoch":{seconds}.{ms:03d}}}'
            return Answer(200, body.encode())
        raise _refused(404, "NotFound")

    def weight(self, path: str, params: Params) -> float:
        return 1

    def too_many(self, retry_after_s: int, *, is_banned: bool) -> Answer:
        """https://docs.cdp.coinbase.com/exchange/docs/rate-limits."""
        return Answer(429, encoded({"message": "Public rate limit exceeded"}))

    def _currencies(self, name: str) -> Answer:
        symbols = self._instruments.views
        codes = sorted({part for symbol in symbols for part in symbol.split("/")})
        if not name:
            return document([coinbase_listing.currency(code) for code in codes])
        if name not in codes:
            raise _refused(404, "NotFound")
        return document(coinbase_listing.currency(name))

    def _product(self, view: View, _: Params) -> Answer:
        return document(coinbase_listing.product(view.instrument))

    def _candles(self, view: View, params: Params) -> Answer:
        """Newest first; without both `start` and `end`, the newest there are."""
        granularity = params.get("granularity", "60")
        if granularity not in map(str, GRANULARITIES_S):
            raise _refused(400, "Unsupported granularity")
        interval = int(granularity) * 1000
        now = self._clock.now_ms()
        if not (params.get("start") and params.get("end")):
            start, end = now - (CANDLES_MAX - 1) * interval, now
        else:
            start, end = _instant(params["start"]), _instant(params["end"])
        if end < start:
            raise _refused(400, "start must be before end")
        if end - start > CANDLES_MAX * interval:
            raise _refused(
                400,
                "granularity too small for the requested time range. Count of "
                f"aggregations requested exceeds {CANDLES_MAX}",
            )
        first = start // interval * interval
        return self._page(view, first, end + 1, interval)

    def _page(self, view: View, since: int, until: int, interval: int) -> Answer:
        if interval == MINUTE_MS:
            pages = self._instruments.pages[view.instrument.symbol]
            encoded = page(pages.backwards(since, until, CANDLES_MAX)).split_rows()
        else:
            rows = list(view.buckets(since, until, interval))[-CANDLES_MAX:]
            encoded = [coinbase_market.candle(row).encode() for row in rows]
        return page(encoded[::-1])

    def _trades(self, view: View, params: Params) -> Answer:
        """Newest first; `after` pages back in time, `before` forward, by trade id.

        https://docs.cdp.coinbase.com/exchange/docs/rest-pagination
        """
        limit = min(_whole(params, "limit") or TRADES_MAX, TRADES_MAX)
        after, before = _whole(params, "after"), _whole(params, "before")
        until = None
        if after is not None:
            until = (view.series.day_of_trade(after) + 1) * DAY_MS
        older = (
            trade
            for trade in view.trades_backwards(until)
            if after is None or trade.trade_id < after
        )
        trades = []
        for trade in islice(older, limit):
            if before is not None and trade.trade_id <= before:
                break
            trades.append(trade)
        headers = {}
        if trades:
            headers = {
                "CB-BEFORE": str(trades[0].trade_id),
                "CB-AFTER": str(trades[-1].trade_id),
            }
        rows = [coinbase_market.trade_row(trade) for trade in trades]
        return page(rows, headers=headers)

    def _book(self, view: View, params: Params) -> Answer:
        level = params.get("level", "1")
        if level not in {"1", "2", "3"}:
            raise _refused(400, "Invalid level")
        now_ms = self._clock.now_ms()
        return recorded_book(view, now_ms) or document(
            coinbase_market.book(view, now_ms, int(level))
        )

    def _ticker(self, view: View, _: Params) -> Answer:
        return document(coinbase_market.ticker(view, self._clock.now_ms()))

    def _stats(self, view: View, _: Params) -> Answer:
        return document(coinbase_market.stats(view, self._clock.now_ms()))


def _rendered(_: Instrument) -> Callable[[Candle], str]:
    return coinbase_market.candle


def _whole(params: Params, name: str) -> int | None:
    value = params.get(name)
    if value is not None and not value.isdigit():
        raise _refused(400, f"Invalid {name}")
    return None if value is None else int(value)


def _instant(text: str) -> int:
    """An ISO instant or whole seconds since 1970, in ms."""
    if text.isdigit():
        return int(text) * 1000
    try:
        return parse_instant(text)
    except SetupError:
        raise _refused(400, "Invalid start or end") from None
