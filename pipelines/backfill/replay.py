"""Replay: silver and gold of a span, built again from bronze, and what that changed.

The loads of the span's rows are issued again as batches, and the rows of
every incremental model are marked as changed; the next transform then computes them
anew, each from what lies above it, and writes only where a value differs. Nobody sees
a hole meanwhile, and a replay that is killed leaves work for the next transform.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import sql

from pipelines import warehouse
from pipelines.backfill.models import (
    Hashes,
    Model,
    incremental_models,
    inside,
    row_hashes,
)
from pipelines.backfill.spoken_for import Scope, spoken_for
from pipelines.bronze.load import Say
from pipelines.config.span import check_numbers, parse_span
from pipelines.errors import SetupError
from pipelines.upstream.extents import to_ms

ISSUE_AGAIN = Path(__file__).with_name("issue_again.sql").read_text("utf-8")
HIGHEST = (1 << 63) - 1
WAIT_S = 600.0  # for a transform that is under way


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


def parse_numbers(scopes: Sequence[str], first: int | None, end: int | None) -> Scope:
    """What a command line says of scopes whose rows lie by number; all without a span.

    Raises:
        SetupError: a number is below 0, or the span is empty.
    """
    check_numbers(first, end)
    return Scope((first or 0, HIGHEST if end is None else end), (), scopes, "number")


@dataclass(frozen=True)
class Changed:
    """A part of a series whose rows are others than before: a day, a thousand numbers.

    Attributes:
        part: where it begins.
    """

    model: str
    series: str
    part: str
    rows_before: int
    rows_after: int


@dataclass
class Replayed:
    """A replay's rows of the span, and the parts that it changed."""

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
        message = f"changed: {len(self.changed)} parts of {built}"
        if self.loads_meanwhile:
            message += (
                f"; {self.loads_meanwhile} loads ended meanwhile, and what they brought"
                " is among it"
            )
        return message


def replay(
    scope: Scope, transform: Callable[[], object], *, say: Say = lambda _: None
) -> Replayed:
    """Build the span again; the result has what it changed.

    `transform` builds silver and gold from what was loaded. It runs once before, so
    that what was loaded and not built yet is no change, and once after.

    Raises:
        SetupError: nothing is built yet.
        BusyError: another transform runs, and does not end.
    """
    transform()
    with _locked(say) as connection, connection.transaction():
        connection.execute("set local timezone = 'UTC'")
        models = incremental_models(connection, scope)
        if not models:
            raise SetupError("nothing is built yet: bullion transform")
        before = row_hashes(connection, models, scope)
        loads = _count_loads(connection)
        loads_count = issue_again(connection, models, scope)
    say(f"building {len(models)} models again, from {loads_count} loads")
    transform()
    with _locked(say) as connection:
        after = row_hashes(connection, models, scope)
        loads_meanwhile = _count_loads(connection) - loads
    return Replayed(
        models_count=len(models),
        loads_count=loads_count,
        rows_count=sum(count for count, _ in after.values()),
        loads_meanwhile=loads_meanwhile,
        changed=_changes(before, after),
    )


def issue_again(
    connection: warehouse.Connection, models: Sequence[Model], scope: Scope
) -> int:
    """Let every model of the span be built again; how many loads are taken in again."""
    for model in models:
        connection.execute(
            sql.SQL(
                "with touched as ("
                " insert into ops.batches (feed) values ({name}) returning batch_id)"
                " update {relation} set changed_in = touched.batch_id"
                " from touched where {inside}"
            ).format(
                name=model.name, relation=model.relation, inside=inside(model, scope)
            )
        )
    query = sql.SQL(ISSUE_AGAIN).format(spoken_for=spoken_for(connection, scope))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _count_loads(connection: warehouse.Connection) -> int:
    """How many loads have been registered."""
    row = connection.execute("select count(*) from ops.loads").fetchone()
    return int(row[0]) if row else 0


def _locked(say: Say) -> Any:
    """The warehouse as transformer, while no transform runs."""
    return warehouse.locked(
        ["transform"], "replay", role="transformer", wait_s=WAIT_S, say=say
    )


def _changes(before: Hashes, after: Hashes) -> list[Changed]:
    return [
        Changed(*key, before.get(key, (0, 0))[0], after.get(key, (0, 0))[0])
        for key in sorted(set(before) | set(after))
        if before.get(key) != after.get(key)
    ]
