"""Bytes come back from Postgres exactly, by load and by stream."""

from collections.abc import Iterator, Sequence

from pipelines import warehouse
from pipelines.bronze.append import Appender
from pipelines.bronze.delivery import Resource, Rows
from pipelines.bronze.tables import Column, Table
from pipelines.sources import load

KEYS = Table(
    "keys",
    (Column("place", "bigint"), Column("key", "bytes", nullable=True)),
    indexes=(("key",),),
)
SENT = [bytes(range(256)), b"", None, b"\\x00", b"0x00", b',"\r\n', b"\0"]
TYPE = """
select format_type(a.atttypid, a.atttypmod) from pg_attribute as a
where a.attrelid = %s::regclass and a.attname = 'key'
"""


class Keys:
    name = "keys"
    tables: Sequence[Table] = (KEYS,)

    def __init__(self) -> None:
        self.failures: list[Exception] = []

    def lock_keys(self) -> Sequence[str]:
        return ["keys"]

    def resources(self) -> Sequence[Resource]:
        return [Resource("keys", self.rows)]

    def rows(self) -> Iterator[Rows]:
        rows = [{"place": place, "key": key} for place, key in enumerate(SENT)]
        yield Rows.of(KEYS, rows)


def held(schema):
    with warehouse.connect(None, "test") as connection:
        types = connection.execute(TYPE, (f"{schema}.keys",)).fetchall()
        select = f"select key from {schema}.keys order by delivery_file, place"
        return types, [key for (key,) in connection.execute(select).fetchall()]


def test_bytes_empty_bytes_and_null_come_back_from_a_load_as_they_were(database):
    load.load(Keys())
    load.load(Keys())  # into the table as dlt finds it

    assert held("bronze_keys") == ([("bytea",)], SENT * 2)


def test_bytes_empty_bytes_and_null_come_back_from_a_stream_as_they_were(database):
    with warehouse.connect("loader", "test") as connection:
        one = Appender(connection, "bronze_stream")
        one.prepare([KEYS])
        one.commit(lambda delivery: {"keys": one.add(KEYS, enumerate(SENT), delivery)})

    assert held("bronze_stream") == ([("bytea",)], SENT)
