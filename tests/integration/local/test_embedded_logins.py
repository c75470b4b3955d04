"""The embedded server's logins: a process holds its role's rights and no others."""

from contextlib import suppress
from typing import get_args

import psycopg
import pytest

from pipelines import warehouse
from pipelines.local import postgres, role_logins, stack
from tests.services import command
from tests.services.embedded import up

# ways back to who logged in, and beyond
WAYS = (
    "set role none",
    "reset role",
    "reset session authorization",
    "set session authorization bullion",
    "set role bullion",
    "set role loader; set role none",
)
WRITES = (
    "create schema mine",
    "create table gold.mine (n integer)",
    "alter role bullion_analyst superuser",
    "copy (select 1) to program 'true'",
    "set default_transaction_read_only = off; update ops.loads set rows_count = 0",
    "select ops.register_loads('bronze_exchange')",
)


@pytest.mark.parametrize("role", role_logins.ROLES)
def test_a_process_logs_in_as_its_role_and_can_become_nothing_else(home, role):
    up()
    with warehouse.connect(role, "test") as connection:
        who = "select session_user::text, current_user::text"
        assert connection.execute(who).fetchone() == (f"bullion_{role}", role)
        for way in WAYS:
            for statement in way.split("; "):
                with suppress(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
            rights = "select rolsuper or rolcreaterole from pg_roles where rolname = "
            assert connection.execute(rights + "current_user").fetchone() == (False,)
            others = [other for other in role_logins.ROLES if other != role]
            is_in = "select pg_has_role(current_user, %s, 'member')"
            for other in others:
                assert connection.execute(is_in, (other,)).fetchone() == (False,)


@pytest.mark.slow(60)
def test_bullion_sql_reads_gold_and_writes_nothing_whatever_it_is_told(home):
    up()
    who = "select session_user, current_user"
    told = command.bullion("sql", "--csv", "-c", who, environment={})
    assert told.split()[-1] == "bullion_analyst,analyst"
    for way in ("set role none", "reset session authorization"):
        for write in WRITES:
            done = command.refused("sql", "-c", f"{way}; {write}", environment={})
            assert "permission denied" in done.stderr or "read-only" in done.stderr
    with psycopg.connect(**postgres.connection()) as connection:
        superusers = "select array_agg(rolname::text) from pg_roles where rolsuper"
        assert connection.execute(superusers).fetchone() == (["bullion"],)


def test_secrets_of_the_logins_are_their_owners_alone_and_kept(home):
    up()
    files = [home / "postgres" / f"{role}.password" for role in role_logins.ROLES]
    kept = [file.read_text() for file in files]
    assert len(set(kept)) == len(files)
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    up()
    assert [file.read_text() for file in files] == kept
    for role in get_args(warehouse.Role):
        warehouse.connect(role, "test").close()
    stack.down(delete=True)
    assert not any(file.exists() for file in files)


def test_a_login_is_made_again_where_the_server_has_lost_it(home):
    up()
    with psycopg.connect(**postgres.connection(), autocommit=True) as connection:
        connection.execute("drop role bullion_analyst")
    up()
    warehouse.connect("analyst", "test").close()
