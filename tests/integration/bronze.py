"""Bronze tables as the loader makes them, from the source's own declaration."""

from pipelines.delivery import DELIVERY_COLUMNS, Table
from pipelines.sources.exchange.tables import TABLES
from pipelines.warehouse import Connection

TYPES = {
    "text": "varchar",
    "bigint": "bigint",
    "decimal": "numeric(38, 18)",
    "bool": "boolean",
    "timestamp": "timestamptz",
}
LOADS = """
create table if not exists bronze_exchange._dlt_loads (
    load_id text not null, schema_name text, status bigint not null,
    inserted_at timestamptz not null, schema_version_hash text
)
"""


def create_tables(connection: Connection, *, anew: bool = False) -> None:
    """Make `bronze_exchange` and its tables; `anew` empties them and `ops` first."""
    connection.execute("create schema if not exists bronze_exchange")
    connection.execute(LOADS)
    for table in TABLES:
        _create(connection, table)
    if anew:
        names = ", ".join(f"bronze_exchange.{t.name}" for t in TABLES)
        connection.execute(f"truncate bronze_exchange._dlt_loads, {names}")


def _create(connection: Connection, table: Table) -> None:
    columns = ", ".join(
        f"{c.name} {TYPES[c.data_type]}{'' if c.nullable else ' not null'}"
        for c in (*table.columns, *DELIVERY_COLUMNS)
    )
    name = f"bronze_exchange.{table.name}"
    connection.execute(f"create table if not exists {name} ({columns})")
    for keys in table.indexes:
        connection.execute(
            f"create index if not exists {table.name}_{'_'.join(keys)}_idx"
            f" on {name} ({', '.join(keys)})"
        )
    connection.execute(
        f"create index if not exists {table.name}_dlt_load_id_idx"
        f" on {name} using brin (_dlt_load_id)"
    )
