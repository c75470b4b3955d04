"""The incremental models of silver and gold whose rows lie in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from psycopg import sql

from pipelines import warehouse
from pipelines.backfill.spoken_for import Scope
from pipelines.sources import feeds
from pipelines.upstream.extents import at

# the column that places a row in time, the first of these that a model has
TIMES = ("opened_at", "hour_at", "traded_at", "started_at", "settled_at")
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
    """A model whose rows lie in time.

    `key_columns` are those of the scope and the subject, where it has them.
    """

    schema: str
    name: str
    time: str
    columns: tuple[str, ...]
    key_columns: tuple[str, ...]

    @property
    def relation(self) -> sql.Identifier:
        """Where it stands."""
        return sql.Identifier(self.schema, self.name)


Day = tuple[str, str, str]  # model, series, date
Hashes = dict[Day, tuple[int, int]]


def incremental_models(connection: warehouse.Connection, scope: Scope) -> list[Model]:
    """The incremental models whose rows lie in time, silver first.

    One that has no series has none of those that are named.
    """
    keys = dict.fromkeys(feed.key_columns for feed in feeds().values())
    models = []
    for schema, name, columns in connection.execute(MODELS).fetchall():
        time = next((column for column in TIMES if column in columns), None)
        if time is not None:
            rest = tuple(sorted(set(columns) - {"changed_in"}))
            key = next((names for names in keys if set(names) <= set(columns)), ())
            if key or not scope.is_narrowed:
                models.append(Model(schema, name, time, rest, key))
    return models


def row_hashes(
    connection: warehouse.Connection, models: Sequence[Model], scope: Scope
) -> Hashes:
    """Rows and their hash, by model, series and day; the order of rows counts not."""
    hashed: Hashes = {}
    for model in models:
        query = sql.SQL(
            "select ltrim(concat_ws(' ', {key})),"
            " ({time} at time zone 'UTC')::date::text, count(*),"
            " sum(hashtextextended(row({columns})::text, 0)::numeric)"
            " from {relation} where {inside} group by 1, 2"
        ).format(
            key=sql.SQL(", ").join(
                [sql.Literal(""), *map(sql.Identifier, model.key_columns)]
            ),
            time=sql.Identifier(model.time),
            columns=sql.SQL(", ").join(map(sql.Identifier, model.columns)),
            relation=model.relation,
            inside=inside(model, scope),
        )
        for series, date, count, total in connection.execute(query):
            hashed[f"{model.schema}.{model.name}", series, date] = (count, total)
    return hashed


def inside(model: Model, scope: Scope) -> sql.Composed:
    """What the model's rows of the scope satisfy."""
    start, end = (at(ms) for ms in scope.span)
    return sql.SQL(" and ").join(
        [
            sql.SQL("{} >= {}").format(sql.Identifier(model.time), _moment(start)),
            sql.SQL("{} < {}").format(sql.Identifier(model.time), _moment(end)),
            *scope.conditions(*model.key_columns),
        ]
    )


def _moment(time: datetime) -> sql.Composed:
    return sql.SQL("{}::timestamptz").format(time.isoformat())
