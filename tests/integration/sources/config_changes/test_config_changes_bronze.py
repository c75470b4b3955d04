"""Changes in bronze: each once, as finished loads, with where reading ended."""

import random
import threading
import time

import psycopg
import pytest

from pipelines import warehouse
from pipelines.config.declaration import declared_tables
from pipelines.errors import BusyError, UpstreamError
from pipelines.sources.config_changes import dead_letters, follow, history
from pipelines.sources.config_changes.session import Followed
from tests.contents.roles import run
from tests.fakes.memory_log import (
    DECLARED,
    PREFIX,
    THINGS,
    MemoryBroker,
    event,
    without_waiting,
)
from tests.unit.sources.config_changes.test_config_changes_fold import (
    history as table_history,
)

HELD = """
select lsn, op, row_key from bronze_config.things
order by lsn, is_inferred desc, transaction_position, row_key
"""


@pytest.fixture
def config(database, monkeypatch):
    """A warehouse with one config table; no waiting for what a test says has come."""
    without_waiting(monkeypatch)
    run(database, None, DECLARED)
    return database


@pytest.fixture
def broker():
    return MemoryBroker(THINGS)


def read(broker):
    """Follow until all is read; what was done, and said."""
    said: list[str] = []
    done = follow.follow(
        broker.open,
        PREFIX,
        threading.Event(),
        until_current=True,
        followed=Followed(say=said.append),
    )
    return done, said


def held(parameters):
    return run(parameters, "transformer", HELD)


def standing(parameters):
    with psycopg.connect(**parameters, autocommit=True) as connection:
        return {
            key: found.row["value"]
            for key, found in history.standing_rows(connection, "things").items()
        }


def test_every_event_is_a_row_with_all_that_is_known_of_it(config, broker):
    broker.write(event(1, 10, share="0.90"), event(1, 20, op="u", position=7), None)
    read(broker)
    topic_id = broker.topics[THINGS][0]
    rows = run(
        config,
        "transformer",
        """
        select op, row_key, after::jsonb ->> 'share', transaction_id, lsn,
            transaction_position, snapshot, is_inferred, committed_at_us,
            captured_at_us, topic, topic_id, topic_partition, topic_offset, origin,
            received_at > now() - interval '1 minute'
        from bronze_config.things order by lsn
        """,
    )
    stamps = (1763681234567123, 1763681234600000)
    place, provenance = (THINGS, topic_id, 0), ("kafka://memory", True)
    assert rows == [
        ("c", "[1]", "0.90", 1, 10, 1, None, False, *stamps, *place, 0, *provenance),
        ("u", "[1]", None, 2, 20, 7, None, False, *stamps, *place, 1, *provenance),
    ]


def test_a_batch_is_a_finished_load_that_dbt_can_claim(config, broker):
    broker.write(event(1, 10), event(2, 20), b"{")
    read(broker)
    loads = run(
        config,
        "transformer",
        """
        select l.rows_count, b.feed, l.bytes_count > 0, l.load_id = t._dlt_load_id
        from ops.loads as l
        inner join ops.batches as b on l.batch_id = b.batch_id
        cross join (select distinct _dlt_load_id from bronze_config.things) as t
        """,
    )
    # two changes, a message in quarantine, a page
    assert loads == [(4, "bronze_config", True, True)]
    deliveries = "select table_name, rows_count from ops.deliveries order by 1"
    assert run(config, "transformer", deliveries) == [
        ("pages", 1),
        ("quarantine", 1),
        ("things", 2),
    ]
    assert run(config, "transformer", "select ops.register_loads('bronze_config')") == [
        (0,)
    ]


def test_reading_again_brings_nothing_and_leaves_nothing(config, broker):
    broker.write(event(1, 10))
    read(broker)
    before = run(config, None, "select count(*) from ops.batches")
    assert read(broker)[0].messages_count == 0
    assert run(config, None, "select count(*) from ops.batches") == before


