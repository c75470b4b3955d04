"""What Debezium Server needs in Postgres: a role that can log in, and a publication.

Both are made with the config tables by `bullion up postgres`. The role's password is
made anew at each start and goes to the server as a hash: it is written down nowhere.
"""

import secrets
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from pipelines.errors import SetupError, UpstreamError
from pipelines.local.debezium_properties import NOTING, PUBLICATION, ROLE, SCHEMA
from pipelines.local.role_logins import set_password
from pipelines.local.service import UnavailableError

Connection = psycopg.Connection[tuple[Any, ...]]

FACTS: LiteralString = """
select
    exists (select from pg_roles as r where r.rolname = %(role)s and r.rolreplication),
    exists (select from pg_publication as p where p.pubname = %(publication)s),
    to_regprocedure(%(noting)s) is not null
"""
PUBLISHED: LiteralString = """
select t.schemaname || '.' || t.tablename
from pg_publication_tables as t
where t.pubname = %s
order by 1
"""
NAMES = {"role": ROLE, "publication": PUBLICATION, "noting": NOTING}


def published_tables(connection: Connection) -> list[str]:
    """The tables that are streamed, as `config.instruments`."""
    return [name for (name,) in connection.execute(PUBLISHED, (PUBLICATION,))]


@dataclass(frozen=True)
class CdcRole:
    """The role and the publication in the warehouse of `owner` (libpq's parameters)."""

    owner: dict[str, Any]

    def published(self) -> list[str]:
        """The config tables that are streamed, as `config.instruments`.

        Raises:
            UnavailableError: names what is missing.
            UpstreamError: Postgres does not answer.
        """
        with self._connect() as connection:
            facts = connection.execute(FACTS, NAMES).fetchone() or (False,) * 3
            tables = published_tables(connection)
        needed = (
            f"the role {ROLE} with replication",
            f"the publication {PUBLICATION}",
            f"the function {NOTING}",
        )
        missing = [
            name for name, is_there in zip(needed, facts, strict=True) if not is_there
        ]
        if not missing and not tables:
            missing = [f"a table in the publication {PUBLICATION}"]
        others = [name for name in tables if not name.startswith(f"{SCHEMA}.")]
        if missing:
            raise UnavailableError(
                f"the warehouse lacks {', '.join(missing)}: run `bullion up postgres`"
            )
        if others:
            raise UnavailableError(
                f"the publication {PUBLICATION} has tables outside the schema "
                f"{SCHEMA}: {', '.join(others)}"
            )
        return tables

    def give_password(self, given: str | None = None) -> str:
        """Give the role the password `given`, or a new one; the password.

        Raises:
            SetupError: the warehouse's owner may not, and none was given; or the role
                can not log in with it.
        """
        password = given or secrets.token_urlsafe(32)
        try:
            with self._connect() as connection:
                set_password(connection, ROLE, password)
        except psycopg.errors.InsufficientPrivilege as error:
            if not given:
                raise SetupError(
                    f"the warehouse's owner may not give the role {ROLE} a password "
                    f"({error.diag.message_primary}): set BULLION_CDC_PASSWORD to the "
                    "one that it has"
                ) from None
        self._log_in(password)
        return password

    def _log_in(self, password: str) -> None:
        """Refuse now what the connector would fail on again and again."""
        parameters = {**self.owner, "user": ROLE, "password": password}
        try:
            psycopg.connect(**parameters, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            raise SetupError(f"the role {ROLE} can not log in: {error}") from None

    def _connect(self) -> Connection:
        try:
            return psycopg.connect(**self.owner, connect_timeout=5)
        except psycopg.OperationalError as error:
            raise UpstreamError(f"the warehouse does not answer: {error}") from None
