"""Bronze tables as the loader makes them, from the sources' own declarations."""

from pipelines.bronze.tables import DELIVERY_COLUMNS, Table
from pipelines.sources import declared
from pipelines.warehouse import Connection

TYPES = {
    "text": "varchar",
    "bigint": "bigint",
    "decimal": "numeric(38, 18)",
    "rate": "numeric(38, 36)",
    "bool": "boolean",
    "timestamp": "timestamptz",
    "bytes": "bytea",
}
LOADS = """
create table if not exists {schema}._dlt_loads (
    load_id text not null, schema_name text, status bigint not null,
    inserted_at timestamptz not null, schema_version_hash text
)
"""


def create_tables(connection: Connection, *, anew: bool = False) -> None:
    """Make the schemas of bronze and their tables; `anew` empties them first."""
    for schema, tables in declared().items():
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(LOADS.format(schema=schema))
        for table in tables:
            _create(connection, schema, table)
        if anew:
            names = ", ".join(f"{schema}.{t.name}" for t in tables)
            connection.execute(f"truncate {schema}._dlt_loads, {names}")


def _create(connection: Connection, schema: str, table: Table) -> None:
    columns = ", ".join(
        f"{c.name} {TYPES[c.data_type]}{'' if c.nullable else ' not null'}"
        for c in (*table.columns, *DELIVERY_COLUMNS)
    )
    name = f"{schema}.{table.name}"
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
