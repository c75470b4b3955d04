"""ops.register_loads: finished loads become batches, each once, with their facts."""

import threading

import psycopg
import pytest

from tests.contents.roles import BRONZE, acting, run

REGISTER = "select ops.register_loads('bronze_test')"
FACTS = """
select l.load_id, b.feed, l.rows_count, l.bytes_count, l.requests_count,
    l.weight_spent, l.seconds::text
from ops.loads as l
inner join ops.batches as b on l.batch_id = b.batch_id
order by l.load_id::numeric
"""


@pytest.fixture
def bronze(database):
    run(database, "loader", BRONZE)
    return database


def finish(parameters, load_id, *, status=0, seconds="12.5"):
    run(
        parameters,
        "loader",
        f"insert into bronze_test._dlt_loads values ('{load_id}', 'bronze_test',"
        f" {status}, to_timestamp({load_id}::numeric + {seconds}))",
    )


def test_a_schema_without_loads_has_none(database):
    assert run(database, "loader", REGISTER) == [(0,)]


def test_a_finished_load_is_registered_once_with_its_facts(bronze):
    run(
        bronze,
        "loader",
        """
        insert into ops.deliveries
            (schema_name, load_id, file_id, table_name, rows_count, bytes_count)
        values
            ('bronze_test', '1763681234.5', 'a', 'rows', 10, 100),
            ('bronze_test', '1763681234.5', 'b', 'rows', 5, 50),
            ('bronze_other', '1763681234.5', 'c', 'rows', 1000, 1000);
        insert into bronze_test.requests values
            ('1763681234.5', 2), ('1763681234.5', 3), ('another', 7);
        """,
    )
    finish(bronze, "1763681234.5")
    finish(bronze, "1763681234.5")  # twice in _dlt_loads, after a kill
    finish(bronze, "1763681299.0", status=1)  # not finished
    assert run(bronze, "loader", REGISTER) == [(1,)]
    assert run(bronze, "transformer", REGISTER) == [(0,)]
    assert run(bronze, "loader", FACTS) == [
        ("1763681234.5", "bronze_test", 15, 150, 2, 5, "12.500000")
    ]


def test_a_load_that_brought_nothing_and_asked_nothing_has_zeros(bronze):
    run(bronze, "loader", "drop table bronze_test.requests")
    finish(bronze, "100.5")
    assert run(bronze, "loader", REGISTER) == [(1,)]
    assert run(bronze, "loader", FACTS)[0][2:6] == (0, 0, 0, 0)


def test_batches_are_numbered_in_the_order_of_the_loads(bronze):
    for load_id in ("999.5", "1000.5", "98.5"):
        finish(bronze, load_id)
    run(bronze, "loader", REGISTER)
    order = "select load_id from ops.batches order by batch_id"
    assert run(bronze, "loader", order) == [("98.5",), ("999.5",), ("1000.5",)]


def test_two_at_once_register_a_load_once(bronze):
    for number in range(200):
        finish(bronze, f"{1000 + number}.5")
    counts = []

    def work():
        counts.append(run(bronze, "loader", REGISTER)[0][0])

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(counts) == 200
    with acting(bronze) as connection:
        counted = "select count(*) from ops.loads"
        assert connection.execute(counted).fetchone() == (200,)


@pytest.mark.parametrize("name", ["public", "gold", "bronze_x; drop table t", ""])
def test_only_bronze_schemas_are_read(database, name):
    refused = pytest.raises(psycopg.errors.RaiseException, match="bronze schema")
    with acting(database, "loader") as connection, refused:
        connection.execute("select ops.register_loads(%s)", (name,))


def test_a_view_in_the_place_of_the_loads_is_not_read_with_the_owners_rights(bronze):
    run(
        bronze,
        "loader",
        """
        create schema bronze_trap;
        create table bronze_trap.seen (reader text);
        create function bronze_trap.escalate() returns text language sql
        as 'insert into bronze_trap.seen values (current_user) returning reader';
        create view bronze_trap._dlt_loads as
        select bronze_trap.escalate() as load_id, 0 as status, now() as inserted_at;
        """,
    )
    run(bronze, "loader", "select ops.register_loads('bronze_trap')")
    seen = run(bronze, "loader", "select distinct reader from bronze_trap.seen")
    assert seen == [("loader",)]
