"""Functions with their owner's rights run nothing that a caller wrote."""

import re
import secrets

import psycopg
import pytest

from pipelines import bootstrap
from pipelines.settings import PROJECT_DIR
from tests.contents.roles import run

PAGE = (PROJECT_DIR / "docs" / "security.md").read_text(encoding="utf-8")
DEFINERS = """
select
    n.nspname || '.' || p.proname as name,
    p.oid::regprocedure::text as signature,
    p.proconfig as settings,
    has_function_privilege('public', p.oid, 'execute') as is_open
from pg_proc as p
inner join pg_namespace as n on p.pronamespace = n.oid
where p.prosecdef
order by 1
"""
GRANTED = """
select distinct n.nspname || '.' || p.proname, a.grantee::regrole::text
from pg_proc as p
inner join pg_namespace as n on p.pronamespace = n.oid
cross join lateral aclexplode(p.proacl) as a
where p.prosecdef and a.grantee <> p.proowner
"""
IS_SUPERUSER = "select rolsuper from pg_roles where rolname = '{}'"
ROLES = ("loader", "transformer", "analyst", "operator")


def of_a_file(name):
    text = (PROJECT_DIR / name).read_text(encoding="utf-8")
    return set(re.findall(r"create or replace function (\w+\.\w+)\(", text))


def reviewed():
    """The functions of the page, by name: who may call each."""
    found: dict[str, set[str]] = {}
    for line in PAGE.splitlines():
        if told := re.match(r"\| (?:those of )?`(\w+[./][\w./]+)` \| ([^|]+) \|", line):
            name, callers = told[1], set(re.findall(r"\w+", told[2])) & {*ROLES, "cdc"}
            names = of_a_file(name) if name.endswith(".sql") else {name}
            found |= dict.fromkeys(names, callers)
    return found


def test_every_function_with_its_owners_rights_was_reviewed(database):
    found = {name for name, *_ in run(database, None, DEFINERS)}
    assert found == reviewed().keys()


def test_every_function_with_its_owners_rights_looks_names_up_in_the_catalog(database):
    for name, _, settings, _ in run(database, None, DEFINERS):
        assert settings == ["search_path=pg_catalog, pg_temp"], name


def test_a_function_with_its_owners_rights_is_called_by_whom_the_page_names(database):
    assert [d[0] for d in run(database, None, DEFINERS) if d[3]] == []
    granted: dict[str, set[str]] = {name: set() for name in reviewed()}
    for name, role in run(database, None, GRANTED):
        granted[name] |= {role}
    assert granted == reviewed()


