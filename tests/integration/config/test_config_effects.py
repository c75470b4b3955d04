"""ChangeTracker: each change once, with who made it, and what became of it."""

import json
import random
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from pipelines import bootstrap, warehouse
from pipelines.config import status
from pipelines.config.declaration import declared_tables
from pipelines.config.path import path
from pipelines.sources.config_changes import dead_letters
from tests.contents.effects import (
    change,
    effects,
    loader,
    open_keys,
    outcomes,
    read,
    row,
)
from tests.contents.roles import acting, run
from tests.fakes.memory_log import (
    DECLARED,
    PREFIX,
    THINGS,
    MemoryBroker,
    event,
    without_waiting,
)

AUTHOR = "insert into ops.config_authors values (%s, %s, 'operator', 'psql', %s)"
COMMITTED = datetime(2025, 11, 20, 23, 27, 14, 567123, tzinfo=UTC)
FUNDING = """
create table config.funding (symbol text primary key, hours integer);
select config.publish('config.funding');
"""


@pytest.fixture
def config(database, monkeypatch):
    """A warehouse with one config table; no waiting for what a test says has come."""
    without_waiting(monkeypatch)
    run(database, None, DECLARED)
    run(database, None, "select config.publish('config.things')")
    return database


@pytest.fixture
def broker():
    return MemoryBroker(THINGS)


def author(database, transaction_id, login, at=COMMITTED):
    with acting(database) as connection:
        connection.execute(AUTHOR, (transaction_id, login, at))


def test_an_effect_tells_who_changed_what_and_when(config, broker):
    author(config, 7, "alice")
    broker.write(
        change("c", 70, None, row(1)),
        change("u", 75, row(1), row(1, share="0.7500", value=None), position=2),
        change("d", 80, row(2), None),
    )
    read(broker)
    with loader() as connection:
        removed, added, changed = sorted(
            status.newest_changes(connection), key=lambda e: (e.op != "d", e.op)
        )
    assert (added.op, added.key, added.outcome) == ("c", ("1",), "overtaken")
    assert added.changes == {
        "id": (None, 1),
        "value": (None, "one"),
        "share": (None, "0.5000"),
    }
    assert changed.changes == {"share": ("0.5000", "0.7500"), "value": ("one", None)}
    assert changed.who == "alice as operator, psql"
    assert changed.committed_at == COMMITTED
    assert changed.captured_at == COMMITTED + timedelta(milliseconds=32.877)
    assert path(changed)["captured_ms"] == 32.877
    assert path(changed)["applied_ms"] is None
    assert (removed.who, removed.login) == ("not known", None)
    assert removed.changes["share"] == ("0.5000", None)
    same = "select captured_ms, consumed_ms > 0, applied_ms from ops.config_effects"
    assert set(run(config, "transformer", same)) == {(Decimal("32.877"), True, None)}


def test_a_snapshot_has_no_effects_and_nor_has_what_is_delivered_again(config, broker):
    broker.write(event(1, 10, op="r", snapshot="last"), change("c", 20, None, row(2)))
    read(broker)
    once = effects(config)
    assert once == [("things", "[2]", "c", "waiting")]
    broker.write(change("c", 20, None, row(2)), change("c", 20, None, row(2)))
    read(broker)
    broker.create(THINGS)
    broker.write(change("c", 20, None, row(2)))
    read(broker)
    assert effects(config) == once


def test_a_history_that_is_read_again_from_nothing_tells_no_effect_twice(
    config, broker
):
    broker.write(change("c", 20, None, row(2)), change("u", 30, row(2), row(2, id=2)))
    read(broker)
    once = effects(config)
    run(config, "loader", "drop schema bronze_config cascade")
    read(broker)
    assert effects(config) == once


def test_a_changed_key_has_an_effect_for_each_key(config, broker):
    broker.write(
        change("d", 20, row(1), None), None, change("c", 20, None, row(2), position=2)
    )
    read(broker)
    assert effects(config) == [
        ("things", "[1]", "d", "waiting"),
        ("things", "[2]", "c", "waiting"),
    ]


