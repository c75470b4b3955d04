"""Columns of every type that Postgres can name, and values as Postgres has them."""

import base64
import random

import psycopg
import pytest

from pipelines.config.declaration import declared_tables
from tests.contents.roles import acting, run
from tests.histories.config_choices import bullion, told
from tests.histories.debezium_messages import taken
from tests.unit.config.test_column_type import SPELLINGS
from tests.unit.sources.config_changes.test_config_changes_keys import (
    APART,
    EQUAL,
    key,
)

FLAGS = """
create table config.venue_flags (exchange_id text primary key, flag "char");
select config.publish('config.venue_flags');
insert into config.venue_flags values ('binance', 'x');
"""
ODD_TYPES = """
create schema "Odd ""s";
create type config."Flag Kind" as enum ('a', 'b');
create type config."we""ird [type](,%" as enum ('a');
create type config."größe" as enum ('a');
create type "Odd ""s".kind as enum ('a');
create type config.pair as (low numeric, high numeric);
create type config.prices as range (subtype = numeric);
create domain config.price as numeric(12, 2);
create domain config."Fine Price" as config.price check (value > 0);
create domain config.price_list as numeric(12, 2)[];
create table config."Odd Types" (
    id config."Fine Price" primary key,
    flag "char",
    kind config."Flag Kind",
    kinds config."Flag Kind"[],
    weird config."we""ird [type](,%",
    size config."größe"[][],
    other "Odd ""s".kind,
    span numrange,
    prices config.price_list,
    deep config."Fine Price",
    at timestamp(3) with time zone,
    waits interval second(3),
    plain timestamp(2)[],
    bits bit varying(5),
    named varchar,
    bit bit,
    "Größe ""x"" y" character(3)
);
create table config.pairs (id int primary key, pair config.pair);
create table config.unsent (
    id int primary key, a config.prices, b config.price[], c interval second(3)[],
    d name, e bytea[], f bit[], g pg_lsn, h regclass, i int4multirange, j config.pair[]
);
select config.publish('config."Odd Types"');
select config.publish('config.pairs');
"""
KINDS = {
    "id": "decimal",
    "flag": "text",
    "kind": "text",
    "kinds": "array",
    "weird": "text",
    "size": "array",
    "other": "text",
    "span": "text",
    "prices": "array",
    "deep": "decimal",
    "at": "timestamptz",
    "waits": "interval",
    "plain": "array",
    "bits": "binary",
    "named": "text",
    "bit": "boolean",
    'Größe "x" y': "text",
}
# of an extension, of another connector, or no type of a column
ELSEWHERE = {"geometry", "geography", "citext", "exchange_kind", "größe", "record"}


def test_a_table_with_an_odd_type_leaves_every_command_of_the_others(
    database, tmp_path
):
    run(database, None, FLAGS)
    exchange = ("exchanges", "binance")
    assert bullion("add", *exchange).exit_code == 0
    told("set", *exchange, "budget_share=0.5")
    (row,) = told("get", *exchange)
    assert row["budget_share"] in ("0.5", "0.500000")
    assert told("list", "exchanges")
    folder = str(tmp_path)
    assert bullion("export", folder).exit_code == 0
    assert bullion("diff", folder).exit_code == 0
    for table in ("exchanges", "venue_flags"):
        assert "no change of config" in bullion("history", table, "binance").output
    assert told("list", "venue_flags") == [{"exchange_id": "binance", "flag": "x"}]
    told("set", "venue_flags", "binance", "flag=y")
    assert told("get", "venue_flags", "binance")[0]["flag"] == "y"