def test_rows_of_one_copy_share_an_lsn_and_stand_each(config, broker):
    copy = [event(key, 50, position=key + 1) for key in range(1000)]
    broker.write(*copy, *copy[:300])
    done, _ = read(broker)
    assert (done.messages_count, done.new_count) == (1300, 1000)
    assert len(standing(config)) == 1000


def test_a_changed_key_is_a_delete_and_a_create_of_one_lsn(config, broker):
    broker.write(event(1, 10), event(1, 20, op="d"), None, event(2, 20, position=2))
    read(broker)
    assert held(config) == [(10, "c", "[1]"), (20, "d", "[1]"), (20, "c", "[2]")]
    assert set(standing(config)) == {"[2]"}


def test_events_delivered_again_at_other_offsets_change_nothing(config, broker):
    events = [event(1, 10), event(2, 20), event(1, 30, op="u"), event(2, 40, op="d")]
    broker.write(*events)
    read(broker)
    once, stands = held(config), standing(config)
    broker.write(*events[1:], *events)
    assert read(broker)[0].new_count == 0
    assert (held(config), standing(config)) == (once, stands)


def test_a_topic_made_anew_is_read_from_its_beginning_and_folds_by_source(
    config, broker
):
    broker.write(*[event(key, 10 * key) for key in range(1, 6)])
    read(broker)
    broker.create(THINGS)
    # what was there comes again, with something older and something newer
    broker.write(event(5, 50), event(9, 5), event(1, 60, op="u"))
    done, said = read(broker)
    assert (done.messages_count, done.new_count) == (3, 2)
    assert "made anew" in said[0]
    assert standing(config)["[1]"] == "1 at 60"
    assert len(standing(config)) == 6


def test_a_log_that_was_cut_is_read_from_its_beginning_not_waited_for(config, broker):
    broker.write(*[event(key, 10 * key) for key in range(1, 6)])
    read(broker)
    del broker.topics[THINGS][1][2:]
    done, said = read(broker)
    assert (done.messages_count, done.new_count) == (2, 0)
    assert "its log was cut" in said[0]
    # and when it has grown past the place again, nothing of it is left out
    broker.write(*[event(key, 10 * key) for key in range(6, 12)])
    assert read(broker)[0].new_count == 6


def test_a_poison_message_goes_to_both_places_and_the_rest_goes_on(config, broker):
    broker.write(event(1, 10), b"\xff\x00{", event(2, 20, value=5), event(3, 30))
    done, said = read(broker)
    assert (done.new_count, done.refused_count) == (2, 2)
    assert [dead.message.offset for dead in broker.dead] == [1, 2]
    told = [sentence for sentence in said if sentence.startswith("quarantined")]
    assert [sentence.partition(": ")[2] for sentence in told] == [
        f"{THINGS} 0/1: not UTF-8 at byte 0",
        f"{THINGS} 0/2: column 'value': 5 for text, which is no text",
    ]
    raw = "select raw, raw_encoding from bronze_config.quarantine order by topic_offset"
    assert run(config, "transformer", raw)[0] == ("/wB7", "base64")


def test_a_dead_letter_is_taken_in_at_its_place_once_it_is_mended(config, broker):
    broker.write(event(1, 10, colour="red"), event(2, 20), b"{")
    read(broker)
    broker.write(event(1, 30, op="u", value="newer"))
    read(broker)
    run(config, None, "alter table config.things add column colour text")
    with warehouse.connect("loader", "test") as connection:
        declared = declared_tables(connection)
        done = dead_letters.retry(connection, declared)
        assert (done.reprocessed_count, done.new_count) == (1, 1)
        assert [dead.reason[:8] for dead in done.refused] == ["not JSON"]
        again = dead_letters.retry(connection, declared)
        assert (again.reprocessed_count, len(again.refused)) == (0, 1)
    assert held(config) == [(10, "c", "[1]"), (20, "c", "[2]"), (30, "u", "[1]")]
    assert standing(config) == {"[1]": "newer", "[2]": "2 at 20"}