# Each takes the shape of a table of bronze and runs `trap` when that is read.
LOADS = "load_id text, schema_name text, status bigint, inserted_at timestamptz"
PLAIN = f"create table {{schema}}._dlt_loads ({LOADS})"
ROW = "insert into {schema}._dlt_loads values ('1.5', '', 0, now())"
TRAPS = {
    "expression index": (
        PLAIN,
        ROW,
        "create index on {schema}._dlt_loads ({schema}.trap(load_id))",
    ),
    "partial index": (
        PLAIN,
        ROW,
        (
            "create index on {schema}._dlt_loads (load_id)"
            " where {schema}.trap(load_id) is not null"
        ),
    ),
    "index of a constant": (
        PLAIN,
        ROW,
        "create index on {schema}._dlt_loads (({schema}.trap('x') || load_id))",
    ),
    "policy": (
        PLAIN,
        ROW,
        "alter table {schema}._dlt_loads enable row level security",
        (
            "create policy p on {schema}._dlt_loads"
            " using ({schema}.trap(load_id) is not null)"
        ),
        "alter table {schema}._dlt_loads force row level security",
    ),
    "view": (
        f"create table {{schema}}.behind ({LOADS})",
        "insert into {schema}.behind values ('1.5', '', 0, now())",
        (
            "create view {schema}._dlt_loads as select"
            " {schema}.trap(load_id) as load_id, schema_name, status, inserted_at"
            " from {schema}.behind"
        ),
    ),
    "statistics": (
        PLAIN,
        ROW,
        (
            "create statistics {schema}.s on ({schema}.trap(load_id)), status"
            " from {schema}._dlt_loads"
        ),
        "analyze {schema}._dlt_loads",
    ),
    "partition": (
        f"{PLAIN} partition by list ({{schema}}.trap(load_id))",
        "create table {schema}.part partition of {schema}._dlt_loads default",
        ROW,
    ),
    "child": (
        PLAIN,
        "create table {schema}.child () inherits ({schema}._dlt_loads)",
        "create index on {schema}.child ({schema}.trap(load_id))",
        "insert into {schema}.child values ('1.5', '', 0, now())",
    ),
    "type and cast": (
        "create type {schema}.word as (w text)",
        (
            "create function {schema}.cast_word({schema}.word) returns text"
            " language sql immutable as 'select {schema}.trap(($1).w)'"
        ),
        (
            "create cast ({schema}.word as text) with function"
            " {schema}.cast_word({schema}.word) as implicit"
        ),
        PLAIN.replace("load_id text", "load_id {schema}.word"),
        "insert into {schema}._dlt_loads values (row('1.5'), '', 0, now())",
    ),
    "check and default": (
        PLAIN.replace(
            "load_id text",
            "load_id text default {schema}.trap('x')"
            " check ({schema}.trap(load_id) is not null)",
        ),
        ROW,
    ),
    "generated column": (
        PLAIN.replace(
            "load_id text",
            "load_id text, g text generated always as ({schema}.trap('x')) stored",
        ),
        (
            "insert into {schema}._dlt_loads (load_id, status, inserted_at)"
            " values ('1.5', 0, now())"
        ),
    ),
    "trigger": (
        PLAIN,
        (
            "create function {schema}.fire() returns trigger language plpgsql"
            " as $$begin perform {schema}.trap('x'); return new; end$$"
        ),
        (
            "create trigger t before insert or update or delete on {schema}._dlt_loads"
            " for each row execute function {schema}.fire()"
        ),
        ROW,
    ),
    "operator": (
        (
            "create function {schema}.same(text, text) returns boolean language plpgsql"
            " as $$begin perform {schema}.trap('x'); return true; end$$"
        ),
        (
            "create operator {schema}.= (leftarg = text, rightarg = text,"
            " function = {schema}.same)"
        ),
        PLAIN,
        ROW,
        "set search_path = {schema}, pg_catalog",
    ),
}
# what runs tries to become what its reader is, and leaves a word where it can
TRAP = """
create function {schema}.escalate() returns void language plpgsql volatile as $$
begin
    begin
        perform set_config('role', 'none', false);
    exception when others then null;
    end;
    begin
        execute 'alter role {login} superuser';
    exception when others then null;
    end;
end
$$;
create function {schema}.trap(word text) returns text language plpgsql immutable as $$
begin
    perform {schema}.escalate();
    return word;
end
$$;
grant usage on schema {schema} to public;
grant execute on all functions in schema {schema} to public;
"""
# the callers of what reads bronze, and how
CALLS = {
    "loader": (
        "select ops.register_loads('{schema}')",
        "select ops.note_config_effects('1.5')",
        "select ops.note_listings('{{1.5}}')",
        "select * from config.listed_instruments('kraken')",
        "select * from config.instrument_choices()",
        "select ops.is_config_table_empty('exchanges')",
    ),
    "transformer": (
        "select ops.register_loads('{schema}')",
        "select ops.note_listings('{{1.5}}')",
    ),
    "operator": (
        "select * from config.listed_instruments('kraken')",
        "select * from config.instrument_choices()",
        "insert into config.instruments (exchange_id, symbol) values ('kraken', '*')",
    ),
    "analyst": ("select gold.configured_at(now())", "select gold.universe_at(now())"),
}


@pytest.fixture
def logins(database):
    """A login in each role, and in no other: libpq's parameters of each."""
    password = secrets.token_hex(8)
    made = {}
    for role in ROLES:
        name = f"{role}_{secrets.token_hex(4)}"
        run(
            database,
            None,
            f"create role {name} login password '{password}' in role {role}",
        )
        made[role] = {**database, "user": name, "password": password}
    yield made
    for known in made.values():
        run(database, None, f"drop owned by {known['user']} cascade")
        run(database, None, f"drop role {known['user']}")


def attempt(known, *statements):
    """Run each for itself; what is refused is refused."""
    with psycopg.connect(**known, autocommit=True) as connection:
        for statement in statements:
            try:
                connection.execute(statement)
            except psycopg.Error:
                continue


def is_superuser(database, known):
    return run(database, None, IS_SUPERUSER.format(known["user"]))[0][0]


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("role", ["loader", "transformer"])
def test_what_a_role_planted_runs_with_nobody_elses_rights(
    database, logins, role, trap
):
    attacker = logins[role]
    run(database, None, "insert into config.exchanges values ('kraken')")
    words = {"schema": "bronze_evil", "login": attacker["user"]}
    with psycopg.connect(**attacker, autocommit=True) as connection:
        connection.execute("create schema bronze_evil")
        connection.execute(TRAP.format(**words))
        for statement in TRAPS[trap]:
            connection.execute(statement.format(**words))
        connection.execute("grant select on all tables in schema bronze_evil to public")
        for statement in CALLS[role]:
            try:
                connection.execute(statement.format(**words))
            except psycopg.Error:
                continue
    for caller, statements in CALLS.items():
        attempt(logins[caller], *(s.format(**words) for s in statements))
    assert not is_superuser(database, attacker)


