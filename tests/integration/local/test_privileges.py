"""Roles: each may do its work and no more."""

import secrets

import psycopg
import pytest

from tests.contents.roles import BRONZE, run


@pytest.fixture
def bronze(database):
    """A warehouse with a bronze schema made by loader and a mart by transformer."""
    run(database, "loader", BRONZE)
    mart = (
        "create table gold.mart as select 1 as n; grant select on gold.mart to analyst"
    )
    run(database, "transformer", mart)
    run(database, "transformer", "create table silver.model as select 1 as n")
    return database


ALLOWED = [
    ("loader", "insert into bronze_test.rows values (1)"),
    ("loader", "create schema bronze_another"),
    ("loader", "create temporary table t (n integer)"),
    (
        "loader",
        "insert into ops.deliveries values ('bronze_test', '1', 'a', 'rows')",
    ),
    ("loader", "update ops.deliveries set rows_count = 1 where load_id = '1'"),
    ("loader", "select * from ops.batches, ops.loads"),
    ("transformer", "select * from bronze_test.rows"),
    ("transformer", "create table silver.t (n integer)"),
    ("transformer", "create table reference.t (n integer)"),
    ("transformer", "create schema gold_scratch"),
    ("transformer", "insert into ops.batches (feed) values ('model')"),
    ("transformer", "delete from ops.consumed_batches"),
    ("transformer", "select ops.register_loads('bronze_test')"),
    ("analyst", "select * from gold.mart"),
    ("operator", "insert into config.exchanges values ('kraken')"),
    ("operator", "update config.thresholds set amount = 1"),
    ("operator", "delete from config.endpoints"),
    ("operator", "select * from config.instrument_choices()"),
    ("loader", "select * from config.exchanges, config.instrument_choices()"),
    ("cdc", "select * from config.exchanges, config.instruments"),
    ("cdc", "select * from config.endpoints, config.thresholds"),
    ("cdc", "create table cdc.offsets (n integer)"),
    ("cdc", "select cdc.note_running_transactions()"),
]


@pytest.mark.parametrize(("role", "query"), ALLOWED)
def test_a_role_may_do_its_work(bronze, role, query):
    run(bronze, role, query)


FORBIDDEN = [
    ("loader", "select * from gold.mart"),
    ("loader", "select * from silver.model"),
    ("loader", "delete from ops.deliveries"),
    ("loader", "update ops.deliveries set load_id = '2'"),
    ("loader", "insert into ops.batches (feed) values ('x')"),
    ("loader", "delete from ops.loads"),
    ("loader", "create table public.t (n integer)"),
    ("loader", "create table ops.t (n integer)"),
    ("transformer", "insert into bronze_test.rows values (1)"),
    ("transformer", "delete from bronze_test.rows"),
    ("transformer", "truncate bronze_test.rows"),
    ("transformer", "create table bronze_test.t (n integer)"),
    ("transformer", "insert into ops.loads select * from ops.loads"),
    ("transformer", "create table public.t (n integer)"),
    ("analyst", "select * from bronze_test.rows"),
    ("analyst", "select * from silver.model"),
    ("analyst", "select * from ops.batches"),
    ("analyst", "select ops.register_loads('bronze_test')"),
    ("analyst", "insert into gold.mart values (2)"),
    ("analyst", "create table gold.t (n integer)"),
    ("analyst", "create table public.t (n integer)"),
    ("analyst", "create temporary table t (n integer)"),
    ("analyst", "create schema mine"),
    ("analyst", "select * from config.exchanges"),
    ("transformer", "select * from config.exchanges"),
    ("loader", "insert into config.exchanges values ('kraken')"),
    ("loader", "update config.thresholds set amount = 1"),
    *(
        (role, query)
        for role in ("operator", "cdc")
        for query in (
            "select * from bronze_test.rows",
            "insert into bronze_test.rows values (1)",
            "select * from silver.model",
            "select * from gold.mart",
            "select * from ops.batches",
            "select ops.register_loads('bronze_test')",
            "select config.publish('config.exchanges')",
            "create table config.t (n integer)",
            "create table public.t (n integer)",
            "create temporary table t (n integer)",
            "create schema mine",
            "drop table config.exchanges",
            "alter table config.exchanges replica identity default",
            "alter table config.exchanges disable trigger all",
        )
    ),
    ("operator", "create table cdc.t (n integer)"),
    ("operator", "select cdc.note_running_transactions()"),
    ("loader", "select cdc.note_running_transactions()"),
    ("cdc", "insert into config.exchanges values ('kraken')"),
    ("cdc", "update config.exchanges set is_enabled = false"),
    ("cdc", "delete from config.exchanges"),
    ("cdc", "truncate config.exchanges"),
    ("cdc", "select * from config.listed_instruments('kraken')"),
]


@pytest.mark.parametrize(("role", "query"), FORBIDDEN)
def test_a_role_may_do_no_more(bronze, role, query):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(bronze, role, query)


def test_a_login_in_no_group_can_not_even_connect(database):
    name, password = f"login_{secrets.token_hex(4)}", secrets.token_hex(8)
    run(database, None, f"create role {name} login password '{password}'")
    try:
        stranger = {**database, "user": name, "password": password}
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            run(stranger, None, "select 1")
        run(database, None, f"grant analyst to {name}")
        assert run(stranger, None, "select current_user::text") == [(name,)]
    finally:
        run(database, None, f"drop role {name}")
