"""Values of many types through a real Debezium: as the table has them, or refused."""

import threading
import time

import psycopg
import pytest

from pipelines.local.debezium_properties import DEAD_LETTERS_TOPIC, PREFIX
from pipelines.settings import settings
from pipelines.sources.config_changes.agreement import differences
from pipelines.sources.config_changes.broker import KafkaLog
from pipelines.sources.config_changes.follow import follow
from pipelines.sources.config_changes.placeholder import is_unavailable
from pipelines.upstream.wire import decode_exactly
from tests.histories.debezium_messages import PLACEHOLDER
from tests.services import stream
from tests.services.stream import kafka  # noqa: F401

WIDE = """
create type config."Flag Kind" as enum ('a', 'b');
create domain config.price as numeric(12, 2);
create domain config.prices as numeric(12, 2)[];
create table config."Wide Table" (
    at timestamptz(3) primary key, price config.price, prices config.prices,
    flag "char", kind config."Flag Kind", kinds config."Flag Kind"[],
    whole numeric(12), few numeric(5, 1)[], day date, days date[], time0 time(0),
    time6 time, times time[], timetz timetz, plain0 timestamp(0), plain timestamp,
    plains timestamp[], stamps timestamptz[], second interval second(3),
    span interval, ratio real, big double precision, bigs double precision[],
    raw bytea, is_on boolean, bit1 bit, padded char(5), id uuid, address inet,
    told json, tolds jsonb, small smallint[], numbers int4range, mac macaddr
);
select config.publish('config."Wide Table"');
insert into config."Wide Table" values (
    '2024-01-01 02:00:00.5+02', 1234, '{1,null,2.5}', 'x', 'a', '{a,b}',
    1234, '{1,2.5}', '2024-01-02', '{2024-01-02,infinity}', '10:00',
    '10:00:00.000001', '{10:00:00.5}', '10:00+05:30', '2024-01-01 00:00',
    '2024-01-01 00:00:00.000001', '{2024-01-01 00:00:00.5}',
    '{2024-01-01 00:00:00.5+02}', '90 seconds', '1 year 2 mons -3 days 04:05:06.7',
    0.1, 1e-300, '{0.5,NaN}', '\\x0001', true, '1', 'ab',
    'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '10.0.0.1', '{"a": 1.10}',
    '{"a": 1.10}', '{1,-2}', '[1,4]', '08:00:2b:01:02:03'
);
insert into config."Wide Table" (at, day, plain, span) values
('-infinity', 'infinity', '-infinity', '-1 mons +1 day -00:00:00.5'),
('infinity', '-infinity', 'infinity', '1 mon'),
('9999-12-31 23:59:59+00', '9999-12-31', '0001-01-01', '-00:00:01');
"""
TOASTED = """
create table config.toasted (
    id int primary key, n int, t text, b bytea, i integer[], l bigint[], a text[],
    j jsonb, p double precision[], s smallint[], d date[], u uuid[], v varchar[]
);
select config.publish('config.toasted');
insert into config.toasted select
    1, 0, string_agg(md5(n::text), ''), decode(string_agg(md5(n::text), ''), 'hex'),
    array_agg(n * 1009), array_agg(n * 1009), array_agg(md5(n::text)),
    jsonb_object_agg(md5(n::text), n), array_agg(random()), array_agg(n),
    array_agg(date '2024-01-01' + n), array_agg(gen_random_uuid()),
    array_agg(md5(n::text))
from generate_series(1, 9000) as n;
"""
SENT = ("t", "b", "i", "l", "a", "j", "d", "u", "v")  # a placeholder; others null


@pytest.fixture
def warehouse(database, kafka, monkeypatch):  # noqa: F811
    with psycopg.connect(**database, autocommit=True) as connection:
        connection.execute(WIDE)
        connection.execute(TOASTED)
        for name, value in stream.given(kafka.access).items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        yield connection
    settings.cache_clear()


def read(kafka, is_done):  # noqa: F811
    """Take in what has come until a look at it is content."""
    deadline = time.monotonic() + 200
    while True:
        done = follow(
            lambda: KafkaLog(kafka.access, DEAD_LETTERS_TOPIC),
            PREFIX,
            threading.Event(),
            until_current=True,
        )
        if is_done(done):
            return
        assert time.monotonic() < deadline
        time.sleep(0.2)


def rows(connection, query):
    return connection.execute(query).fetchall()


@pytest.mark.slow
def test_values_of_every_type_are_held_as_the_table_has_them(
    warehouse,
    database,
    kafka,  # noqa: F811
    tmp_path,
):
    refused = "select reason from bronze_config.quarantine"
    with stream.streaming(tmp_path / "debezium", database, kafka):
        held = 'select count(*) from bronze_config."Wide Table"'
        read(kafka, lambda _: rows(warehouse, held) == [(4,)])
        warehouse.execute("""update config."Wide Table" set second = '2 seconds'""")
        read(kafka, lambda _: rows(warehouse, held) == [(8,)])
        assert rows(warehouse, refused) == []
        assert differences(warehouse) == []

        # whole rows before: what the log does not repeat is the old value
        warehouse.execute("update config.toasted set n = 1")
        kept = "select count(*) from bronze_config.toasted where op = 'u'"
        read(kafka, lambda _: rows(warehouse, kept) == [(1,)])
        assert differences(warehouse) == []

        warehouse.execute("alter table config.toasted replica identity default")
        warehouse.execute("update config.toasted set n = 2")
        read(kafka, lambda _: len(rows(warehouse, refused)) == 1)
        ((reason,),) = rows(warehouse, refused)
        assert "was not sent: the table's replica identity is not full" in reason
        (raw,) = rows(warehouse, "select raw from bronze_config.quarantine")
        after = decode_exactly(raw[0])["after"]
        assert [n for n in SENT if not is_unavailable(after[n], PLACEHOLDER)] == []