# the tables of bronze that functions know by their names
KNOWN = {
    "bronze_exchange": (
        PLAIN,
        ROW,
        (
            "create table {schema}.instruments (exchange_id text, symbol text,"
            " market_type text, is_active boolean, venue_now_ms bigint, origin text,"
            " _dlt_load_id text)"
        ),
        (
            "insert into {schema}.instruments values"
            " ('kraken', 'BTC/USD', 'spot', true, 1700000000000, 'x', '1.5')"
        ),
        "create index on {schema}.instruments ({schema}.trap(symbol))",
        "create index on {schema}.instruments (({schema}.trap('x') || exchange_id))",
    ),
    "bronze_config": (
        (
            "create table {schema}.things (op text, row_key text, before text,"
            " after text, transaction_id bigint, lsn bigint,"
            " transaction_position bigint, is_inferred boolean,"
            " committed_at_us bigint, captured_at_us bigint,"
            " topic_offset bigint, _dlt_load_id text)"
        ),
        (
            "insert into {schema}.things values"
            " ('c', '[1]', null, '{{}}', 1, 1, 1, false, 1, 1, 1, '1.5')"
        ),
        "create index on {schema}.things ({schema}.trap(row_key))",
        "create index on {schema}.things (({schema}.trap('x') || _dlt_load_id))",
        (
            "insert into ops.deliveries (schema_name, load_id, file_id, table_name)"
            " values ('bronze_config', '1.5', 'a', 'things')"
        ),
    ),
}


@pytest.mark.parametrize("schema", KNOWN)
def test_nor_does_what_was_planted_in_the_tables_that_are_read_by_name(
    database, logins, schema
):
    attacker = logins["loader"]
    run(database, None, "insert into config.exchanges values ('kraken')")
    words = {"schema": schema, "login": attacker["user"]}
    with psycopg.connect(**attacker, autocommit=True) as connection:
        connection.execute(f"create schema {schema}")
        connection.execute(TRAP.format(**words))
        for statement in KNOWN[schema]:
            connection.execute(statement.format(**words))
        grant = f"grant select on all tables in schema {schema} to public"
        connection.execute(grant)
    for caller in ("loader", "operator", "transformer"):
        statements = (s.format(**words) for s in CALLS[caller])
        attempt(logins[caller], *statements)
    assert not is_superuser(database, attacker)


@pytest.mark.parametrize("role", ["analyst", "operator"])
def test_who_plants_nothing_can_make_no_table_at_all(logins, role):
    for made in ("schema bronze_evil", "function config.f() returns int return 1"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(logins[role], None, f"begin read write; create {made}")


PAGES_OF_BEFORE = """
create table bronze_exchange.ohlcv_pages (
    exchange_id text, symbol text, asked_from_ms bigint, asked_until_ms bigint,
    answered_from_ms bigint, answered_until_ms bigint, sends_quiet_minutes boolean,
    rows_count bigint, venue_now_ms bigint, request_id text, origin text,
    received_at timestamptz, _dlt_load_id text, delivery_file text, delivery_row bigint
);
insert into bronze_exchange.ohlcv_pages values
    ('kraken', 'BTC/USD', 0, 1, 0, 1, true, 1, 1, 'r', 'o', now(), '1.5', 'f', 0);
create table bronze_exchange.pages (
    scope text, subject text, feed text, asked_from bigint, asked_until bigint,
    asked_cursor text, answered_from bigint, answered_until bigint, first_id bigint,
    last_id bigint, next_cursor text, sends_empty boolean, rows_count bigint,
    upstream_now_ms bigint, request_id text, origin text, received_at timestamptz,
    _dlt_load_id text, delivery_file text, delivery_row bigint
);
create function bronze_exchange.fire() returns trigger language plpgsql
as $$begin perform bronze_exchange.trap('x'); return new; end$$;
"""
OF_BEFORE = {
    "trigger": "create trigger t before insert on bronze_exchange.pages"
    " for each row execute function bronze_exchange.fire()",
    "deferred trigger": "create constraint trigger t after insert"
    " on bronze_exchange.pages deferrable initially deferred"
    " for each row execute function bronze_exchange.fire()",
    "index": "create index on bronze_exchange.ohlcv_pages"
    " (bronze_exchange.trap(_dlt_load_id))",
}
# another meaning for what the session says next
POISON = """
create function bronze_exchange.same(a text, b text) returns boolean language plpgsql
as $$begin perform bronze_exchange.escalate(); return a like b; end$$;
create operator bronze_exchange.= (
    leftarg = text, rightarg = text, function = bronze_exchange.same
);
grant execute on function bronze_exchange.same(text, text) to public;
create or replace function bronze_exchange.fire() returns trigger language plpgsql
as $$
begin
    perform set_config('search_path', 'bronze_exchange, pg_catalog', false);
    return new;
end
$$;
"""


@pytest.mark.parametrize("trap", [*OF_BEFORE, "search path"])
def test_nor_does_it_when_a_superuser_brings_a_warehouse_of_before_over(
    database, logins, trap
):
    attacker = logins["loader"]
    words = {"schema": "bronze_exchange", "login": attacker["user"]}
    with psycopg.connect(**attacker, autocommit=True) as connection:
        connection.execute("set role loader")
        connection.execute("create schema bronze_exchange")
        connection.execute(TRAP.format(**words))
        connection.execute(PAGES_OF_BEFORE)
        connection.execute(OF_BEFORE.get(trap, OF_BEFORE["trigger"]))
        if trap not in OF_BEFORE:
            connection.execute(POISON)
    bootstrap.apply(**database)
    assert not is_superuser(database, attacker)
