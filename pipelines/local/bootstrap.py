"""Bootstrap: roles, schemas, grants and functions of `sql/bootstrap/`, in name order.

All files run in one transaction, with what then fills the tables that they made, so
that a server has either the old state or the new. Every file is idempotent; a second
run changes nothing. `pipelines.bootstrap` knows what a warehouse is filled with.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from pipelines.errors import SetupError, UpstreamError
from pipelines.local.service import Say, silent
from pipelines.settings import PROJECT_DIR

FOLDER = PROJECT_DIR / "sql" / "bootstrap"
LOCK = "bullion bootstrap"

Connection = psycopg.Connection[tuple[Any, ...]]
Fill = Callable[[Connection], None]
OLDEST_SERVER = 16  # an earlier one has no `inherit` on memberships

# Roles belong to the whole server, the lock to one database: a bootstrap of another
# database of the same server at the same moment causes these, and is tried again.
CONFLICTS = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DuplicateObject,
    psycopg.errors.InternalError_,  # tuple concurrently updated
    psycopg.errors.DeadlockDetected,
)
TRIES = 10

# said anew before each file: what stands in bronze, and was touched by the one before,
# may have set another
SEARCH_PATH: LiteralString = "set local search_path = pg_catalog, pg_temp"

FACTS: LiteralString = """
select
    current_setting('server_version_num')::integer / 10000,
    r.rolsuper or r.rolcreaterole,
    pg_has_role(d.datdba, 'usage')
from pg_roles as r
inner join pg_database as d on d.datname = current_database()
where r.rolname = current_user
"""

# group by group: is it there, and may the user have it or grant it to itself
GROUPS: LiteralString = """
select
    g.name,
    r.oid is not null,
    coalesce(
        pg_has_role(r.oid, 'usage') or pg_has_role(r.oid, 'member with admin option'),
        false
    )
from unnest(array['loader', 'transformer', 'analyst', 'operator']) as g (name)
left join pg_roles as r on r.rolname = g.name
"""


def apply(
    dsn: str = "",
    *,
    fill: Fill = lambda _: None,
    folder: Path = FOLDER,
    say: Say = silent,
    **parameters: Any,
) -> list[str]:
    """Run every file, then `fill`, on the database of `dsn` or `parameters`.

    Returns the files' names.

    Raises:
        UpstreamError: the server does not answer.
        SetupError: the user lacks a right (every one is named), or a file failed.
    """
    files = sorted(folder.glob("*.sql"))
    try:
        connection = psycopg.connect(dsn, **parameters)
    except psycopg.OperationalError as error:
        raise UpstreamError(f"the warehouse does not answer: {error}") from None
    with connection:
        _require_rights(connection)
        _apply(connection, files, fill)
        say(f"bootstrapped {connection.info.dbname}: {len(files)} files")
    return [path.name for path in files]


def _apply(connection: Connection, files: list[Path], fill: Fill) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            with connection.transaction():
                lock = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
                connection.execute(lock, (LOCK,))
                for path in files:
                    _run(connection, path)
                connection.execute(SEARCH_PATH)
                fill(connection)
        except CONFLICTS:
            if attempt == TRIES:
                raise
            time.sleep(0.05 * attempt)
        else:
            return


def _run(connection: Connection, path: Path) -> None:
    try:
        connection.execute(SEARCH_PATH)
        connection.execute(path.read_bytes())
    except CONFLICTS:
        raise
    except psycopg.Error as error:
        raise SetupError(f"{path.name} failed: {error}") from error


def _require_rights(connection: Connection) -> None:
    """Refuse before anything is changed, naming all that is missing and its remedy."""
    row = connection.execute(FACTS).fetchone()
    groups = connection.execute(GROUPS).fetchall()
    connection.rollback()
    version, makes_roles, owns_database = row or (0, False, False)
    user, database = connection.info.user, connection.info.dbname
    lacks = []
    if version < OLDEST_SERVER:
        lacks.append(f"Postgres {OLDEST_SERVER} or newer (this is {version})")
    if not (makes_roles or all(exists for _, exists, _ in groups)):
        lacks.append(f'the right to make roles: alter role "{user}" createrole')
    closed = ", ".join(name for name, exists, is_ours in groups if exists > is_ours)
    if closed:
        lacks.append(f'membership: grant {closed} to "{user}" with admin option')
    if not owns_database:
        owner = f'alter database "{database}" owner to "{user}"'
        lacks.append(f"the ownership of the database: {owner}")
    if lacks:
        raise SetupError(
            f"user {user} can not set up the database {database}; it lacks "
            f"{'; '.join(lacks)}"
        )
