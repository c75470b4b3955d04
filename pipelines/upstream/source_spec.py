"""A source's declaration: what the command line, collector and backfill know of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.bronze.tables import Table
from pipelines.upstream.feed import Feed, SeriesId

if TYPE_CHECKING:  # polars, which these bring, takes half a second to import
    from pipelines.bronze.delivery import Source
    from pipelines.config.listener import ConfigProvider
    from pipelines.config.model import Configuration
    from pipelines.config.words import Words
    from pipelines.upstream.connector import Archive, Connector, Context
    from pipelines.upstream.health_check import HealthCheck
    from pipelines.upstream.options import LoadOptions
    from pipelines.upstream.progress import Progress

Addresses = Mapping[str, Mapping[str, str]]  # by scope, by what each is called


@dataclass(frozen=True)
class SourceSpec:
    """An upstream, as whatever serves all of them sees it.

    What imports a client does so when it is called: a declaration costs no import.

    Attributes:
        name: as it is loaded; `bronze_<name>` is its schema by default.
        tables: its bronze tables beside those of its feeds.
        feeds: what it is asked for, by name.
        source: makes what one load extracts; None: it has no loads.
        chosen: the series that a load is of.
        connector: how it is collected and backfilled; None: it is not.
        archive: what lists files that hold feeds of other sources.
        series_table: the config table whose rows say what is collected.
        adopted_tables: the config tables whose changes hold at once.
        group: the name by which it is loaded together with others; empty: none.
        off: why it can not be asked, for want of credentials; empty: it can.
        addresses: who a load would ask: addresses by scope and by what they are called
            where people read, as keys of providers stand in some; none: not looked at.
        url_settings: the settings that hold an address in place of a public one.
        secret_settings: those that hold what it gives its users, such as a token.
        words: what its rows of the configuration may say, by kind.
        checks: what doctor examines of it, where there is a warehouse.
        check: raises SetupError where a change of one of them can not be adopted.
    """

    name: str
    tables: Sequence[Table]
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    schema: str = ""
    source: "Callable[[ConfigProvider, LoadOptions, Progress], Source] | None" = None
    chosen: "Callable[[Configuration, LoadOptions], Sequence[SeriesId]]" = lambda *_: ()
    connector: "Callable[[Context], Connector] | None" = None
    archive: "Callable[[Context], Archive] | None" = None
    series_table: str | None = None
    adopted_tables: Collection[str] = ()
    group: str = ""
    off: "Callable[[], str]" = str
    addresses: "Callable[[Configuration, LoadOptions], Addresses]" = lambda *_: {}
    url_settings: "Callable[[], Sequence[str]]" = tuple
    secret_settings: "Callable[[], Sequence[str]]" = tuple
    words: "Callable[[], Words]" = dict
    checks: "Callable[[], Sequence[HealthCheck]]" = tuple
    check: "Callable[[str, Sequence[str], Configuration], None]" = lambda *_: None

    @property
    def bronze(self) -> str:
        """The schema that it loads."""
        return self.schema or f"bronze_{self.name}"

    @property
    def numbered(self) -> str:
        """What its feeds have numbers of, such as blocks; empty: they lie in time."""
        rows = [feed.row for feed in self.feeds.values() if feed.axis.unit == "number"]
        return f"{rows[0]}s" if rows else ""

    @property
    def all_tables(self) -> Sequence[Table]:
        """Every bronze table of it."""
        return (*(feed.table for feed in self.feeds.values()), *self.tables)
