"""What a venue's declaration is made of: routes, cursors, limits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from pipelines.errors import BadDataError
from pipelines.upstream.budget import Limit
from pipelines.upstream.feed import Feed

WEIGHT = "weight"  # the limit that counts whatever is asked
Market = Literal["spot", "linear", "inverse", "option"]
Place = str | int | tuple[str | int, ...]


@dataclass(frozen=True)
class TimeParam:
    """A query parameter that carries a stamp, `offset_ms` away from the one meant."""

    name: str
    unit: Literal["ms", "s", "iso"]
    offset_ms: int = 0


@dataclass(frozen=True)
class Route:
    """An endpoint: ccxt's method for it, and where its facts lie.

    A request weighs `weight` of the venue's limit of the name `limit`. `share`: the
    threshold that says which part of it all such requests may spend; None: all.
    `fixed` are the parameters that do not vary.
    """

    method: str
    weight: int
    path: tuple[str, ...] = ()
    limit: str = WEIGHT
    share: str | None = None
    fixed: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def weights(self) -> Mapping[str, int]:
        """What a request weighs of its limit, and of its share of it."""
        names = (self.limit, self.share) if self.share else (self.limit,)
        return dict.fromkeys(names, self.weight)


@dataclass(frozen=True)
class ClockRoute(Route):
    """The venue's time endpoint, for answers without a `Date` header."""

    unit_ms: int | None = 1  # None: it is ISO 8601


@dataclass(frozen=True)
class ListingRoute(Route):
    """The venue's listing, read through ccxt's `fetch_markets`: one request.

    `id_field` is where a listed market's id lies; None: it is the key of a mapping.
    `rest` is where the cursor to what the answer leaves out lies: nothing may be there.
    """

    id_field: str | None = None
    status_field: str = "status"
    rest: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """What tells it from other listings at one address; empty where it is alone."""
        return f"?{urlencode(self.fixed)}" if self.fixed else ""


@dataclass(frozen=True)
class FeedRoute(Route):
    """A feed; `{symbol}` in `path` is the venue's own symbol.

    Attributes:
        symbol_param: the parameter that names the instrument; None: an answer speaks
            for every instrument of the market, and a row's `venue_symbol` names it.
        is_of_settle: that parameter names what instruments settle in; an answer speaks
            for all that settle in it, and a row's `venue_symbol` names its own.
        is_chain: rows are of the options on the instruments that were chosen.
        symbol_form: of the venue's own symbol its first group is named; an instrument
            whose symbol has another form has no such feed.
        shape: rows lie in a list, or in a mapping by name, which is a row's `name`; or
            the one row lies alone; or each column is a list.
        layout: where a row has what we call so: a key, a place in a list, or the keys
            that lead to it.
        optional: the columns whose keys a row may lack.
        documents: the columns that are lists, kept as the JSON that was sent.
        levels: how many elements of each of them are kept, the first; None: all.
        cells: how many cells a row has that is a list; None: rows are mappings.
        words: what a cell's word means to us, by column.
        counts_contracts: whether amounts are contracts of the size that is listed.
    """

    symbol_param: str | None = "symbol"
    is_of_settle: bool = False
    is_chain: bool = False
    symbol_form: str = r"(.+)"
    shape: Literal["list", "mapping", "row", "columns"] = "list"
    layout: Mapping[str, Place] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    levels: int | None = None
    cells: int | None = None
    words: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)
    counts_contracts: bool = False

    @property
    def is_shared(self) -> bool:
        """Whether an answer speaks for several instruments."""
        return self.symbol_param is None or self.is_of_settle

    def named(self, venue_symbol: str) -> Mapping[str, str]:
        """The parameter that names an instrument.

        Raises:
            BadDataError: the venue has no such feed of it.
        """
        if not self.symbol_param:
            return {}
        form = re.fullmatch(self.symbol_form, venue_symbol)
        if form is None:
            raise BadDataError(f"{venue_symbol}: {self.method} has nothing of the kind")
        return {self.symbol_param: form[1]}