def test_every_type_that_postgres_can_say_is_known(database):
    run(database, None, ODD_TYPES)
    with acting(database, "loader") as connection:
        tables = declared_tables(connection)
    odd = tables["Odd Types"]
    assert {name: column.kind for name, column in odd.types.items()} == KINDS
    assert odd.types["id"].modifiers == (12, 2)
    elements = {n: c.element and c.element.kind for n, c in odd.types.items()}
    assert (elements["prices"], elements["plain"]) == ("decimal", "timestamp")
    assert odd.unsent == ""
    assert tables["pairs"].unsent.startswith("column 'pair' of config.pairs is config.")
    kinds = [c.element or c for c in tables["unsent"].types.values()]
    assert {column.kind for column in kinds[1:]} == {"unsent"}
    assert bullion("list", "Odd Types").exit_code == 0
    assert bullion("list", "pairs").exit_code == 0


def test_each_spelling_is_read_as_postgres_reads_it(database):
    with acting(database) as connection:
        for kind, names in SPELLINGS.items():
            for number, name in enumerate(names):
                if any(word in name for word in ELSEWHERE) or kind == "unsent":
                    continue
                table = f"{kind}_{number}"
                try:
                    connection.execute(
                        f"create table config.{table} (id int primary key, v {name})"
                    )
                except psycopg.errors.UndefinedObject:
                    assert kind in ("text", "array")  # a user's own type
                    continue
                declared = declared_tables(connection)[table]
                assert declared.types["v"].kind == kind, name


@pytest.mark.parametrize("told_type", sorted({*EQUAL, *APART} - {"citext"}))
def test_keys_are_equal_where_their_type_says_so(database, told_type):
    sent = [*EQUAL.get(told_type, []), *APART.get(told_type, [])]
    with acting(database) as connection:
        for one in sent:
            for other in sent:
                is_equal = connection.execute(
                    f"select %s::{told_type} = %s::{told_type}",
                    (value_of(one, told_type), value_of(other, told_type)),
                ).fetchone()
                is_key = key(one, told_type) == key(other, told_type)
                assert (is_key,) == is_equal, (one, other)


def value_of(sent, told_type):
    value = taken(sent, told_type)
    if told_type == "bytea":
        return f"\\x{base64.b64decode(value).hex()}"
    return str(value) if isinstance(value, str) else value


def test_times_are_the_text_of_postgres_over_its_whole_range(database):
    rng = random.Random(11)
    days = [*(rng.randrange(-2_440_588, 2_145_042_906) for _ in range(300))]
    micros = [rng.randrange(-210_866_803_200_000_000, 9_224_318_015_999_999_999)]
    micros += [rng.randrange(-210_866_803_200_000_000, 1 << 62) for _ in range(300)]
    spans = [rng.randrange(-(1 << 40), 1 << 40) for _ in range(100)]
    asked = {
        "select ('epoch'::date + %s::int)::text": ("date", "Date", days),
        # in two steps, which is exact
        "select (timestamp 'epoch' + make_interval(days => (%(n)s / 86400000000)::int)"
        " + (%(n)s %% 86400000000) * interval '1 microsecond')::text": (
            "timestamp",
            "MicroTimestamp",
            micros,
        ),
        "select (%s * interval '1 microsecond')::text": (
            "interval",
            "MicroDuration",
            spans,
        ),
    }
    with acting(database) as connection:
        for query, (told_type, form, counts) in asked.items():
            for count in counts:
                values = {"n": count} if "%(n)s" in query else (count,)
                (text,) = connection.execute(query, values).fetchone()
                schema = {"name": f"io.debezium.time.{form}"}
                assert taken(count, told_type, schema=schema) == text


def test_an_interval_is_the_text_of_postgres(database):
    rng = random.Random(12)
    with acting(database) as connection:
        for _ in range(300):
            parts = [rng.choice([0, 0, 1, -1, rng.randrange(-40, 40)]) for _ in "ymdhn"]
            seconds = rng.choice(["0", "1", "-0.5", "59.000001", "-61"])
            sent = "P{}Y{}M{}DT{}H{}M{}S".format(*parts, seconds)
            (text,) = connection.execute(
                "select %s::interval::text", (sent,)
            ).fetchone()
            assert taken(sent, "interval") == text
