"""What a person's session can not take: connections, room, locks, other databases."""

import secrets
from contextlib import ExitStack

import psycopg
import pytest

from pipelines import bootstrap, warehouse
from tests.contents.roles import acting, run

REFUSED = psycopg.errors.InsufficientPrivilege
SETTINGS = "select setting from pg_settings where name = '{}'"


@pytest.fixture(params=["analyst", "operator"])
def person(request, database):
    """A login in one of the roles for people."""
    yield from made(database, request.param)


@pytest.fixture
def analyst(database):
    yield from made(database, "analyst")


def made(database, roles):
    name, password = f"person_{secrets.token_hex(4)}", secrets.token_hex(8)
    words = f"login password '{password}' in role {roles}"
    run(database, None, f"create role {name} {words}")
    yield {**database, "user": name, "password": password}
    run(database, None, f"drop role {name}")


def setting(known, name):
    return run(known, None, SETTINGS.format(name))[0][0]


def test_a_persons_statements_and_idle_transactions_end(person):
    assert setting(person, "statement_timeout") == "300000"
    assert setting(person, "idle_in_transaction_session_timeout") == "300000"


@pytest.mark.parametrize(
    "way", ["set temp_file_limit = -1", "reset all", "discard all"]
)
def test_a_persons_temporary_files_are_limited_whatever_he_says(person, way):
    assert setting(person, "temp_file_limit") == str(4 << 20)  # from the first session
    with psycopg.connect(**person, autocommit=True) as connection:
        try:
            connection.execute(way)
        except REFUSED:
            assert way.startswith("set")
        found = connection.execute(SETTINGS.format("temp_file_limit")).fetchone()
        assert found == (str(4 << 20),)


def test_a_session_that_only_reads_is_limited_too(database, person):
    read_only = {**person, "options": "-c default_transaction_read_only=on"}
    psycopg.connect(**read_only).close()
    bootstrap.apply(**database)
    with psycopg.connect(**read_only, autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute("reset all")
        found = connection.execute(SETTINGS.format("temp_file_limit")).fetchone()
        assert found == (str(4 << 20),)


def test_people_leave_connections_to_the_loads(database, analyst):
    with ExitStack() as stack:
        refused = []
        for _ in range(30):
            try:
                stack.enter_context(psycopg.connect(**analyst))
            except psycopg.OperationalError as error:
                refused.append(str(error))
        assert len(refused) == 10
        assert all("too many connections of people" in reason for reason in refused)
        with warehouse.connect("loader", "test") as connection:
            connection.execute("select 1")


def test_who_loads_or_transforms_is_not_limited(database):
    for roles in ("loader", "transformer", "analyst, transformer"):
        (worker,) = list(known_limits(database, roles))
        assert worker == ("0", "0", "-1")


def known_limits(database, roles):
    for known in made(database, roles):
        names = ("statement_timeout", "idle_in_transaction_session_timeout")
        yield tuple(setting(known, name) for name in (*names, "temp_file_limit"))


@pytest.mark.parametrize(
    "query",
    [
        "select lo_create(0)",
        "select lo_creat(-1)",
        "select lo_from_bytea(0, 'x')",
        "select lo_put(1, 0, 'x')",
        "select lo_open(1, 131072)",
        "select lowrite(0, 'x')",
        "select lo_unlink(1)",
        "select pg_advisory_lock(1)",
        "select pg_advisory_lock(1, 2)",
        "select pg_advisory_lock_shared(1)",
        "select pg_advisory_xact_lock(1)",
        "select pg_try_advisory_lock(1)",
        "select pg_try_advisory_xact_lock_shared(1, 2)",
        "select pg_advisory_unlock_all()",
        "select pg_logical_emit_message(false, 'bullion heartbeat', '0')",
    ],
)
def test_a_person_writes_no_large_object_and_takes_no_lock(person, query):
    with pytest.raises(REFUSED):
        run(person, None, query)


def test_a_lock_that_a_load_uses_is_free_whatever_people_try(database, analyst):
    key = "load exchange kraken BTC/USD"
    with psycopg.connect(**analyst, autocommit=True) as connection:
        with pytest.raises(REFUSED):
            connection.execute(
                "select pg_advisory_lock(hashtextextended(%s, 0))", (key,)
            )
        with warehouse.locked([key], "test") as lock:
            assert warehouse.holder(lock, key).startswith("bullion test")


def test_the_heartbeat_is_written_by_the_connector_alone(database):
    said = "select pg_logical_emit_message(false, 'bullion heartbeat', '0')"
    run(database, "cdc", said)
    for role in ("loader", "transformer", "analyst", "operator"):
        with pytest.raises(REFUSED):
            run(database, role, said)


@pytest.mark.parametrize("other", ["postgres", "template1"])
@pytest.mark.parametrize("roles", ["analyst", "operator", "loader", "transformer"])
def test_the_other_databases_are_closed_to_the_roles(database, roles, other):
    for known in made(database, roles):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            run({**known, "dbname": other}, None, "select 1")


def test_who_could_log_in_to_another_database_still_can(server, database):
    with acting(server) as connection:
        connection.execute("create role stranger login password 'x'")
        connection.execute("grant connect on database postgres to public")
        try:
            bootstrap.apply(**database)
            stranger = {**server, "user": "stranger", "password": "x"}
            assert run({**stranger, "dbname": "postgres"}, None, "select 1") == [(1,)]
            public = "select has_database_privilege('public', 'postgres', 'connect')"
            assert connection.execute(public).fetchone() == (False,)
        finally:
            connection.execute("revoke connect on database postgres from stranger")
            connection.execute("drop role stranger")


def test_two_sessions_that_log_in_at_once_both_do(analyst):
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(psycopg.connect(**analyst))