@dataclass(frozen=True)
class SpanRoute(FeedRoute):
    """Rows of a span of time.

    Attributes:
        since: the first step asked for; None: every answer has all that there is.
        until: the last step asked for; None: every answer runs to the venue's now.
        stamp_unit_ms: milliseconds in one unit of the row's stamp; None: ISO 8601.
        page_steps: how many steps of the feed's axis one request may ask for; None:
            any number.
        window_steps: the venue sends only so many of the newest; None: all.
        reach: how far back it may be asked; None: any time.
        older: how far back it has rows, and ccxt's method for those before.
        sends_empty: whether a step in which nothing happened has a row.
    """

    since: TimeParam | None = TimeParam("since", "ms")
    until: TimeParam | None = None
    stamp_unit_ms: int | None = 1
    page_steps: int | None = None
    window_steps: int | None = None
    reach: timedelta | None = None
    older: tuple[timedelta, str] | None = None
    sends_empty: bool = True

    @property
    def has_window(self) -> bool:
        """Whether an answer may not reach back to what was asked for."""
        return self.window_steps is not None

    def of_age(self, age_ms: int) -> "SpanRoute":
        """The route to rows that are so old."""
        if self.older is None or age_ms <= self.older[0] // timedelta(milliseconds=1):
            return self
        return replace(self, method=self.older[1])


@dataclass(frozen=True)
class Depth:
    """How deep a book may be asked for.

    Attributes:
        param: the parameter that says how many levels a side; None: all are sent.
        weights: what each number of levels that may be asked for weighs, ascending.
    """

    param: str | None = None
    weights: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SnapshotRoute(FeedRoute):
    """What is true now.

    Attributes:
        stamp_unit_ms: milliseconds in one unit of a row's stamp; None: it is ISO 8601.
            A row without one has the venue's clock.
        depth: how deep it may be asked for, where it is a book.
    """

    stamp_unit_ms: int | None = 1
    depth: Depth | None = None

    def at_depth(self, levels: int) -> "SnapshotRoute":
        """The route that asks for no more of a book than holds so many levels a side.

        Where the venue has no such depth, its deepest.
        """
        if self.depth is None:
            return self
        route = replace(self, levels=levels)
        if self.depth.param is None:
            return route
        depths = list(self.depth.weights)
        asked = next((n for n in depths if n >= levels), depths[-1])
        fixed = {**self.fixed, self.depth.param: asked}
        return replace(route, weight=self.depth.weights[asked], fixed=fixed)


# `bids` and `asks` from the best outwards, each level a price and an amount
BOOK = SnapshotRoute(
    method="",
    weight=1,
    share="order_book_budget_pct",
    shape="row",
    layout={"bids": "bids", "asks": "asks"},
    documents=frozenset({"bids", "asks"}),
)


@dataclass(frozen=True)
class IdCursor:
    """Pages by trade id.

    Attributes:
        param: the parameter that carries the id.
        is_backward: an answer holds the trades below the id, newest first; else those
            from it on, oldest first. Without the parameter it holds the newest.
        newest: what else asks for the newest.
        since_param: the parameter, in milliseconds, that finds a trade by its time;
            None: the venue has none, and ids are bisected.
    """

    param: str
    is_backward: bool = False
    since_param: str | None = None
    newest: Mapping[str, str | int] = field(default_factory=dict)


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
class EndCursor:
    """Pages by their end: an answer holds the newest trades before a stamp.

    Attributes:
        param: the parameter that carries the stamp, ISO 8601 with milliseconds.
    """

    param: str


