"""Replay: silver and gold of a span, built again from bronze, and what that changed.

The loads that brought the span's rows are issued again as batches, and the rows of
every incremental model are marked as changed; the next transform then computes them
anew, each from what lies above it, and writes only where a value differs. Nobody sees
a hole meanwhile, and a replay that is killed leaves work for the next transform.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString

from psycopg import sql

from pipelines import warehouse
from pipelines.backfill.spoken_for import Scope, spoken_for
from pipelines.bronze.load import Say
from pipelines.config.span import parse_span
from pipelines.errors import SetupError
from pipelines.sources import feeds
from pipelines.upstream.extents import at, to_ms

ISSUE_AGAIN = Path(__file__).with_name("issue_again.sql").read_text("utf-8")
WAIT_S = 600.0  # for a transform that is under way

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


def parse_scope(
    since: str,
    until: str,
    subjects: Sequence[str] | None = None,
    scopes: Sequence[str] | None = None,
) -> Scope:
    """What a command line says.

    Raises:
        SetupError: a time is not ISO UTC, or the span is empty.
    """
    start, end = parse_span(since, until)
    if start.at is None or end is None:
        raise SetupError(f"--since {since}: a replay begins at a time")
    return Scope((to_ms(start.at), to_ms(end)), subjects or (), scopes or ())


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


@dataclass(frozen=True)
class Changed:
    """A day of a series whose rows are others than before."""

    model: str
    series: str
    date: str
    rows_before: int
    rows_after: int


@dataclass
class Replayed:
    """What a replay did: rows of the span, and the days that it changed."""

    models_count: int
    loads_count: int
    rows_count: int
    loads_meanwhile: int
    changed: list[Changed] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """What came of it."""
        built = f"{self.rows_count:,} rows of {self.models_count} models"
        if not self.changed:
            return f"unchanged: {built}, from {self.loads_count} loads"
        told = f"changed: {len(self.changed)} days of {built}"
        if self.loads_meanwhile:
            told += (
                f"; {self.loads_meanwhile} loads ended meanwhile, and what they brought"
                " is among it"
            )
        return told


Day = tuple[str, str, str]  # model, series, date
Hashes = dict[Day, tuple[int, int]]


def replay(
    scope: Scope, transform: Callable[[], object], *, say: Say = lambda _: None
) -> Replayed:
    """Build the span again, and say what it changed.

    `transform` builds silver and gold from what was loaded. It runs once before, so
    that what was loaded and not built yet is no change, and once after.

    Raises:
        SetupError: nothing is built yet.
        BusyError: another transform runs, and does not end.
    """
    transform()
    with _locked(say) as connection, connection.transaction():
        connection.execute("set local timezone = 'UTC'")
        found = models(connection, scope)
        if not found:
            raise SetupError("nothing is built yet: bullion transform")
        before = hashes(connection, found, scope)
        loads = _loads(connection)
        loads_count = issue_again(connection, found, scope)
    say(f"building {len(found)} models again, from {loads_count} loads")
    transform()
    with _locked(say) as connection:
        after = hashes(connection, found, scope)
        loads_meanwhile = _loads(connection) - loads
    return Replayed(
        models_count=len(found),
        loads_count=loads_count,
        rows_count=sum(count for count, _ in after.values()),
        loads_meanwhile=loads_meanwhile,
        changed=_changes(before, after),
    )


def models(connection: warehouse.Connection, scope: Scope) -> list[Model]:
    """The incremental models whose rows lie in time, silver first.

    One that has no series has none of those that are named.
    """
    known = dict.fromkeys(feed.key_columns for feed in feeds().values())
    found = []
    for schema, name, columns in connection.execute(MODELS).fetchall():
        time = next((column for column in TIMES if column in columns), None)
        if time is not None:
            rest = tuple(sorted(set(columns) - {"changed_in"}))
            key = next((names for names in known if set(names) <= set(columns)), ())
            if key or not scope.is_narrowed:
                found.append(Model(schema, name, time, rest, key))
    return found


def hashes(
    connection: warehouse.Connection, found: Sequence[Model], scope: Scope
) -> Hashes:
    """Rows and their hash, by model, series and day; the order of rows counts not."""
    hashed: Hashes = {}
    for model in found:
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
            inside=_inside(model, scope),
        )
        for series, date, count, total in connection.execute(query):
            hashed[f"{model.schema}.{model.name}", series, date] = (count, total)
    return hashed


def issue_again(
    connection: warehouse.Connection, found: Sequence[Model], scope: Scope
) -> int:
    """Let every model of the span be built again; how many loads are taken in again."""
    for model in found:
        connection.execute(
            sql.SQL(
                "with touched as ("
                " insert into ops.batches (feed) values ({name}) returning batch_id)"
                " update {relation} set changed_in = touched.batch_id"
                " from touched where {inside}"
            ).format(
                name=model.name, relation=model.relation, inside=_inside(model, scope)
            )
        )
    query = sql.SQL(ISSUE_AGAIN).format(spoken_for=spoken_for(connection, scope))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _loads(connection: warehouse.Connection) -> int:
    """How many loads have been registered."""
    row = connection.execute("select count(*) from ops.loads").fetchone()
    return int(row[0]) if row else 0


def _locked(say: Say) -> Any:
    """The warehouse as transformer, while no transform runs."""
    return warehouse.locked(
        ["transform"], "replay", role="transformer", wait_s=WAIT_S, say=say
    )


def _inside(model: Model, scope: Scope) -> sql.Composed:
    start, end = (at(ms) for ms in scope.span)
    return sql.SQL(" and ").join(
        [
            sql.SQL("{} >= {}").format(sql.Identifier(model.time), _moment(start)),
            sql.SQL("{} < {}").format(sql.Identifier(model.time), _moment(end)),
            *scope.conditions(model.key_columns),
        ]
    )


def _moment(time: datetime) -> sql.Composed:
    return sql.SQL("{}::timestamptz").format(time.isoformat())


def _changes(before: Hashes, after: Hashes) -> list[Changed]:
    return [
        Changed(*key, before.get(key, (0, 0))[0], after.get(key, (0, 0))[0])
        for key in sorted(set(before) | set(after))
        if before.get(key) != after.get(key)
    ]
