"""What a venue's declaration is made of: routes, cursors, limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.errors import BadDataError
from pipelines.upstream.budget import Limit

WEIGHT = "weight"  # the limit that counts whatever is asked
Market = Literal["spot", "linear", "inverse"]


@dataclass(frozen=True)
class TimeParam:
    """A query parameter that carries a stamp, `offset_ms` away from the one meant."""

    name: str
    unit: Literal["ms", "s", "iso"]
    offset_ms: int = 0


@dataclass(frozen=True)
class Route:
    """An endpoint: ccxt's method for it, and where its facts lie.

    A request weighs `weight` of the venue's limit of the name `limit`.
    """

    method: str
    weight: int
    path: tuple[str, ...] = ()
    limit: str = WEIGHT


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
class FeedRoute(Route):
    """A feed; `{symbol}` in `path` is the venue's own symbol.

    Attributes:
        symbol_param: the parameter that names the instrument; None: an answer speaks
            for every instrument of the market, and a row's `venue_symbol` names it.
        shape: rows lie in a list, or in a mapping by name, which is a row's `name`; or
            the one row lies alone.
        layout: where a row has what we call so: a key, or a place in a list.
        cells: how many cells a row has that is a list; None: rows are mappings.
        words: what a cell's word means to us, by column.
        fixed: parameters that do not vary.
    """

    symbol_param: str | None = "symbol"
    shape: Literal["list", "mapping", "row"] = "list"
    layout: Mapping[str, str | int] = field(default_factory=dict)
    cells: int | None = None
    words: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)
    fixed: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class SpanRoute(FeedRoute):
    """Rows of a span of time.

    Attributes:
        since: the first step asked for; None: every answer has all that there is.
        until: the last step asked for; None: every answer runs to the venue's now.
        stamp_unit_ms: milliseconds in one unit of the row's stamp.
        page_steps: how many steps of the feed's axis one request may ask for; None:
            any number.
        window_steps: the venue sends only so many of the newest; None: all.
        sends_empty: whether a step in which nothing happened has a row.
    """

    since: TimeParam | None = TimeParam("since", "ms")
    until: TimeParam | None = None
    stamp_unit_ms: int = 1
    page_steps: int | None = None
    window_steps: int | None = None
    sends_empty: bool = True


@dataclass(frozen=True)
class SnapshotRoute(FeedRoute):
    """What is true now.

    Attributes:
        stamp_unit_ms: milliseconds in one unit of a row's stamp; a row without one has
            the venue's clock.
    """

    stamp_unit_ms: int = 1


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
class WalkRoute(FeedRoute):
    """Rows by the venue's own cursor.

    Attributes:
        stamp: the form of a row's time: milliseconds, seconds, or ISO 8601.
        is_aggregate: a row is the fills of one taker order at one price.
    """

    cursor: IdCursor | TimeCursor = IdCursor("fromId")
    limit_param: str = "limit"
    page_rows: int = 1000
    stamp: Literal["ms", "s", "iso"] = "ms"
    is_aggregate: bool = False


@dataclass(frozen=True)
class VenueSpec:
    """A venue's market: `exchange_id` is the warehouse's name, `ccxt_class` ccxt's.

    Markets on hosts of their own have budgets of their own: `budget_id` names it. A
    route counts against one of its `limits`; a pause holds for all of them.
    `routes` are by the name of the feed; what has none, the market is not asked for.
    """

    exchange_id: str
    ccxt_class: str
    listing: ListingRoute
    clock: ClockRoute
    limits: Mapping[str, Limit]
    routes: Mapping[str, "SpanRoute | WalkRoute | SnapshotRoute"] = field(
        default_factory=dict
    )
    market: Market = "spot"
    ccxt_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def budget_id(self) -> str:
        """The name of its request budget."""
        return " ".join((self.exchange_id, self.market)).removesuffix(" spot")

    def route(self, feed: str) -> SpanRoute | WalkRoute | SnapshotRoute:
        """The feed's route.

        Raises:
            BadDataError: it has none; says where the feed comes from.
        """
        if feed not in self.routes:
            raise BadDataError(self.refusal(feed))
        return self.routes[feed]

    def refusal(self, feed: str) -> str:
        """Why it is not asked for `feed`."""
        if self.market == "spot":
            return f"{self.exchange_id} has no {feed} of spot instruments"
        return (
            f"{feed} of {self.market} contracts on {self.exchange_id} come from its"
            " archive, not by REST: `bullion load archive`"
        )


def in_order(*names: str) -> Mapping[str, int]:
    """The layout of rows that are lists: the names of their first cells."""
    return {name: place for place, name in enumerate(names)}


def market_of(symbol: str) -> Market:
    """The market of a unified symbol: `BTC/USDT`, `BTC/USDT:USDT`, `BTC/USD:BTC`.

    A contract that settles in its quote is linear, one that settles in its base
    inverse: https://docs.ccxt.com/#/README?id=contract-naming-conventions
    """
    pair, is_contract, rest = symbol.partition(":")
    if not is_contract:
        return "spot"
    return "linear" if rest.split("-")[0] == pair.partition("/")[2] else "inverse"
