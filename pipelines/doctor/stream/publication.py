"""The publication: every config table is streamed whole, to a role that only reads."""

from collections.abc import Iterator
from typing import LiteralString

from pipelines.doctor.stream import access
from pipelines.local.debezium_properties import (
    OFFSETS_SCHEMA,
    PUBLICATION,
    ROLE,
    SCHEMA,
)
from pipelines.upstream.health_check import FailedCheckError
from pipelines.warehouse import Connection

BOOTSTRAP = "bullion up postgres"
TABLES: LiteralString = """
select
    c.relname,
    exists (
        select from pg_publication_tables as t
        where
            t.pubname = %(publication)s
            and t.schemaname = %(schema)s
            and t.tablename = c.relname
    ),
    c.relreplident = 'f',
    has_table_privilege(%(role)s, c.oid, 'select')
from pg_class as c
where
    c.relnamespace = to_regnamespace(%(schema)s)
    and c.relkind in ('r', 'p')
    and not c.relispartition
order by c.relname
"""
ROLE_FACTS: LiteralString = """
select
    r.rolcanlogin and r.rolreplication,
    r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolbypassrls,
    array(
        select m.roleid::regrole::text from pg_auth_members as m where m.member = r.oid
    )
from pg_roles as r
where r.rolname = %(role)s
"""
# what was granted to the role itself on what is not its own
GRANTED: LiteralString = """
select c.oid::regclass::text, lower(a.privilege_type)
from pg_class as c
cross join lateral aclexplode(c.relacl) as a
where
    a.grantee = to_regrole(%(role)s)
    and c.relowner <> a.grantee
    and not (
        c.relnamespace = to_regnamespace(%(schema)s) and a.privilege_type = 'SELECT'
    )
order by 1, 2
"""
NAMES = {
    "publication": PUBLICATION,
    "schema": SCHEMA,
    "role": ROLE,
    "offsets": OFFSETS_SCHEMA,
}


def publication() -> str:
    """What is streamed, and that its reader may do nothing else.

    Raises:
        FailedCheckError: a table is not streamed, or not whole; the role may too
            little or too much.
    """
    with access.warehouse() as connection:
        facts = connection.execute(ROLE_FACTS, NAMES).fetchone()
        if facts is None:
            raise FailedCheckError(f"there is no role {ROLE}: nobody reads", BOOTSTRAP)
        tables = connection.execute(TABLES, NAMES).fetchall()
        _refuse_role(connection, facts)
    wrong = [fault for table in tables for fault in _faults(table)]
    if wrong:
        raise FailedCheckError(
            "; ".join(wrong),
            f"{BOOTSTRAP}; of a table of your own: select config.publish('{SCHEMA}.…')",
        )
    return f"{len(tables)} tables, whole rows; {ROLE} reads them and nothing else"


def _refuse_role(connection: Connection, facts: tuple[bool, bool, list[str]]) -> None:
    is_reader, is_mighty, groups = facts
    if not is_reader:
        raise FailedCheckError(f"{ROLE} may not log in for replication", BOOTSTRAP)
    if is_mighty or groups:
        more = ", ".join(groups) or "create roles or databases, or is a superuser"
        raise FailedCheckError(
            f"{ROLE} may more than read the configuration: {more}",
            f"revoke {', '.join(groups)} from {ROLE}"
            if groups
            else f"alter role {ROLE} nosuperuser nocreaterole nocreatedb nobypassrls",
        )
    granted = connection.execute(GRANTED, NAMES).fetchall()
    if granted:
        rights = ", ".join(f"{right} on {table}" for table, right in granted)
        table, right = granted[0]
        raise FailedCheckError(
            f"{ROLE} may more than read the configuration: {rights}",
            f"revoke {right} on {table} from {ROLE}",
        )


def _faults(row: tuple[str, bool, bool, bool]) -> Iterator[str]:
    name, is_published, is_whole, is_readable = row
    table = f"{SCHEMA}.{name}"
    if not is_published:
        yield f"{table} is not in the publication: its changes are not streamed"
    elif not is_whole:
        yield f"{table} has no replica identity full: what a row was is not streamed"
    if not is_readable:
        yield f"{ROLE} may not read {table}: a snapshot fails"