def test_an_added_column_and_an_added_table_are_taken_up_while_it_runs(config, broker):
    others = "bullion.config.others"
    with broker.following() as done:
        run(config, None, "alter table config.things add column colour text")
        broker.write(event(1, 10, colour="red"))
        run(config, None, "create table config.others (id integer primary key)")
        broker.create(others)
        broker.write(event(1, 20, table="others", id=1), topic=others)
        wait_for(lambda: done.new_count == 2)
    assert done.refused_count == 0


def test_rows_that_a_new_snapshot_does_not_hold_become_explicit_deletes(config, broker):
    run(config, None, "create table config.others (id integer primary key, value text)")
    others = "bullion.config.others"
    broker.create(others)
    broker.write(*[event(key, 10, position=key) for key in (1, 2, 3)])
    broker.write(event(7, 20, table="others"), topic=others)
    read(broker)
    broker.write(event(2, 90, op="r", snapshot="first"))
    done, said = read(broker)
    assert done.inferred_count == 0  # it is not read whole
    broker.write(event(3, 90, op="r", snapshot="last"))
    done, said = read(broker)
    assert done.inferred_count == 2
    assert any("things: 1 rows vanished" in sentence for sentence in said)
    assert set(standing(config)) == {"[2]", "[3]"}
    inferred = """
        select op, row_key, lsn, before::jsonb ->> 'value', topic_offset
        from bronze_config.{} where is_inferred
    """
    assert run(config, None, inferred.format("things")) == [
        ("d", "[1]", 90, "1 at 10", None)
    ]
    assert run(config, None, inferred.format("others")) == [
        ("d", "[7]", 90, "7 at 20", None)
    ]
    assert read(broker)[0].inferred_count == 0


def test_a_table_that_a_snapshot_left_out_loses_nothing(config, broker):
    """A snapshot of single tables can be asked for: what it read not still holds."""
    run(config, None, "create table config.others (id integer primary key)")
    run(config, None, "insert into config.others values (7)")
    others = "bullion.config.others"
    broker.create(others)
    broker.write(event(7, 20, table="others", id=7), topic=others)
    broker.write(event(1, 90, op="r", snapshot="last"))
    assert read(broker)[0].inferred_count == 0


def test_what_is_streamed_after_a_snapshot_stands_after_it(config, broker):
    """A transaction open across it wrote to the log before, and committed after it."""
    broker.write(event(1, 10), event(2, 20))
    read(broker)
    broker.write(event(1, 90, op="r", snapshot="true", value="old"))
    broker.write(event(2, 90, op="r", snapshot="last", value="old"))
    broker.write(event(1, 50, op="u"), event(2, 60, op="d"), event(3, 70))
    for _ in range(2):
        assert read(broker)[0].inferred_count == 0
        assert standing(config) == {"[1]": "1 at 50", "[3]": "3 at 70"}
    broker.write(event(1, 190, op="r", snapshot="last", value="1 at 50"))
    assert read(broker)[0].inferred_count == 1
    assert set(standing(config)) == {"[1]"}


def test_what_was_told_before_a_snapshot_and_again_after_it_stands_before_it(
    config, broker
):
    told = [event(1, 10), event(2, 20), event(1, 30, op="u")]
    broker.write(*told)
    read(broker)
    for number, key in enumerate((1, 2)):
        kind = "last" if number else "true"
        broker.write(event(key, 90, op="r", snapshot=kind, value="read"))
    broker.write(*told)
    assert read(broker)[0].new_count == 2
    assert standing(config) == {"[1]": "read", "[2]": "read"}
    broker.create(THINGS)
    broker.write(*told)
    assert read(broker)[0].new_count == 0
    assert standing(config) == {"[1]": "read", "[2]": "read"}


def test_a_dead_letter_that_was_told_before_a_snapshot_stands_before_it(config, broker):
    broker.write(event(1, 10, colour="red"))
    broker.write(event(1, 90, op="r", snapshot="last"))
    broker.write(event(1, 50, op="u", colour="blue", value="after"))
    read(broker)
    run(config, None, "alter table config.things add column colour text")
    assert standing(config) == {"[1]": "1 at 90"}
    with warehouse.connect("loader", "test") as connection:
        declared = declared_tables(connection)
        assert dead_letters.retry(connection, declared).new_count == 2
    assert standing(config) == {"[1]": "after"}


