"""The warehouse: how it is reached and locked.

Processes log in as, or assume, a role for what they do: `loader` writes bronze,
`transformer` builds silver and gold, `analyst` reads gold, `operator` writes the
configuration.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal, LiteralString
from urllib.parse import quote

import psycopg
from psycopg import sql

from pipelines.errors import BusyError
from pipelines.local.postgres import warehouse_parameters

Role = Literal["loader", "transformer", "analyst", "operator"]
Connection = psycopg.Connection[tuple[Any, ...]]
Query = LiteralString | sql.SQL | sql.Composed

CONNECT_TIMEOUT_S = 30  # psycopg's own is 130
RETRY_S = 0.2  # how often a waiting process asks for a lock again
# A process that was killed holds its locks until its backend has noticed: whoever
# comes next waits so long at least, and asks more often meanwhile.
ENDING_S = 1.0
ENDING_RETRY_S = 0.02

READER_OPTIONS = (
    "-c role=analyst -c search_path=gold -c timezone=UTC"
    " -c default_transaction_read_only=on"
)


def parameters(role: Role | None, application_name: str) -> dict[str, Any]:
    """libpq's connection parameters, acting as `role` where one is given.

    Raises:
        SetupError: no server is named and the embedded one does not run.
    """
    options = "-c timezone=UTC" + (f" -c role={role}" if role else "")
    return {
        **warehouse_parameters(role),
        "options": options,
        "application_name": application_name,
        "connect_timeout": CONNECT_TIMEOUT_S,
    }


def environment(role: Role | None = None) -> dict[str, str]:
    """libpq's own variables of the warehouse, for psql, dbt and other children.

    They log in as the owner, or as `role` where that has a login of its own.
    """
    names = {"host": "HOST", "port": "PORT", "dbname": "DATABASE", "user": "USER"}
    known = warehouse_parameters(role)
    found = {f"PG{name}": str(known[key]) for key, name in names.items()}
    return found | ({"PGPASSWORD": known["password"]} if known["password"] else {})


def addresses(role: Role) -> dict[str, str]:
    """The warehouse's address as clients write it, acting as `role`; with the password.

    Raises:
        SetupError: no server is named and the embedded one does not run.
    """
    known = warehouse_parameters(role)
    user, password = (quote(str(known[k] or ""), safe="") for k in ("user", "password"))
    acting = READER_OPTIONS if role == "analyst" else f"-c role={role} -c timezone=UTC"
    options = quote(acting, safe="")
    place = f"{known['host']}:{known['port']}/{quote(str(known['dbname']), safe='')}"
    address = f"{user}:{password}@{place}?options={options}"
    login = f"user={user}&password={password}&options={options}"
    return {
        "libpq": f"postgresql://{address}",
        "sqlalchemy": f"postgresql+psycopg://{address}",
        "jdbc": f"jdbc:postgresql://{place}?{login}",
    }


def connect(role: Role | None, application_name: str) -> Connection:
    """An autocommitting connection as `role`; times are UTC.

    Raises:
        SetupError: no server is named and the embedded one does not run.
        psycopg.OperationalError: the server does not answer.
    """
    return psycopg.connect(**parameters(role, application_name), autocommit=True)


def has_table(connection: Connection, name: str) -> bool:
    """Whether there is a table of this name, such as `bronze_exchange.ohlcv`."""
    return bool(scalar(connection, "select to_regclass(%s) is not null", name))


def process_name(work: str) -> str:
    """How this process shows in `pg_stat_activity`: libpq keeps 63 bytes."""
    return f"bullion {work[:30]}, pid {os.getpid()} on {socket.gethostname()[:12]}"


def try_lock(connection: Connection, key: str) -> bool:
    """Take the lock `key` for the life of `connection`, or say that it is held.

    Postgres frees it when the connection ends, however it ends.
    """
    statement: LiteralString = "select pg_try_advisory_lock(hashtextextended(%s, 0))"
    return bool(scalar(connection, statement, key))


def unlock(connection: Connection, key: str) -> None:
    """Free the lock `key` before the connection ends."""
    connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (key,))


@contextmanager
def trying(connection: Connection, key: str) -> Iterator[bool]:
    """Whether nobody else has the lock `key`; if so, it is held within the block."""
    is_ours = try_lock(connection, key)
    try:
        yield is_ours
    finally:
        if is_ours:
            with suppress(psycopg.OperationalError):  # a lost connection has no lock
                unlock(connection, key)


def holder(connection: Connection, key: str) -> str:
    """Who holds the lock `key`: process, host and since when."""
    name = scalar(connection, "select ops.lock_holder(%s)", key)
    return str(name) if name else "a process that has just ended"


@contextmanager
def locked(
    keys: Sequence[str],
    work: str,
    *,
    role: Role = "loader",
    wait_s: float = 0,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Connection]:
    """Hold the locks `keys` (taken in sorted order) while `work` is done.

    All that the connection locked meanwhile is free when the block ends.

    Raises:
        BusyError: one is still held by another process after `wait_s` seconds, or
            after the moment that a killed one holds it.
    """
    with connect(role, process_name(work)) as connection:
        began = time.monotonic()
        for key in sorted(set(keys)):
            _wait_for(connection, key, began, wait_s, say)
        try:
            yield connection
        finally:
            # a backend lives on for a moment after its connection was closed
            with suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock_all()")


def _wait_for(
    connection: Connection,
    key: str,
    began: float,
    wait_s: float,
    say: Callable[[str], None],
) -> None:
    told = False
    while not try_lock(connection, key):
        waited_s = time.monotonic() - began
        if waited_s < ENDING_S:
            time.sleep(ENDING_RETRY_S)
            continue
        held = f"{key} is held by {holder(connection, key)}"
        if waited_s >= wait_s:
            raise BusyError(f"{held}; try again when it has ended")
        if not told:
            say(f"waiting: {held}")
            told = True
        time.sleep(RETRY_S)


def scalar(connection: Connection, statement: Query, *values: object) -> Any:
    """The first value that a statement gives; None: it gives no row."""
    row = connection.execute(statement, values or None).fetchone()
    return row[0] if row else None


def query(connection: Connection, text: str) -> list[dict[str, Any]]:
    """The rows of one statement, by column name."""
    # the text is a file of sql/queries, or what the operator typed
    cursor = connection.execute(text.encode())
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