def test_rows_of_one_copy_have_an_effect_each_and_one_author(config, broker):
    author(config, 5, "alice")
    copy = [event(key, 50, position=key + 1) for key in range(1000)]
    broker.write(*copy, *copy[:300])
    read(broker)
    found = "select count(*), count(distinct row_key), min(login), count(login)"
    found += " from ops.config_effects"
    assert run(config, "transformer", found) == [(1000, 1000, "alice", 1000)]


def test_an_inferred_delete_has_an_effect_and_no_author(config, broker):
    author(config, 1, "alice")
    broker.write(change("c", 10, None, row(1)))
    read(broker)
    broker.write(event(2, 90, op="r", snapshot="last"))
    read(broker)
    found = """
        select row_key, op, is_inferred, outcome, login, committed_at
        from ops.config_effects order by effect_id
    """
    assert run(config, "transformer", found)[1:] == [
        ("[1]", "d", True, "waiting", None, None)
    ]
    assert outcomes(config)["[1]", "c"] == "overtaken"


def test_a_later_change_overtakes_one_that_waits_and_none_that_is_applied(
    config, broker
):
    broker.write(*[change("c", 10 + key, None, row(key)) for key in (1, 2, 3)])
    read(broker)
    with loader() as connection:
        first, second, _ = status.open_changes(connection)
        status.applied(connection, [first], "a test")
        status.rejected(connection, [second], "no such symbol")
    later = [change("u", 20, row(k), row(k, value="x"), position=k) for k in (1, 2, 3)]
    broker.write(*later)
    read(broker)
    found = outcomes(config)
    assert [found[f"[{key}]", "c"] for key in (1, 2, 3)] == [
        "applied",
        "overtaken",
        "overtaken",
    ]
    assert {found[f"[{key}]", "u"] for key in (1, 2, 3)} == {"waiting"}
    reason = "select row_key, reason from ops.config_effects where reason is not null"
    assert run(config, "transformer", reason) == [("[2]", "no such symbol")]
    with loader() as connection:  # whoever applies it too late does not win
        status.applied(connection, [second], "a test")
    assert outcomes(config)["[2]", "c"] == "overtaken"


def test_a_change_that_comes_late_is_overtaken_by_its_place_not_its_arrival(
    config, broker
):
    early = {**row(1), "colour": "red"}
    broker.write(change("c", 10, None, early), change("u", 30, row(1), row(1, value=1)))
    broker.write(change("u", 40, row(1), row(1, value="two")))
    read(broker)  # the first two are refused: `colour` is not declared, 1 is no text
    assert effects(config) == [("things", "[1]", "u", "waiting")]
    run(config, None, "alter table config.things add column colour text")
    with warehouse.connect("loader", "test") as connection:
        dead_letters.retry(connection, declared_tables(connection))
        dead_letters.retry(connection, declared_tables(connection))
    assert effects(config) == [
        ("things", "[1]", "u", "waiting"),
        ("things", "[1]", "c", "overtaken"),
    ]
    assert open_keys() == ["[1]"]


def test_two_changes_at_one_place_of_the_log_follow_their_position(config, broker):
    broker.write(
        change("u", 50, row(1), row(1, value="first"), position=3),
        change("u", 50, row(1), row(1, value="last"), position=11),
    )
    read(broker)
    with loader() as connection:
        (standing,) = status.open_changes(connection)
    assert standing.changes["value"] == ("one", "last")


@pytest.mark.parametrize("seed", range(3))
def test_in_whatever_order_changes_come_the_last_of_each_row_alone_is_open(
    config, broker, seed
):
    rng = random.Random(seed)
    places = [(10 * lsn, position) for lsn in range(1, 13) for position in (1, 2)]
    keys = {place: rng.randrange(4) for place in places}
    sent = [
        change(
            "u", lsn, row(key), row(key, value=f"{lsn} {position}"), position=position
        )
        for (lsn, position), key in keys.items()
    ]
    rng.shuffle(sent)
    while sent:
        size = rng.randint(1, 6)
        broker.write(*sent[:size], *rng.sample(sent[:size], 1))
        read(broker)
        sent = sent[size:]
    last = {key: place for place, key in keys.items()}
    open_ones = """
        select row_key, lsn, transaction_position from ops.config_effects
        where outcome <> 'overtaken'
    """
    assert {
        (json.loads(key)[0], (lsn, position))
        for key, lsn, position in run(config, "transformer", open_ones)
    } == set(last.items())
    assert run(config, None, "select count(*) from ops.config_effects") == [(24,)]