def test_offsets_that_are_given_anew_when_a_log_was_cut_say_nothing(config, broker):
    broker.write(*[event(key, 10 * key) for key in range(1, 6)])
    read(broker)
    del broker.topics[THINGS][1][1:]
    times = {"captured_at_ms": 1763681299999}
    broker.write(event(5, 90, op="r", snapshot="last", value="read", **times))
    done, said = read(broker)
    assert "its log was cut" in said[0]
    assert done.inferred_count == 4
    assert standing(config) == {"[5]": "read"}


@pytest.mark.parametrize("seed", range(8))
def test_bronze_tells_what_the_fold_does(config, broker, seed):
    rng, steps = random.Random(seed), []
    kinds = ("put", "delete", "unseen", "open_across", "told_after", "truncate")
    for kind in rng.choices(kinds, weights=(6, 3, 2, 4, 3, 1), k=20):
        key, what = rng.randint(1, 5), rng.choice(("put", "delete"))
        given = {
            "unseen": (what, key),
            "told_after": (what, key),
            "open_across": ([key, key % 5 + 1],),
            "truncate": (),
        }
        steps.append((kind, *given.get(kind, (key,))))
    source = table_history(steps)
    broker.write(*[line.encode() for line in source.said])
    read(broker)
    expected = {f"[{key}]": row["value"] for key, row in source.rows.items()}
    assert standing(config) == expected


def test_a_second_consumer_is_refused_by_name(config, broker):
    with (
        warehouse.locked([follow.LOCK], "first"),
        pytest.raises(BusyError, match="bullion first"),
    ):
        read(broker)


def test_the_warehouse_going_away_costs_a_session_and_no_change(config, broker):
    with broker.following():
        for number in range(1, 60):
            broker.write(event(number, 10 * number))
            if number % 20 == 0:
                # one that reads, and not one that still waits for the lock
                wait_for(lambda session=number // 20: broker.logs == session)
                assert end_sessions(config)
            time.sleep(0.01)
        wait_for(lambda: broker.logs == 3)
        wait_for(lambda: len(held(config)) == 59)
    assert [lsn for lsn, _, _ in held(config)] == [10 * n for n in range(1, 60)]


def test_the_broker_being_away_ends_only_a_run_that_should_end(
    config, broker, monkeypatch
):
    broker.is_away = True
    monkeypatch.setattr(follow, "PATIENCE_S", 0.2)
    with pytest.raises(UpstreamError, match="away"):
        read(broker)
    with broker.following() as done:
        broker.write(event(1, 10))
        time.sleep(0.3)
        broker.is_away = False
        wait_for(lambda: done.new_count == 1)


def test_whoever_is_re_configured_hears_of_each_batch(config, broker):
    with warehouse.connect("loader", "test") as connection:
        connection.execute("listen bullion_config")
        broker.write(event(1, 10))
        read(broker)
        (heard,) = connection.notifies(timeout=60, stop_after=1)
    loads = run(config, None, "select load_id from ops.loads")
    assert [(heard.payload,)] == loads


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("bronze_exchange", "loaded by dlt"),
        ("bronze_nothing", "'bronze_nothing' is no schema of bronze"),
        ("config", "'config' is no schema of bronze"),
    ],
)
def test_only_a_streams_schema_can_be_registered_so(config, schema, sentence):
    made = "create schema {0}; create table {0}._dlt_loads (load_id text)"
    run(config, "loader", made.format("bronze_exchange"))
    with pytest.raises(psycopg.errors.RaiseException, match=sentence):
        run(config, "loader", f"select ops.register_stream_load('{schema}', '1', 1)")


def end_sessions(parameters):
    return run(
        parameters,
        None,
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name like 'bullion config follow%'"
        " and datname = current_database()",
    )


def wait_for(is_done):
    deadline = time.monotonic() + 300
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.01)
