"""The load: a source's rows into its bronze schema, each delivery exactly once.

A run that was killed leaves behind what it had finished extracting; the next load of
anything delivers that first. What had not been fetched whole is fetched again, since
the cursor of every series is what bronze holds.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import dlt
import psycopg
from psycopg.rows import class_row

from pipelines import warehouse
from pipelines.bronze import ddl, delivery
from pipelines.bronze.delivery import Resource, Rows, Source
from pipelines.bronze.run import Run
from pipelines.bronze.tables import DELIVERY_COLUMNS, Table
from pipelines.errors import BadDataError, UpstreamError

Say = Callable[[str], None]
Seen = Callable[[str, Rows], None]
Begun = Callable[[str], None]
Declared = Callable[[], Mapping[str, Sequence[Table]]]


@dataclass(frozen=True)
class LoadFacts:
    """A load's rows, requests and seconds: a row of `ops.loads`."""

    schema_name: str
    load_id: str
    rows_count: int
    bytes_count: int
    requests_count: int
    weight_spent: int
    seconds: Decimal


def load(
    declared: Declared,
    source: Source,
    *,
    wait_s: float = 0,
    say: Say = lambda _: None,
    seen: Seen = lambda _resource, _rows: None,
    begun: Begun = lambda _load_id: None,
) -> LoadFacts | None:
    """Extract `source` and deliver it; None when it had nothing to deliver.

    The tables that are `declared`, by schema, are made first where they are missing.

    Resources that fail leave their error in `source.failures`; the rows of the others
    are loaded. `seen` is called with every frame as it is extracted, `begun` with the
    load id before the first one, once for each resource.

    Raises:
        BusyError: another process loads one of the series, and `wait_s` is over.
        BadDataError: the warehouse refused a file; its folder is kept and named.
        UpstreamError: the warehouse did not answer; the next load goes on from here.
    """
    schema = f"bronze_{source.name}"
    keys = [f"load {source.name} {key}" for key in source.lock_keys()]
    work = f"load {source.name}"
    with (
        warehouse.locked(keys, work, wait_s=wait_s, say=say) as connection,
        _answering(),
    ):
        recover(connection, say)
        register(connection, schema)  # a run may have died between its load and this
        ddl.declare(connection, {**declared(), schema: source.tables})
        resources = source.resources()
        if not resources:
            return None
        run = Run.new(source.name)
        if not warehouse.try_lock(
            connection, run.lock
        ):  # pragma: no cover  # a new name
            raise BadDataError(f"{run.lock} is taken")
        load_id = run.extract([_as_dlt(run, r, source, seen, begun) for r in resources])
        with _in_turn_at_first(connection, schema):
            run.deliver()
        for resource in resources:
            resource.delivered()
        ddl.index(connection, schema, source.tables)
        return facts(connection, schema, load_id)


def recover(connection: warehouse.Connection, say: Say = lambda _: None) -> int:
    """Deliver what runs that died had extracted; how many there were."""
    count = 0
    for run in Run.left():
        with warehouse.trying(connection, run.lock) as is_ours:
            if is_ours and run.folder.exists():
                if run.has_packages:
                    say(f"delivering what a run that died left: {run.folder.name}")
                    count += 1
                schema = f"bronze_{run.source_name}"
                with _in_turn_at_first(connection, schema):
                    run.deliver()
                register(connection, schema)
    return count


def register(connection: warehouse.Connection, schema: str) -> int:
    """Note finished loads of `schema` in `ops`; how many were new. Idempotent."""
    row = connection.execute("select ops.register_loads(%s)", (schema,)).fetchone()
    return int(row[0]) if row else 0


def facts(
    connection: warehouse.Connection, schema: str, load_id: str
) -> LoadFacts | None:
    """The load's row of `ops.loads`; None if it is not finished."""
    register(connection, schema)
    with connection.cursor(row_factory=class_row(LoadFacts)) as cursor:
        return cursor.execute(
            "select schema_name, load_id, rows_count, bytes_count, requests_count,"
            " weight_spent, round(seconds, 3) as seconds from ops.loads"
            " where schema_name = %s and load_id = %s",
            (schema, load_id),
        ).fetchone()


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise UpstreamError(f"the warehouse did not answer: {error}") from error


@contextmanager
def _in_turn_at_first(connection: warehouse.Connection, schema: str) -> Iterator[None]:
    """Until dlt's own tables are there, one load at a time makes them.

    Two that made them at once were seen to fail: `pg_type_typname_nsp_index`.
    """
    key = f"first load of {schema}"
    if warehouse.has_table(connection, f"{schema}._dlt_loads"):
        yield
        return
    while True:
        with warehouse.trying(connection, key) as is_ours:
            if is_ours:
                yield
                return
        time.sleep(warehouse.RETRY_S)


def _as_dlt(
    run: Run, resource: Resource, source: Source, seen: Seen, begun: Begun
) -> Any:
    columns = {
        table.name: [c.as_dlt() for c in (*table.columns, *DELIVERY_COLUMNS)]
        for table in source.tables
    }

    def files() -> Iterator[Any]:
        load_id = dlt.current.load_package_state()["load_id"]
        run.begin(load_id)
        begun(load_id)
        for rows in resource.rows():
            path = delivery.write(rows, load_id, run.folder / "files")
            seen(resource.name, rows)
            # the item that goes with an imported file is how dlt learns its table
            yield dlt.mark.with_file_import(
                str(path), "csv", rows.frame.height, hints=rows.table.name
            )

    return dlt.resource(
        files,
        name=resource.name,
        table_name=lambda table: table,
        columns=lambda table: columns[table],
        write_disposition="append",
        parallelized=True,
    )