def test_the_author_is_known_by_32_of_64_bits_and_the_newest_counts(config, broker):
    epoch, now = 1 << 32, datetime.now(UTC)
    author(config, epoch + 2, "long ago", COMMITTED - timedelta(days=900))
    author(config, 3 * epoch + 2, "alice", COMMITTED - timedelta(seconds=1))
    author(config, 4 * epoch + 2, "after it", now)
    author(config, 3 * epoch + 3, "somebody else")
    broker.write(change("c", 20, None, row(1)))
    high = (1 << 32) - 1
    author(config, 2 * epoch + high, "bob")
    broker.write(change("c", 30, None, row(2), transaction_id=high))
    read(broker)
    who = "select row_key, login from ops.config_effects order by row_key"
    assert run(config, "transformer", who) == [("[1]", "alice"), ("[2]", "bob")]


def test_a_number_out_of_jsons_bounds_stops_nothing(config, broker):
    run(config, None, "alter table config.things add column rate double precision")
    sent = change("c", 10, None, {**row(1), "rate": 98989}).replace(b"98989", b"1e999")
    absurd = sent.replace(b"1e999", b"1e999999")
    broker.write(sent, absurd.replace(b'"lsn": 10', b'"lsn": 20'))
    done = read(broker)
    assert done.new_count == 2
    changed = "select changes ? 'rate', changes = '{}' from ops.config_effects"
    assert run(config, "transformer", f"{changed} order by lsn") == [
        (True, False),
        (False, True),
    ]


def test_effects_are_complete_after_the_warehouse_went_away_again_and_again(
    config, broker
):
    ended = """
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name like 'bullion config follow%'
            and datname = current_database()
    """
    count = """
        select
            (select count(*) from ops.config_effects),
            to_regclass('bronze_config.things') is not null
    """
    with broker.following():
        for number in range(1, 80):
            broker.write(event(number, 10 * number))
            if number % 10 == 0:
                run(config, None, ended)
            time.sleep(0.01)
        until = time.monotonic() + 300
        while run(config, None, count) != [(79, True)]:
            assert time.monotonic() < until
            time.sleep(0.02)
    same = """
        select count(*), count(distinct c.row_key)
        from bronze_config.things as c
        inner join ops.config_effects as e on c.row_key = e.row_key and c.lsn = e.lsn
            and c._dlt_load_id = e.load_id
    """
    assert run(config, None, same) == [(79, 79)]


def test_what_became_of_a_change_is_told_to_who_listens(config, broker):
    with loader() as heard_by, loader() as connection:
        heard_by.execute(f"listen {status.STATUS_CHANNEL}")
        broker.write(change("c", 10, None, row(1)))
        read(broker)
        (effect,) = status.open_changes(connection)
        assert status.rejected(connection, [effect], "no such symbol") == 1
        (refused,) = status.open_changes(connection)
        assert (refused.outcome, refused.reason) == ("rejected", "no such symbol")
        assert status.applied(connection, [refused], "collect 1") == 1
        assert status.applied(connection, [refused], "collect 2") == 0
        assert status.open_changes(connection) == []
        at = datetime.now(UTC)
        assert status.first_row(connection, [effect], "1.5", at) == 1
        assert status.first_row(connection, [effect], "2.5", at) == 0
        told = [n.payload for n in heard_by.notifies(timeout=1, stop_after=4)]
        (found,) = status.newest_changes(connection)
    assert told[0].startswith("load ")
    assert told[1:] == [str(effect.effect_id)] * 3
    assert (found.outcome, found.applied_by, found.reason) == (
        "applied",
        "collect 1",
        None,
    )
    assert found.attempts_count == 2
    assert (found.first_row_at, found.first_load_id) == (at, "1.5")


