"""The connector of the stream, by what it writes into each event's `source`.

Who may write to a topic can write what it likes: an event of another connector, server,
database or table is refused. A file that is replayed may be of any.
https://debezium.io/documentation/reference/3.6/connectors/postgresql.html#postgresql-events
"""

from dataclasses import dataclass

from pipelines.sources.config_changes.envelope import SHOWN, Row, as_json
from pipelines.warehouse import Connection, scalar

CONNECTOR = "postgresql"


@dataclass(frozen=True)
class Connector:
    """`name` is what its topics begin with, `database` is where the tables stand."""

    name: str
    database: str

    @classmethod
    def of(cls, name: str, connection: Connection) -> "Connector":
        """The one that streams the database of a connection."""
        return cls(name, str(scalar(connection, "select current_database()")))

    def refuse_others(self, source: Row, table: str) -> None:
        """Refuse an event that it did not write, or not of `table`, with its schema.

        Raises:
            ValueError: names the field.
        """
        schema, _, name = table.partition(".")
        own = {
            "connector": CONNECTOR,
            "name": self.name,
            "db": self.database,
            "schema": schema,
            "table": name,
        }
        for field, value in own.items():
            if source.get(field) != value:
                sent = as_json(source.get(field))[:SHOWN]
                raise ValueError(
                    f"not written by the stream's connector: source.{field} is {sent},"
                    f" not {as_json(value)}"
                )
