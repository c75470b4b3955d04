"""A feed: what an upstream is asked for, declared once; everything else reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, NamedTuple

from pipelines.bronze.tables import Table

Span = tuple[int, int]  # of an axis, half-open
Unit = Literal["ms", "ns", "number"]

# `price`: above 0; `amount`: not below 0; `rate`: of either sign; `count`: whole, not
# below 0
Kind = Literal["price", "amount", "rate", "count"]

# `span`: history by time or number; `walk`: by the upstream's cursor; `snapshot`: what
# is true now and never again; `whole`: one answer is all there is
Way = Literal["span", "walk", "snapshot", "whole"]

IN_MS: Mapping[Unit, int] = {"ms": 1, "ns": 1_000_000}


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

    def of_ms(self, span: Span) -> Span:
        """A span of milliseconds, on this axis."""
        factor = IN_MS[self.unit]
        return span[0] * factor, span[1] * factor


@dataclass(frozen=True)
class Feed:
    """What is asked for, how its rows are read, and where they lie.

    Attributes:
        table: where its rows go; `pages` of the same schema says what was answered.
        row: what one row is called in a sentence.
        kinds: of the columns that hold numbers.
        required: the columns without which a row is none.
        live: how far back the first live load of a series goes at most; what lies
            before is history.
        archived: the archive's files that hold the same, in the order of preference.
        closes: the newest rows change until they end, and a second reading after the
            end confirms them.
    """

    name: str
    table: Table
    axis: Axis
    way: Way
    row: str
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    live: timedelta = timedelta(minutes=5)
    archived: tuple[str, ...] = ()
    closes: bool = False


@dataclass(frozen=True)
class SourceSpec:
    """An upstream, as whatever serves all of them sees it.

    Attributes:
        name: its package among the sources; `bronze_<name>` is its schema by default.
        tables: its bronze tables beside those of its feeds.
        feeds: what it is asked for, by name.
    """

    name: str
    tables: Sequence[Table]
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    schema: str = ""

    @property
    def bronze(self) -> str:
        """The schema that it loads."""
        return self.schema or f"bronze_{self.name}"

    @property
    def all_tables(self) -> Sequence[Table]:
        """Every bronze table of it."""
        return (*(feed.table for feed in self.feeds.values()), *self.tables)


class Key(NamedTuple):
    """Who is asked for what: `kraken`, `BTC/USD`, `trades`; `ethereum`, ``, `blocks`.

    An empty subject: the feed speaks for the whole scope.
    """

    scope: str
    subject: str
    feed: str
