"""Kraken's spot REST.

https://docs.kraken.com/api-reference/market-data
"""

from collections.abc import Callable, Mapping
from itertools import islice

from pipelines.sandbox.answers import Answer, RefusedError, document, encoded, page
from pipelines.sandbox.clock import Clock, iso
from pipelines.sandbox.feed import Series
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, Candle, Instrument, Trade
from pipelines.sandbox.venues import kraken_listing, kraken_market, kraken_names
from pipelines.sandbox.venues.kraken_parameters import nanoseconds, refused, whole
from pipelines.sandbox.venues.venue import Instruments, Params, recorded_book
from pipelines.sandbox.view import View, bucket_start

_API = "/0/public/"
# The newest candles that OHLC gives, the forming one among them, whatever `since`
# says: https://docs.kraken.com/api-reference/market-data/get-ohlc-data
WINDOW = 720
TRADES_DEFAULT = TRADES_MAX = 1000
_EVERYTHING = 1 << 40


def _result(result: object) -> Answer:
    return document({"error": [], "result": result})


class Kraken:
    """One venue; `full_history` lifts the window where no trades are known."""

    exchange_id = "kraken"

    def __init__(
        self, series: Mapping[str, Series], clock: Clock, *, full_history: bool
    ) -> None:
        self._clock = clock
        self._full_history = full_history
        instruments = Instruments(series, clock, _rendered, fills=True)
        self._views, self._pages = instruments.views, instruments.pages
        self._symbols = {
            name: symbol for symbol in series for name in kraken_names.names_of(symbol)
        }
        self._routes: dict[str, Callable[[Params], Answer]] = {
            "Time": self._time,
            "SystemStatus": self._system_status,
            "Assets": self._assets,
            "AssetPairs": self._asset_pairs,
            "OHLC": self._ohlc,
            "Trades": self._trades,
            "Depth": self._depth,
            "Ticker": self._ticker,
        }

    def answer(self, path: str, params: Params) -> Answer:
        route = self._routes.get(path.removeprefix(_API))
        if not path.startswith(_API) or route is None:
            raise RefusedError(404, {"error": ["EGeneral:Unknown method"]})
        return route(params)

    def weight(self, path: str, params: Params) -> float:
        return 1

    def too_many(self, retry_after_s: int, *, is_banned: bool) -> Answer:
        """https://docs.kraken.com/api/docs/guides/spot-errors."""
        return Answer(429, encoded({"error": ["EGeneral:Too many requests"]}))

    def _time(self, _: Params) -> Answer:
        now_s = self._clock.now_ms() // 1000
        rfc1123 = self._clock.http_date().replace("GMT", "+0000")
        return _result({"unixtime": now_s, "rfc1123": rfc1123})

    def _system_status(self, _: Params) -> Answer:
        stamp = iso(self._clock.now_ms(), digits=0)
        return _result({"status": "online", "timestamp": stamp})

    def _assets(self, params: Params) -> Answer:
        codes = sorted({part for symbol in self._views for part in symbol.split("/")})
        named = {kraken_names.asset_id(code): code for code in codes}
        if "asset" in params:
            names = params["asset"].split(",")
            named = {
                key: code
                for key, code in named.items()
                if key in names or kraken_names.altname(code) in names
            }
            if len(named) < len(set(names)):
                raise refused("EQuery:Unknown asset")
        return _result({key: kraken_listing.asset(code) for key, code in named.items()})

    def _asset_pairs(self, params: Params) -> Answer:
        symbols = self._listed(params)
        return _result(
            {
                kraken_names.pair_id(symbol): kraken_listing.pair(
                    self._views[symbol].instrument, kraken_market.VOLUME_DECIMALS
                )
                for symbol in symbols
            }
        )

    def _listed(self, params: Params) -> list[str]:
        if "pair" not in params:
            return list(self._views)
        return [self._symbol(name) for name in params["pair"].split(",")]

    def _symbol(self, name: str) -> str:
        if name not in self._symbols:
            raise refused("EQuery:Unknown asset pair")
        return self._symbols[name]

    def _pair(self, params: Params) -> str:
        if not params.get("pair"):
            raise refused("EGeneral:Invalid arguments")
        return self._symbol(params["pair"])

    def _ohlc(self, params: Params) -> Answer:
        """Candles opened after `since`, and the forming one whatever it says.

        `last` is the newest committed candle, to be sent as the next `since`.
        """
        symbol = self._pair(params)
        minutes = whole(params, "interval", 1)
        if minutes not in kraken_market.INTERVALS_MS:
            raise refused("EGeneral:Invalid arguments:interval")
        interval = kraken_market.INTERVALS_MS[minutes]
        view = self._views[symbol]
        current = bucket_start(self._clock.now_ms(), interval)
        since = min(whole(params, "since", 0) * 1000 + 1, current)
        is_whole = self._full_history and not view.series.has_trades
        if not is_whole:
            since = max(since, current - (WINDOW - 1) * interval)
        if interval == MINUTE_MS:
            cuts = self._pages[symbol].forwards(since, current + 1, _EVERYTHING)
        else:
            render = kraken_market.ohlc(view.instrument.price_decimals)
            rows = view.buckets(since, current + 1, interval)
            cuts = [render(row).encode() for row in rows]
        key = encoded(kraken_names.pair_id(symbol))
        last = (current - interval) // 1000
        return page(
            cuts, b'{"error":[],"result":{' + key + b":[", b'],"last":%d}}' % last
        )

    def _trades(self, params: Params) -> Answer:
        """The newest trades, or those after `since`: seconds, or an answer's `last`."""
        symbol = self._pair(params)
        view = self._views[symbol]
        count = min(whole(params, "count", TRADES_DEFAULT) or TRADES_MAX, TRADES_MAX)
        since = params.get("since")
        if since is None:
            trades = list(islice(view.trades_backwards(), count))[::-1]
            since_ns = 0
        else:
            since_ns = nanoseconds(since)
            trades = _after(view, since_ns, count)
        last = trades[-1].traded_at_ns if trades else since_ns
        places = view.instrument.price_decimals
        key = encoded(kraken_names.pair_id(symbol))
        return page(
            [kraken_market.trade_row(trade, places) for trade in trades],
            b'{"error":[],"result":{' + key + b":[",
            b'],"last":"%d"}}' % last,
        )

    def _depth(self, params: Params) -> Answer:
        symbol = self._pair(params)
        count = min(max(whole(params, "count", 100), 1), 500)
        view, now_ms = self._views[symbol], self._clock.now_ms()
        body = kraken_market.depth(view, now_ms, count)
        return recorded_book(view, now_ms) or _result(
            {kraken_names.pair_id(symbol): body}
        )

    def _ticker(self, params: Params) -> Answer:
        symbols = self._listed(params)
        now_ms = self._clock.now_ms()
        return _result(
            {
                kraken_names.pair_id(symbol): kraken_market.ticker(
                    self._views[symbol], now_ms
                )
                for symbol in symbols
            }
        )


def _after(view: View, since_ns: int, count: int) -> list[Trade]:
    later = (
        trade
        for trade in view.trades_forwards(since_ns // DAY_MS // 10**6 * DAY_MS)
        if trade.traded_at_ns > since_ns
    )
    return list(islice(later, count))


def _rendered(instrument: Instrument) -> Callable[[Candle], str]:
    return kraken_market.ohlc(instrument.price_decimals)