@dataclass(frozen=True)
class WalkRoute(FeedRoute):
    """Rows by the venue's own cursor.

    Attributes:
        limit_param: the parameter that says how many rows; None: it sends `page_rows`.
        stamp: the form of a row's time: milliseconds, seconds, or ISO 8601.
        is_aggregate: a row is the fills of one taker order at one price.
        reach: how far back it may be asked; None: any time.
    """

    cursor: IdCursor | TimeCursor | EndCursor = IdCursor("fromId")
    limit_param: str | None = "limit"
    page_rows: int = 1000
    stamp: Literal["ms", "s", "iso"] = "ms"
    is_aggregate: bool = False
    reach: timedelta | None = None

    @property
    def has_window(self) -> bool:
        """Whether an answer may not reach back to what was asked for."""
        return isinstance(self.cursor, EndCursor)


@dataclass(frozen=True)
class VenueSpec:
    """A venue's market: `exchange_id` is the warehouse's name, `ccxt_class` ccxt's.

    Markets on hosts of their own have budgets of their own, by `budget_id`; with
    `shares_budget` the venue's markets are on one host, and have one. A route counts
    against one of its `limits`; a pause holds for all of them.
    `routes` are by the name of the feed; what has none, the market is not asked for.
    `is_dated`: it is of contracts that expire, which the venue lists apart from those
    of the same market that do not.
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
    is_dated: bool = False
    shares_budget: bool = False
    ccxt_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def budget_id(self) -> str:
        """The name of the market, and of its request budget."""
        return " ".join((self.exchange_id, self.kind)).removesuffix(" spot")

    @property
    def kind(self) -> str:
        """What it lists: `linear`, `linear dated`."""
        return f"{self.market} dated" if self.is_dated else self.market

    @property
    def budget_name(self) -> str:
        """The name of the budget that its requests draw on."""
        return self.exchange_id if self.shares_budget else self.budget_id

    @property
    def shared_limits(self) -> Mapping[str, Limit]:
        """Its limits, and the shares of them by the thresholds that turn them."""
        shares = {
            route.share: replace(self.limits[route.limit], percent=route.share)
            for route in self.routes.values()
            if route.share
        }
        return {**self.limits, **shares}

    def subject(self, feed: Feed, symbol: str) -> str:
        """What one answer of the feed speaks for, of which the symbol is asked.

        The symbol, all that settles in what it does (`BTC`), or the market, whose name
        is empty where it is the spot market.
        """
        route = self.routes.get(feed.name)
        if feed.per == "series" or (route is not None and not route.is_shared):
            return symbol
        if route is not None and route.is_of_settle:
            return symbol.partition(":")[2].partition("-")[0]
        return "" if self.market == "spot" else self.kind

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
        is_spot = self.market == "spot"
        kind = "spot instruments" if is_spot else f"{self.kind} contracts"
        if self.shares_budget:
            return f"{self.exchange_id} is not asked for {feed} of {kind}"
        if is_spot:
            return f"{self.exchange_id} has no {feed} of {kind}"
        return (
            f"{feed} of {self.market} contracts on {self.exchange_id} come from its"
            " archive, not by REST: `bullion load archive`"
        )


def in_order(*names: str) -> Mapping[str, int]:
    """The layout of rows that are lists: the names of their first cells."""
    return {name: place for place, name in enumerate(names)}


def is_dated(symbol: str) -> bool:
    """Whether the unified symbol is of a contract that expires."""
    return "-" in symbol.partition(":")[2]


def market_of(symbol: str) -> Market:
    """The market of a unified symbol: `BTC/USDT`, `BTC/USDT:USDT`, `BTC/USD:BTC`.

    A contract that settles in its quote is linear, one that settles in its base
    inverse; one with an expiry, a strike and a right is an option, whatever it settles
    in: https://docs.ccxt.com/#/README?id=contract-naming-conventions
    """
    pair, is_contract, rest = symbol.partition(":")
    if not is_contract:
        return "spot"
    settle, *terms = rest.split("-")
    if len(terms) > 1:
        return "option"
    return "linear" if settle == pair.partition("/")[2] else "inverse"
