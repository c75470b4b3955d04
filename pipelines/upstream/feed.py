"""A feed: what an upstream is asked for, declared once; everything else reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from pipelines.bronze.tables import Table

if TYPE_CHECKING:
    from pipelines.config.model import Thresholds

Span = tuple[int, int]  # of an axis, half-open
Unit = Literal["ms", "ns", "number"]
ExtentUnit = Literal["ms", "number"]

# `price`: above 0; `amount`: not below 0; `signed`: an amount of either sign; `rate`: a
# ratio of either sign; `count`: whole, not below 0; `text`: as it was sent; `levels`: a
# side of a book as JSON, each level a list that begins with a price and an amount
Kind = Literal["price", "amount", "signed", "rate", "count", "text", "levels"]

# `span`: history by time or number; `walk`: by the upstream's cursor; `snapshot`: what
# is true now and never again; `whole`: one answer is all there is
Way = Literal["span", "walk", "snapshot", "whole"]

IN_MS: Mapping[Unit, int] = {"ms": 1, "ns": 1_000_000}
MINUTE_MS = 60_000
LEAST_LIVE = timedelta(minutes=5)  # however late a series is to begin


class Key(NamedTuple):
    """Who is asked for what: `kraken`, `BTC/USD`, `trades`; `ethereum`, ``, `blocks`.

    An empty subject: the feed speaks for the whole scope.
    """

    scope: str
    subject: str
    feed: str

    def __str__(self) -> str:
        return " ".join(filter(None, self))

    @property
    def series(self) -> "SeriesId":
        """Who is asked about what."""
        return self.scope, self.subject


SeriesId = tuple[str, str]  # the scope and the subject of keys


@dataclass(frozen=True)
class Extent:
    """A half-open part of a feed's axis: milliseconds since 1970, or numbers."""

    unit: ExtentUnit
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Where it begins and ends."""
        return self.start, self.end

    @property
    def steps(self) -> int:
        """Minutes of a time, or how many numbers: what progress is counted in."""
        return steps_of(self.unit, [self.span])


def steps_of(unit: ExtentUnit, spans: Sequence[Span]) -> int:
    """How many minutes, or numbers, the spans of an extent's unit have in all."""
    size = sum(end - start for start, end in spans)
    return size if unit == "number" else size // MINUTE_MS


@dataclass(frozen=True)
class Axis:
    """Where the rows of a feed lie.

    Attributes:
        column: of the feed's table; a stamp since 1970 by its unit, or a number.
        step: how much of the axis one row covers: a candle its minute.
    """

    column: str
    unit: Unit
    step: int = 1

    @property
    def stamp(self) -> str:
        """The column of the stamp as it was sent."""
        return self.column.rsplit("_", 1)[0]

    @property
    def extent_unit(self) -> ExtentUnit:
        """What an extent of it is counted in."""
        return "number" if self.unit == "number" else "ms"

    def of_extent(self, span: Span) -> Span:
        """A span in the unit of an extent, on this axis."""
        factor = IN_MS.get(self.unit, 1)
        return span[0] * factor, span[1] * factor


@dataclass(frozen=True, kw_only=True)
class RowRules:
    """What a row must be to be kept, whichever way it comes.

    Attributes:
        row: what one row is called in a sentence.
        kinds: of the columns that are read.
        required: the columns without which a row is none.
        ordered: pairs of columns, of which the first is not above the second.
        between: columns whose value lies between those of two others.
    """

    row: str
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    ordered: Sequence[tuple[str, str]] = ()
    between: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Feed(RowRules):
    """What is asked for, how its rows are read, and where they lie.

    Attributes:
        table: where its rows go; `pages` of the same schema says what was answered.
        way: how it is asked.
        per: one request speaks for a series, or for every series of a market, where
            the venue has such a request.
        cadence: the threshold that says how many seconds its step has; None: its axis
            does.
        live: how far back the first live load of a series goes at most; what lies
            before is history.
        archived: the archive's files that hold the same, in the order of preference.
        closes: the newest rows change until they end, and a second reading after the
            end confirms them.
        key_columns: of its table: the scope, and the subject where it has one.
        scope_names: the table and its column that hold the names of scopes, where the
            feed's has their ids, by the same name.
    """

    name: str
    table: Table
    axis: Axis
    way: Way
    per: Literal["series", "market"] = "series"
    cadence: str | None = None
    live: timedelta = timedelta(minutes=5)
    archived: tuple[str, ...] = ()
    closes: bool = False
    key_columns: tuple[str, ...] = ("exchange_id", "symbol")
    scope_names: tuple[str, str] | None = None

    @property
    def has_history(self) -> bool:
        """Whether what lies in the past can be asked for."""
        return self.way != "snapshot"

    def turned(self, thresholds: "Thresholds") -> "Feed":
        """The feed with the step that the operator has it have."""
        if self.cadence is None:
            return self
        step = max(1, int(getattr(thresholds, self.cadence))) * 1000
        return replace(self, axis=replace(self.axis, step=step))
