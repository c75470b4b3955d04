"""One record never stops the stream, one table's flaw is that table's."""

import json
import threading

import pytest

from pipelines.sources.config_changes import follow
from pipelines.sources.config_changes.agreement import differences
from pipelines.sources.config_changes.session import Followed
from tests.contents.roles import acting, run
from tests.fakes.memory_log import (
    PREFIX,
    THINGS,
    MemoryBroker,
    event,
    source_of,
    without_waiting,
)
from tests.histories.config_choices import told

TABLES = """
create table config.things (id integer primary key, value text, share numeric(10, 4));
create type config.pair as (low numeric, high numeric);
create table config.pairs (id integer primary key, pair config.pair);
create table config.pages (id integer primary key);
create table config."Odd Näme" (id integer primary key, value text);
create table config.times (
    at timestamptz primary key, day date, plain timestamp, span interval, days date[],
    ratio real, raw bytea, told jsonb, share numeric(6, 2), is_on boolean
);
select config.publish('config.times');
insert into config.times values (
    '2024-01-01 02:00:00.5+02', '2024-01-02', '2024-01-01 00:00:00.000001',
    '1 day 2:00', '{2024-01-02,null}', 0.1, '\\x0001', '{"a": 1.10}', 1, true
);
"""
TIMES = f"{PREFIX}.config.times"
ODD = f"{PREFIX}.config.Odd_N_me"
HELD = "select op, after::jsonb ->> 'value' from bronze_config.{} order by topic_offset"
REASONS = "select table_name, reason from bronze_config.quarantine order by 1, 2"


@pytest.fixture
def config(database, monkeypatch):
    without_waiting(monkeypatch)
    run(database, None, TABLES)
    return database


def read(broker):
    done = Followed()
    stop = threading.Event()
    follow.follow(broker.open, PREFIX, stop, until_current=True, followed=done)
    return done


def sent(table, row, op="c", lsn=100, **changes):
    source = source_of(table, lsn=lsn, txId=7)
    change = {"before": None, "after": row, "op": op, "source": source}
    return json.dumps({**change, **changes}).encode()


POISON = {
    "transaction": sent("things", {"id": 1}, transaction=[1]),
    "source": sent("things", {"id": 1}, source=[1]),
    "schema": b'{"schema":[1],"payload":' + sent("things", {"id": 1}) + b"}",
    "reason": sent("th\0ings\ud800", {"id": 1}),
    "snapshot": sent("things", {"id": 1}, source={"table": "things", "snapshot": "\0"}),
    "depth": b"[" * 100_000,
    "stamp": sent("things", {"id": 1}, ts_ms=1 << 62),
    "op": sent("things", {"id": 1}, op=["c"]),
    "digits": sent("things", {"id": 1}).replace(b'"id": 1', b'"id": ' + b"9" * 5_000),
}


@pytest.mark.parametrize("name", POISON)
def test_one_record_never_stops_the_stream(config, name):
    broker = MemoryBroker(THINGS)
    broker.write(event(1, 10), POISON[name], event(2, 20))
    done = read(broker)
    assert (done.messages_count, done.new_count, done.refused_count) == (3, 2, 1)
    ((table, reason),) = run(config, None, REASONS)
    assert (table, bool(reason)) == ("things", True)


def test_a_table_that_can_not_be_decoded_is_its_own_refusal(config):
    broker = MemoryBroker(THINGS)
    read(broker)
    broker.write(event(1, 10))
    broker.write(sent("pairs", {"id": 1}), topic=f"{PREFIX}.config.pairs")
    broker.write(sent("Odd Näme", {"id": 1, "value": "x"}), topic=ODD)
    done = read(broker)
    assert (done.new_count, done.refused_count) == (2, 1)
    assert run(config, None, HELD.format("things")) == [("c", "1 at 10")]
    assert run(config, None, HELD.format('"Odd Näme"')) == [("c", "x")]
    ((table, reason),) = run(config, None, REASONS)
    assert table == "pairs"
    assert reason.startswith("column 'pair' of config.pairs is config.pair, a type")
    assert f"{PREFIX}.config.pages" not in broker.topics


def test_changes_without_a_position_that_differ_are_each_kept(config):
    broker = MemoryBroker(THINGS)
    values = [1, 2, 3]
    changes = [sent("things", {"id": 1, "value": f"{n}"}, "u") for n in values]
    broker.write(*changes, *changes[:2])
    done = read(broker)
    assert done.new_count == 3
    assert [value for _, value in run(config, None, HELD.format("things"))] == [
        "1",
        "2",
        "3",
    ]


def test_an_identity_of_before_gives_way_to_the_one_of_now(config):
    broker = MemoryBroker(THINGS)
    read(broker)
    old = "create unique index things_identity_idx on bronze_config.things (lsn)"
    run(config, None, old)
    broker.write(sent("things", {"id": 1, "value": "a"}), sent("things", {"id": 2}))
    assert read(broker).new_count == 2


def test_the_history_of_times_is_what_stands_in_the_table(config):
    row = {
        "at": "2024-01-01T00:00:00.500000Z",
        "day": 19724,
        "plain": 1704067200000001,
        "span": "P0Y0M1DT2H0M0S",
        "days": [19724, None],
        "ratio": 0.1,
        "raw": "AAE=",
        "told": '{"a": 1.1}',
        "share": "1.00",
        "is_on": True,
    }
    broker = MemoryBroker(TIMES)
    broker.write(sent("times", row), topic=TIMES)
    assert read(broker).refused_count == 0
    with acting(config) as connection:
        assert differences(connection) == []
    for spelling in ("2024-01-01T00:00:00.5Z", "2024-01-01 01:00:00.50+01"):
        assert len(told("history", "times", spelling)) == 1
    run(config, None, "update config.times set span = '27 hours', days = '{}'")
    with acting(config) as connection:
        (difference,) = differences(connection)
    assert difference.what == "differs in span, days"


def test_a_history_that_kept_times_as_they_were_sent_agrees_too(config):
    broker = MemoryBroker(TIMES)
    first = {"at": "2024-01-01T00:00:00.5Z", "day": 19724}
    broker.write(sent("times", first), topic=TIMES)
    read(broker)
    kept = """
        update bronze_config.times set after =
        '{"at":"2024-01-01T00:00:00.500Z","day":19724,"plain":1704067200000001}'
    """
    run(config, None, kept)
    run(
        config,
        None,
        "update config.times set span = null, days = null, ratio = null, raw = null,"
        " told = null, share = null, is_on = null",
    )
    with acting(config) as connection:
        assert differences(connection) == []
