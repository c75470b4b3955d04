"""What a venue's declaration is made of: routes, cursors, limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.errors import BadDataError
from pipelines.upstream.budget import Limit

MINUTE_MS = 60_000

Market = Literal["spot", "linear", "inverse"]


@dataclass(frozen=True)
class TimeParam:
    """A query parameter that carries a stamp, `offset_ms` away from the one meant."""

    name: str
    unit: Literal["ms", "s", "iso"]
    offset_ms: int = 0


@dataclass(frozen=True)
class Route:
    """An endpoint: ccxt's method for it, what a request weighs, where its facts lie."""

    method: str
    weight: int
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClockRoute(Route):
    """The venue's time endpoint, for answers without a `Date` header."""

    unit_ms: int = 1


@dataclass(frozen=True)
class ListingRoute(Route):
    """The venue's listing, read through ccxt's `fetch_markets`: one request.

    `id_field` is where a listed market's id lies; None: it is the key of a mapping.
    """

    id_field: str | None = None
    status_field: str = "status"


@dataclass(frozen=True)
class CandleRoute(Route):
    """The venue's 1m candles; `{symbol}` in `path` is the venue's own symbol.

    Attributes:
        symbol_param: the parameter that names the instrument.
        fixed: parameters that do not vary.
        since: the first minute asked for.
        until: the last minute asked for; None: every answer runs to the venue's now.
        layout: our name of each cell of a row, in the venue's order; None: not kept.
        stamp_unit_ms: milliseconds in one unit of the row's stamp.
        page_candles: how many minutes one request may ask for; None: any number.
        window_candles: the venue sends only so many of the newest; None: all.
        sends_quiet_minutes: whether a minute without trades has a row.
    """

    symbol_param: str = "symbol"
    fixed: Mapping[str, str | int] = field(default_factory=dict)
    since: TimeParam = TimeParam("since", "ms")
    until: TimeParam | None = None
    layout: tuple[str | None, ...] = ()
    stamp_unit_ms: int = 1
    page_candles: int | None = None
    window_candles: int | None = None
    sends_quiet_minutes: bool = True


@dataclass(frozen=True)
class IdCursor:
    """Pages by trade id.

    Attributes:
        param: the parameter that carries the id.
        is_backward: an answer holds the trades below the id, newest first; else those
            from it on, oldest first. Without the parameter it holds the newest.
        since_param: the parameter, in milliseconds, that finds a trade by its time;
            None: the venue has none, and ids are bisected.
    """

    param: str
    is_backward: bool = False
    since_param: str | None = None


@dataclass(frozen=True)
class TimeCursor:
    """Pages by time: an answer holds the trades after a stamp, oldest first.

    Attributes:
        param: the parameter that carries the stamp, in nanoseconds, exclusive.
        last: where the answer's own stamp for the next page lies.
    """

    param: str
    last: tuple[str, ...]


@dataclass(frozen=True)
class TradeRoute(Route):
    """The venue's trades.

    Attributes:
        layout: where a row has what we call so: a key, or a place in a list.
        stamp: the form of a row's time: milliseconds, seconds, or ISO 8601.
        taker_sides: what the venue sends for a taker who bought or sold.
        order_types: what it sends for the taker's order type, if it does.
        is_aggregate: a row is the fills of one taker order at one price.
    """

    cursor: IdCursor | TimeCursor = IdCursor("fromId")
    symbol_param: str = "symbol"
    limit_param: str = "limit"
    page_trades: int = 1000
    layout: Mapping[str, str | int] = field(default_factory=dict)
    stamp: Literal["ms", "s", "iso"] = "ms"
    taker_sides: Mapping[Any, str] = field(default_factory=dict)
    order_types: Mapping[Any, str] = field(default_factory=dict)
    is_aggregate: bool = False


@dataclass(frozen=True)
class VenueSpec:
    """A venue's market: `exchange_id` is the warehouse's name, `ccxt_class` ccxt's.

    Markets on hosts of their own have budgets of their own: `budget_id` names it.
    None as a route: the market is not asked for that.
    """

    exchange_id: str
    ccxt_class: str
    listing: ListingRoute
    clock: ClockRoute
    limit: Limit
    candles: CandleRoute | None = None
    trades: TradeRoute | None = None
    market: Market = "spot"
    ccxt_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def budget_id(self) -> str:
        """The name of its request budget."""
        return " ".join((self.exchange_id, self.market)).removesuffix(" spot")

    @property
    def feeds(self) -> tuple[str, ...]:
        """What it is asked for beside its listing."""
        routes = {"candles": self.candles, "trades": self.trades}
        return tuple(name for name, route in routes.items() if route is not None)

    def candle_route(self) -> CandleRoute:
        """Its candles' route.

        Raises:
            BadDataError: it has none; says where candles are to be had.
        """
        if self.candles is None:
            raise BadDataError(self.refusal("candles"))
        return self.candles

    def trade_route(self) -> TradeRoute:
        """Its trades' route.

        Raises:
            BadDataError: it has none; says where trades are to be had.
        """
        if self.trades is None:
            raise BadDataError(self.refusal("trades"))
        return self.trades

    def refusal(self, feed: str) -> str:
        """Why it is not asked for `feed`."""
        return (
            f"{feed} of {self.market} contracts on {self.exchange_id} come from its"
            " archive, not by REST: `bullion load archive`"
        )


def market_of(symbol: str) -> Market:
    """The market of a unified symbol: `BTC/USDT`, `BTC/USDT:USDT`, `BTC/USD:BTC`.

    A contract that settles in its quote is linear, one that settles in its base
    inverse: https://docs.ccxt.com/#/README?id=contract-naming-conventions
    """
    pair, is_contract, rest = symbol.partition(":")
    if not is_contract:
        return "spot"
    return "linear" if rest.split("-")[0] == pair.partition("/")[2] else "inverse"
