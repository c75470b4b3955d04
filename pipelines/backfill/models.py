"""The incremental models of silver and gold whose rows lie in time, or by number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from pipelines import warehouse
from pipelines.backfill.spoken_for import Scope
from pipelines.sources import feeds
from pipelines.upstream.extents import at
from pipelines.upstream.feed import ExtentUnit, Feed
from pipelines.upstream.key_columns import key_columns

# the column that places a row in time, the first of these that a model has
TIMES = ("opened_at", "hour_at", "traded_at", "started_at", "settled_at")
# what is compared and named as one: a day, or a thousand numbers
PARTS: Mapping[ExtentUnit, LiteralString] = {
    "ms": "({at} at time zone 'UTC')::date::text",
    "number": "({at} / 1000 * 1000)::text",
}
MODELS: LiteralString = """
select c.table_schema, c.table_name, array_agg(c.column_name::text)
from information_schema.columns as c
inner join information_schema.tables as t
    on c.table_schema = t.table_schema and c.table_name = t.table_name
where c.table_schema in ('silver', 'gold') and t.table_type = 'BASE TABLE'
group by c.table_schema, c.table_name
having bool_or(c.column_name = 'changed_in')
order by c.table_schema desc, c.table_name
"""


@dataclass(frozen=True)
class Model:
    """A model whose rows lie at times, or numbers.

    `feed` is one whose columns of the scope and the subject it has, if there is any.
    """

    schema: str
    name: str
    at: str
    columns: tuple[str, ...]
    feed: Feed | None

    @property
    def relation(self) -> sql.Identifier:
        """Where it stands."""
        return sql.Identifier(self.schema, self.name)

    @property
    def key(self) -> Sequence[sql.Composable]:
        """The names of its rows' scope and subject."""
        return key_columns(self.feed, self.name) if self.feed else ()


Part = tuple[str, str, str]  # model, series, and a date or so many thousand numbers
Hashes = dict[Part, tuple[int, int]]


def incremental_models(connection: warehouse.Connection, scope: Scope) -> list[Model]:
    """The incremental models whose rows lie on the scope's axis, silver first.

    One that has no series has none of those that are named.
    """
    every = feeds().values()
    numbers = [feed.axis.column for feed in every if feed.axis.unit == "number"]
    places = TIMES if scope.unit == "ms" else numbers
    models = []
    for schema, name, columns in connection.execute(MODELS).fetchall():
        place = next((column for column in places if column in columns), None)
        if place is not None:
            rest = tuple(sorted(set(columns) - {"changed_in"}))
            keyed = (f for f in every if set(f.key_columns) <= set(columns))
            feed = next(keyed, None)
            if feed or not scope.is_narrowed:
                models.append(Model(schema, name, place, rest, feed))
    return models


def row_hashes(
    connection: warehouse.Connection, models: Sequence[Model], scope: Scope
) -> Hashes:
    """Rows and their hash, by model, series and part; the order of rows counts not."""
    hashed: Hashes = {}
    for model in models:
        query = sql.SQL(
            "select ltrim(concat_ws(' ', {key})),"
            " {part}, count(*),"
            " sum(hashtextextended(row({columns})::text, 0)::numeric)"
            " from {relation} where {inside} group by 1, 2"
        ).format(
            key=sql.SQL(", ").join([sql.Literal(""), *model.key]),
            part=sql.SQL(PARTS[scope.unit]).format(at=sql.Identifier(model.at)),
            columns=sql.SQL(", ").join(map(sql.Identifier, model.columns)),
            relation=model.relation,
            inside=inside(model, scope),
        )
        for series, part, count, total in connection.execute(query):
            hashed[f"{model.schema}.{model.name}", series, part] = (count, total)
    return hashed


def inside(model: Model, scope: Scope) -> sql.Composed:
    """What the model's rows of the scope satisfy."""
    start, end = scope.span
    moment = _moment if scope.unit == "ms" else sql.Literal
    column = sql.Identifier(model.at)
    return sql.SQL(" and ").join(
        [
            sql.SQL("{} >= {}").format(column, moment(start)),
            sql.SQL("{} < {}").format(column, moment(end)),
            *scope.conditions(*model.key),
        ]
    )


def _moment(ms: int) -> sql.Composed:
    return sql.SQL("{}::timestamptz").format(at(ms).isoformat())
