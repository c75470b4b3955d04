"""The bronze destination: dlt's Postgres, with delivery files copied exactly once.

The one module that names the destination of loads. dlt reaches Postgres through
psycopg2; everything else here uses psycopg 3.
"""

from pathlib import Path
from typing import Any, cast

import psycopg2
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.destination.client import LoadJob
from dlt.common.destination.typing import PreparedTableSchema
from dlt.common.normalizers.naming import NamingConvention
from dlt.destinations import postgres
from dlt.destinations.exceptions import DatabaseTerminalException
from dlt.destinations.impl.postgres.configuration import PostgresClientConfiguration
from dlt.destinations.impl.postgres.factory import PostgresTypeMapper
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresCsvCopyJob
from dlt.destinations.impl.postgres.sql_client import Psycopg2SqlClient

from pipelines.bronze.delivery import file_id
from pipelines.warehouse import parameters, process_name

NOTE = """
insert into ops.deliveries (schema_name, load_id, file_id, table_name, bytes_count)
values (%s, %s, %s, %s, %s) on conflict do nothing
"""
COPY = "copy {table} ({columns}) from stdin with (format csv)"
COUNT = """
update ops.deliveries set rows_count = %s
where schema_name = %s and load_id = %s and file_id = %s
"""


class CopyOnce(PostgresCsvCopyJob):
    """Copies a delivery file and notes it in `ops.deliveries`, in one transaction.

    dlt repeats a job whose commit it did not see. The note's primary key makes the
    repetition do nothing; while an orphaned backend is still committing the first
    one, the second waits for it on that key.
    """

    def __init__(self, file_path: str, load_id: str) -> None:
        super().__init__(file_path)
        self._load_id = load_id

    def run(self) -> None:
        """Deliver the file, once.

        Raises:
            DatabaseTerminalException: the file was refused; no row of it stays.
        """
        path = Path(self._file_path)
        try:
            self._copy(self._job_client.sql_client, path)
        except (psycopg2.DataError, psycopg2.IntegrityError) as error:
            # without this dlt would try the same file again, for ever
            raise DatabaseTerminalException(error) from error

    def _copy(self, client: Psycopg2SqlClient, path: Path) -> None:
        delivery = (client.dataset_name, self._load_id, self._file_id(path))
        with (
            client.begin_transaction(),
            client.native_connection.cursor() as cursor,
            path.open("rb") as file,
        ):
            name = self.load_table_name
            _, _, part = delivery[-1].partition(".")
            noted = f"{name} of {part}" if part else name
            cursor.execute(NOTE, (*delivery, noted, path.stat().st_size))
            if cursor.rowcount:
                header = file.readline().decode().strip()
                table = client.make_qualified_table_name(name)
                cursor.copy_expert(COPY.format(table=table, columns=header), file)
                cursor.execute(COUNT, (cursor.rowcount, *delivery))

    def _file_id(self, path: Path) -> str:
        with path.open("rb") as file:
            file.readline()
            return file_id(file.readline()) or self.job_file_info().file_id


class BronzeClient(PostgresClient):
    """dlt's Postgres client, with delivery files copied exactly once."""

    def create_load_job(
        self,
        table: PreparedTableSchema,
        file_path: str,
        load_id: str,
        restore: bool = False,  # noqa: FBT001, FBT002  # dlt's signature
    ) -> LoadJob:
        """The job for a file of the package; CSV files are ours."""
        if file_path.endswith(".csv"):
            return CopyOnce(file_path, load_id)
        return super().create_load_job(table, file_path, load_id, restore)


class BronzeTypes(PostgresTypeMapper):
    """dlt's types in Postgres, with `text` for text: as the models' contracts say."""

    sct_to_unbound_dbt = PostgresTypeMapper.sct_to_unbound_dbt | {"text": "text"}
    dbt_to_sct = PostgresTypeMapper.dbt_to_sct | {"text": "text"}


class Bronze(postgres):
    """The destination of every load: the warehouse's bronze schemas."""

    def _raw_capabilities(self) -> DestinationCapabilitiesContext:
        capabilities = super()._raw_capabilities()
        capabilities.type_mapper = BronzeTypes
        return capabilities

    def capabilities(
        self,
        config: PostgresClientConfiguration | None = None,
        naming: NamingConvention | None = None,
    ) -> DestinationCapabilitiesContext:
        """As dlt's, which hang on nothing that is configured.

        dlt asks some seventeen times a load, and would look in all places for a
        configuration each time: a fifth of what a small load costs.
        """
        return super().capabilities(config or self.spec(), naming)

    @property
    def client_class(self) -> type[PostgresClient]:
        """The client that writes."""
        return BronzeClient


def destination() -> Bronze:
    """dlt's destination for the warehouse, as role `loader`."""
    connection = parameters("loader", process_name("load"))
    query = {k: connection[k] for k in ("options", "application_name")}
    return Bronze(
        credentials=cast(
            "dict[str, Any]",
            {
                "host": connection["host"],
                "port": int(connection["port"]),
                "database": connection["dbname"],
                "username": connection["user"],
                "password": connection["password"] or "",
                "query": query,
            },
        )
    )