def test_a_rejection_has_a_reason(config, broker):
    broker.write(change("c", 10, None, row(1)))
    read(broker)
    with loader() as connection:
        found = status.open_changes(connection)
        with pytest.raises(psycopg.errors.CheckViolation):
            status.rejected(connection, found, "")


def test_a_warehouse_without_the_table_has_no_open_effects(config):
    run(config, None, "drop table ops.config_effects cascade")
    assert open_keys() == []
    bootstrap.apply(**config)


@pytest.mark.parametrize(
    "query",
    [
        "select * from ops.config_authors",
        "insert into ops.config_authors values (1, 'another')",
        "select ops.apply_config_effects('{1}', 'me')",
        "select ops.reject_config_effects('{1}', 'no')",
        "select ops.note_first_row('{1}', '1', now())",
        "select ops.note_config_effects('1')",
        "update ops.config_effects set login = 'another'",
        "select config.note_author()",
    ],
)
def test_who_writes_the_configuration_does_not_write_its_proof(config, query):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(config, "operator", query)
    run(config, "operator", "select * from ops.config_effects")


AUTHORS = "select login, role, application_name from ops.config_authors"


def test_a_transaction_has_one_author_however_many_its_statements(config):
    with psycopg.connect(
        **config, options="-c role=operator", application_name="notebook"
    ) as connection:
        for key in range(3):
            connection.execute("insert into config.things values (%s)", (key,))
        connection.execute("update config.things set value = 'x'")
        connection.execute("delete from config.things where id = 1")
        number = "select pg_current_xact_id()::text::bigint"
        ((transaction_id,),) = connection.execute(number).fetchall()
    assert run(config, "transformer", AUTHORS) == [
        (config["user"], "operator", "notebook")
    ]
    noted = "select transaction_id from ops.config_authors"
    assert run(config, "transformer", noted) == [(transaction_id,)]


def test_what_is_undone_and_what_changes_no_row_has_no_author(config):
    with acting(config, "operator") as connection:
        connection.execute("update config.things set value = 'x' where false")
        undone(connection)
        assert run(config, "transformer", AUTHORS) == []
        with connection.transaction():
            undone(connection)
            connection.execute("insert into config.things values (2)")
    assert len(run(config, "transformer", AUTHORS)) == 1


def test_a_table_of_an_earlier_release_gets_its_authors_at_the_next_bootstrap(config):
    run(config, None, "drop trigger note_author on config.things")
    run(config, None, "drop trigger note_author on config.exchanges")
    bootstrap.apply(**config)
    run(config, "operator", "insert into config.things values (1)")
    run(config, "operator", "insert into config.exchanges values ('kraken')")
    assert len(run(config, "transformer", AUTHORS)) == 2


def test_a_table_that_is_added_while_the_consumer_runs_has_history_effects_authors(
    config, broker
):
    """One declaration: nothing is started again, and nothing else is said of it."""
    topic = f"{PREFIX}.config.funding"
    with broker.following() as done:
        broker.write(event(1, 10))
        until(lambda: done.new_count == 1)
        run(config, None, FUNDING)
        with acting(config, "operator") as connection, connection.transaction():
            connection.execute("insert into config.funding values ('BTC/USDT:USDT', 8)")
            number = "select pg_current_xact_id()::text::bigint"
            ((transaction_id,),) = connection.execute(number).fetchall()
        sent = json.loads(event(1, 50, table="funding"))
        sent["after"] = {"symbol": "BTC/USDT:USDT", "hours": 8}
        sent["source"]["txId"] = transaction_id & 0xFFFFFFFF
        broker.create(topic)
        broker.write(json.dumps(sent).encode(), topic=topic)
        until(lambda: done.new_count == 2)
    assert broker.logs == 1
    history = "select op, after::jsonb ->> 'hours' from bronze_config.funding"
    assert run(config, "transformer", history) == [("c", "8")]
    who = """
        select row_key, login, role from ops.config_effects
        where table_name = 'funding'
    """
    assert run(config, "transformer", who) == [
        ('["BTC/USDT:USDT"]', config["user"], "operator")
    ]


def undone(connection):
    with connection.transaction(force_rollback=True):
        connection.execute("insert into config.things values (1)")


def until(is_so, wait_s=300):
    deadline = time.monotonic() + wait_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
