"""The loads that concern a span: by their rows, by answered pages, by files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from pipelines.sources import specs
from pipelines.upstream.feed import ExtentUnit, Span
from pipelines.upstream.key_columns import key_columns
from pipelines.upstream.pages import PAGES
from pipelines.upstream.source_spec import SourceSpec
from pipelines.warehouse import Connection, has_table

LOADS: LiteralString = (
    "select distinct {schema} as schema_name, t._dlt_load_id as load_id"
    " from {table} as t where {conditions}"
)


@dataclass(frozen=True)
class Scope:
    """A span of time or numbers, of these scopes and subjects; of all by default."""

    span: Span
    subjects: Sequence[str] = ()
    scopes: Sequence[str] = ()
    unit: ExtentUnit = "ms"

    @property
    def is_narrowed(self) -> bool:
        """Whether it is of named series alone."""
        return bool(self.subjects or self.scopes)

    def conditions(self, *columns: str | sql.Composable) -> list[sql.Composable]:
        """What rows satisfy that have the scope and the subject in `columns`."""
        return [
            sql.SQL("{} = any({})").format(_column(column), list(names))
            for column, names in zip(
                columns, (self.scopes, self.subjects), strict=False
            )
            if names
        ]


def spoken_for(connection: Connection, scope: Scope) -> sql.Composed:
    """A query of the loads, by schema."""
    return sql.SQL(" union ").join(
        sql.SQL(LOADS).format(
            schema=spec.bronze,
            table=sql.Identifier(spec.bronze, table),
            conditions=sql.SQL(" and ").join([sql.SQL("true"), *conditions]),
        )
        for spec in specs()
        for table, conditions in _tables(spec, scope)
        if has_table(connection, f"{spec.bronze}.{table}")
    )


def _tables(
    spec: SourceSpec, scope: Scope
) -> Iterator[tuple[str, list[sql.Composable]]]:
    """The tables of a source that speak for the span, and the conditions on each."""
    for feed in spec.feeds.values():
        if scope.unit == "number" and feed.axis.unit != "number":
            continue
        column = feed.axis.column
        named = sql.SQL("feed = {}").format(feed.name)
        # of a span of time, every load of a feed whose axis is no time counts
        rows: list[sql.Composable] = []
        pages: list[sql.Composable] = [named, *scope.conditions("scope", "subject")]
        if feed.axis.extent_unit == scope.unit:
            start, end = feed.axis.of_extent(scope.span)
            rows = _overlap(column, column, (start - 1, end))
            pages += _overlap("asked_from", "asked_until", (start, end))
        yield feed.table.name, [*rows, *scope.conditions(*key_columns(feed, "t"))]
        yield PAGES.name, pages
    if spec.archive is not None and scope.unit == "ms":
        covers = _overlap("covers_from_ms", "covers_until_ms", scope.span)
        yield "files", [*covers, *scope.conditions("exchange_id", "symbol")]


def _column(name: str | sql.Composable) -> sql.Composable:
    return sql.Identifier(name) if isinstance(name, str) else name


def _overlap(start: str, end: str, span: Span) -> list[sql.Composable]:
    return [
        sql.SQL("{} > {}").format(sql.Identifier(end), span[0]),
        sql.SQL("{} < {}").format(sql.Identifier(start), span[1]),
    ]
