"""The embedded server's logins: one for each role, in that role and in no other.

A process logs in as what it does, so that `set role none` gives it nothing more. The
secrets are generated, and lie beside that of the server's owner.
"""

import secrets
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from pipelines.errors import SetupError
from pipelines.local import postgres_connection
from pipelines.local.account import own_account
from pipelines.local.postgres_cluster import SUPERUSER

Connection = psycopg.Connection[tuple[Any, ...]]

ROLES = ("loader", "transformer", "analyst", "operator")

IS_THERE: LiteralString = "select exists (select from pg_roles where rolname = %s)"
CREATE: LiteralString = "create role {login} login in role {role}"
LIMIT: LiteralString = """
select ops.limit_files(r.rolname) from pg_roles as r
where starts_with(r.rolname, %s) and ops.is_person(r.oid)
"""
GIVE: LiteralString = "alter role {login} with login password {hashed}"


def name_of(role: str) -> str:
    """What the role's login is called."""
    return f"{SUPERUSER}_{role}"


def make(data_dir: Path) -> None:
    """Have a login for each role, with the secret that is kept. Idempotent."""
    owner = postgres_connection.parameters(data_dir)
    with psycopg.connect(**owner) as connection:
        for role in ROLES:
            kept = _secret_file(data_dir, role)
            if not kept.exists():
                own_account().write(kept, secrets.token_urlsafe(32))
            _make(connection, role, kept.read_text(encoding="utf-8"))
        connection.execute(LIMIT, (f"{SUPERUSER}_",))


def parameters(data_dir: Path, role: str) -> postgres_connection.Parameters:
    """libpq's parameters of the role's login.

    Raises:
        SetupError: it was not made yet.
    """
    try:
        password = _secret_file(data_dir, role).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SetupError(
            f"the embedded Postgres has no login for {role} yet: run `bullion up`"
        ) from None
    owner = postgres_connection.parameters(data_dir)
    return postgres_connection.Parameters(
        {**owner, "user": name_of(role), "password": password}
    )


def set_password(connection: Connection, login: str, password: str) -> None:
    """Give `login` the password; the server gets its hash alone."""
    hashed = connection.pgconn.encrypt_password(
        password.encode(), login.encode(), b"scram-sha-256"
    )
    words = {"login": sql.Identifier(login), "hashed": sql.Literal(hashed.decode())}
    connection.execute(sql.SQL(GIVE).format(**words))


def _make(connection: Connection, role: str, password: str) -> None:
    login = name_of(role)
    (is_there,) = connection.execute(IS_THERE, (login,)).fetchone() or (False,)
    if not is_there:
        words = {"login": sql.Identifier(login), "role": sql.Identifier(role)}
        connection.execute(sql.SQL(CREATE).format(**words))
    set_password(connection, login, password)


def _secret_file(data_dir: Path, role: str) -> Path:
    return data_dir / postgres_connection.NAME / f"{role}.password"
