"""Rows of a stream are appended with their position, both or neither, each once."""

import psycopg
import pytest

from pipelines import warehouse
from pipelines.bronze.append import Appender
from pipelines.bronze.tables import Column, Table
from tests.contents.roles import run

SCHEMA = "bronze_ticker"
TICKS = Table("ticks", (Column("tick_id", "bigint"), Column("price", "text")))
PAGES = Table("pages", (Column("until_id", "bigint"),))
HELD = """
select
    (select array_agg(t.tick_id order by t.tick_id) from bronze_ticker.ticks as t),
    (select max(p.until_id) from bronze_ticker.pages as p),
    (select array_agg(l.rows_count order by l.batch_id) from ops.loads as l)
"""


@pytest.fixture
def connection(database):
    with warehouse.connect("loader", "test") as one:
        yield one


def appender(connection, **options):
    one = Appender(connection, SCHEMA, **options)
    one.prepare([TICKS], "tick_id")
    one.prepare([PAGES])
    return one


def append(one, ticks, until_id):
    def write(delivery):
        return {
            "ticks": one.add_new(TICKS, [(n, "1.5") for n in ticks], delivery),
            "pages": one.add(PAGES, [(until_id,)], delivery),
        }

    return one.commit(write, bytes_count=7)


def test_what_is_held_is_left_out_and_each_batch_is_a_finished_load(
    database, connection
):
    first = append(appender(connection), [1, 2, 3], 3)
    again = append(appender(connection), [2, 3, 4, 4], 4)
    assert float(first) < float(again)
    assert run(database, None, HELD) == [([1, 2, 3, 4], 4, [4, 2])]
    names = (
        "select count(*), count(distinct (_dlt_load_id, delivery_file, delivery_row))"
    )
    assert run(database, "transformer", f"{names} from bronze_ticker.ticks") == [(4, 4)]
    noted = (
        "select table_name, rows_count, bytes_count from ops.deliveries order by 1, 2"
    )
    assert run(database, None, noted) == [
        ("pages", 1, 0),
        ("pages", 1, 0),
        ("ticks", 1, 7),
        ("ticks", 3, 7),
    ]
    batches = "select feed, load_id from ops.batches order by batch_id"
    assert run(database, None, batches) == [(SCHEMA, first), (SCHEMA, again)]


def test_what_fails_leaves_neither_rows_nor_position(database, connection):
    def fails(_delivery):
        raise ValueError("it can not be noted")

    append(appender(connection), [1], 1)
    with pytest.raises(ValueError, match="can not be noted"):
        append(appender(connection, noted=fails), [2], 2)
    with pytest.raises(psycopg.errors.NotNullViolation):
        append(appender(connection), [3], None)
    append(appender(connection), [2], 2)  # the connection goes on
    assert run(database, None, HELD) == [([1, 2], 2, [2, 2])]


def test_a_batch_is_told_on_its_schemas_channel(database, connection):
    with warehouse.connect("loader", "test") as listener:
        listener.execute("listen bullion_ticker")
        load_id = append(appender(connection), [1], 1)
        (notified,) = listener.notifies(timeout=5, stop_after=1)
    assert notified.payload == load_id
