"""From a commit in Postgres through Debezium and Kafka into bronze, all real."""

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaProducer

from pipelines.local import change_topics
from pipelines.local.debezium_properties import DEAD_LETTERS_TOPIC, PREFIX
from pipelines.settings import PROJECT_DIR, child_environment, settings
from pipelines.sources.config_changes import history
from pipelines.sources.config_changes.broker import KafkaLog
from pipelines.sources.config_changes.follow import follow
from pipelines.sources.config_changes.session import Followed
from tests.integration import stream
from tests.integration.stream import kafka  # noqa: F401

TABLES = """
drop publication bullion_config;
create table config.things (
    id bigint primary key, name text, rate numeric(20, 10), big numeric, ratio real,
    is_on boolean, tags text[], told jsonb, day date, at timestamptz default now(),
    plain timestamp default now(), waits interval
);
create table config.others (id bigint primary key, name text);
alter table config.things replica identity full;
alter table config.others replica identity full;
grant select on all tables in schema config to cdc;
create publication bullion_config for tables in schema config;
"""
THINGS = change_topics.topic_of("config.things")
FOLLOW = "from pipelines.cli import main; main()"
EACH = """
select row_key, lsn, transaction_position, count(*) over (partition by row_key)
from bronze_config.things order by lsn, transaction_position
"""


@pytest.fixture
def source(database, kafka, monkeypatch):  # noqa: F811
    """A warehouse whose config tables are streamed; statements run on it as owner."""
    with psycopg.connect(**database, autocommit=True) as connection:
        connection.execute(TABLES)
        monkeypatch.setenv("BULLION_KAFKA", kafka.address)
        settings.cache_clear()
        yield connection
    settings.cache_clear()


@pytest.fixture
def debezium(source, database, kafka, tmp_path):  # noqa: F811
    with stream.streaming(tmp_path / "debezium", database, kafka) as service:
        yield service


@contextmanager
def following(kafka):  # noqa: F811
    """The consumer in a thread; what it did."""
    stop, done = threading.Event(), Followed()
    thread = threading.Thread(
        target=follow,
        args=(lambda: KafkaLog(kafka.address, DEAD_LETTERS_TOPIC), PREFIX, stop),
        kwargs={"followed": done},
    )
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def wait_for(is_done, wait_s=60):
    deadline = time.monotonic() + wait_s
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def rows(connection, statement):
    return connection.execute(statement).fetchall()


def held(connection, name="things"):
    there = "select to_regclass(%s) is not null"
    if not connection.execute(there, (f"bronze_config.{name}",)).fetchone()[0]:
        return {}
    return {
        int(json.loads(key)[0]): found.row
        for key, found in history.standing_rows(connection, name).items()
    }


def names(connection):
    return {key: row["name"] for key, row in held(connection).items()}


def stands(connection):
    """What the table itself holds."""
    return dict(rows(connection, "select id, name from config.things"))


@pytest.mark.slow
def test_what_is_committed_stands_in_bronze_exactly(source, debezium, kafka):  # noqa: F811
    source.execute("insert into config.things (id, name) values (0, 'before the slot')")
    with following(kafka):
        source.execute(
            "insert into config.things values (1, 'é \"q\"', 1.1000000001,"
            " 123456789012345678901234567890.123456789, 0.1, true, '{a,null}',"
            " '{\"a\": 1.10}', '2024-02-29', '2024-02-29 12:00:00.123456+02',"
            " '2024-02-29 12:00:00.123456', '1 day 2 hours')"
        )
        with (
            source.cursor() as cursor,
            cursor.copy("copy config.things (id, name) from stdin") as copy,
        ):
            for key in range(1000, 2000):
                copy.write_row((key, f"copied {key}"))
        source.execute("update config.things set id = 5000 where id = 1500")
        source.execute("delete from config.things where id = 1999")
        source.execute(
            "insert into config.things (id, name) values (3, repeat('x', 1 << 20))"
        )
        source.execute("update config.things set rate = 2 where id = 3")
        wait_for(lambda: names(source) == stands(source))
        wait_for(lambda: held(source)[3]["rate"] == "2.0000000000")

    first = held(source)[1]
    assert first["rate"] == "1.1000000001"
    assert first["big"] == "123456789012345678901234567890.123456789"
    assert (first["name"], first["is_on"], first["tags"]) == (
        'é "q"',
        True,
        ["a", None],
    )
    assert json.loads(first["told"]) == {"a": 1.1}
    assert first["at"] == "2024-02-29T10:00:00.123456Z"
    assert first["plain"] == 1709208000123456
    assert (first["day"], str(first["ratio"])) == (19782, "0.1")

    copied = rows(
        source,
        "select count(*), count(distinct lsn), count(distinct transaction_position)"
        " from bronze_config.things where after::jsonb ->> 'name' like 'copied %'"
        " and op = 'c' and row_key <> '[5000]'",
    )[0]
    assert copied[0] == 1000
    assert copied[1] < 1000  # rows of one COPY share LSNs
    assert copied[2] == 1000
    moved = rows(
        source,
        "select d.op, c.op, d.lsn = c.lsn from bronze_config.things as d"
        " inner join bronze_config.things as c on d.lsn = c.lsn"
        " where d.row_key = '[1500]' and d.op = 'd' and c.row_key = '[5000]'",
    )
    assert moved == [("d", "c", True)]
    assert rows(source, "select * from bronze_config.quarantine") == []


@pytest.mark.slow
def test_alone_a_change_is_durable_at_once(source, debezium, kafka):  # noqa: F811
    with following(kafka):
        source.execute("insert into config.things (id, name) values (0, 'first')")
        wait_for(lambda: names(source) == {0: "first"})
        spent = []
        for number in range(1, 41):
            source.execute("insert into config.things (id) values (%s)", (number,))
            began = time.monotonic()
            wait_for(
                lambda key=f"[{number}]": (
                    source.execute(
                        "select from bronze_config.things where row_key = %s", (key,)
                    ).fetchone()
                    is not None
                )
            )
            spent.append((time.monotonic() - began) * 1000)
            time.sleep(0.05)
    spent.sort()
    p50, p95 = statistics.median(spent), spent[37]
    stages = """
        select
            percentile_cont(0.5) within group (
                order by captured_at_us - committed_at_us
            ),
            percentile_cont(0.5) within group (
                order by extract(epoch from received_at) * 1e6 - captured_at_us
            )
        from bronze_config.things
    """
    captured, received = (us / 1000 for us in rows(source, stages)[0])
    print(f"to Debezium {captured:.0f} ms, on to the consumer {received:.0f} ms (p50)")
    print(
        f"commit to bronze: p50 {p50:.0f} ms, p95 {p95:.0f} ms, max {spent[-1]:.0f} ms"
    )
    # the budget is 300 on two cores that do nothing else: `make bench` holds it to that
    assert p50 < 1000


@pytest.mark.slow
def test_kill_9_of_the_consumer_leaves_each_change_once(source, debezium, kafka):  # noqa: F811
    def start():
        return subprocess.Popen(
            [sys.executable, "-c", FOLLOW, "config", "follow"],
            cwd=PROJECT_DIR,
            env=child_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    stop = threading.Event()
    writer = threading.Thread(target=write_until, args=(source.info.dsn, stop))
    writer.start()
    try:
        for _ in range(3):
            consumer = start()
            before = len(names(source))
            wait_for(lambda before=before: len(names(source)) > before)
            consumer.send_signal(signal.SIGKILL)
            consumer.wait()
    finally:
        stop.set()
        writer.join()
    consumer = start()
    try:
        wait_for(lambda: names(source) == stands(source))
    finally:
        consumer.send_signal(signal.SIGTERM)
        assert consumer.wait(20) == 0
    found = rows(source, EACH)
    assert len(found) == len({row[0] for row in found}) == len(stands(source))
    print(f"{len(found)} changes, each once, after three kill -9")
    gaps = """
        select count(*) from (
            select from_offset - lag(until_offset) over (order by until_offset) as gap
            from bronze_config.pages where topic = 'bullion.config.things'
        ) as pages where gap <> 0
    """
    assert rows(source, gaps) == [(0,)]


@pytest.mark.slow
def test_kill_9_of_all_that_is_upstream_leaves_each_change_once(
    source,
    debezium,
    kafka,  # noqa: F811
):
    stop = threading.Event()
    writer = threading.Thread(target=write_until, args=(source.info.dsn, stop))
    writer.start()
    try:
        with following(kafka):
            for victims in ([kafka], [debezium], [kafka, debezium]):
                before = len(names(source))
                wait_for(lambda before=before: len(names(source)) > before)
                for victim in victims:
                    os.kill(victim.pid, signal.SIGKILL)
                end_sessions(source)
                before = len(names(source))
                wait_for(lambda before=before: len(names(source)) > before, 180)
            stop.set()
            writer.join()
            wait_for(lambda: names(source) == stands(source), 180)
    finally:
        stop.set()
        writer.join()
    found = rows(source, EACH)
    assert len(found) == len({row[0] for row in found}) == len(stands(source))
    print(f"{len(found)} changes, each once, after kills of Kafka and Debezium")


def end_sessions(connection):
    """The consumer's backend is ended too: its connection breaks."""
    connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name like 'bullion config follow%'"
        " and datname = current_database()"
    )


def write_until(dsn, stop):
    with psycopg.connect(dsn, autocommit=True) as connection:
        number = 0
        while not stop.is_set():
            number += 1
            connection.execute(
                "insert into config.things (id, name) values (%s, 'written')", (number,)
            )
            time.sleep(0.003)


@pytest.mark.slow
def test_a_flood_is_folded_as_fast_as_it_should(source, kafka):  # noqa: F811
    """The budget is 5,000 changes a second on two cores that do nothing else."""
    count = 50_000
    stream.delete_topics(kafka.address)
    change_topics.create(kafka.address, change_topics.declared(["config.things"], 7))
    producer = KafkaProducer(bootstrap_servers=kafka.address, linger_ms=50)
    for number in range(count):
        producer.send(THINGS, key=b"1", value=change(number % 5000, number + 1))
    producer.flush()
    producer.close()
    began = time.monotonic()
    done = follow(
        lambda: KafkaLog(kafka.address, DEAD_LETTERS_TOPIC),
        PREFIX,
        threading.Event(),
        until_current=True,
    )
    rate = count / (time.monotonic() - began)
    print(f"{count} changes in {done.batches_count} batches: {rate:,.0f} a second")
    assert (done.new_count, len(held(source))) == (count, 5000)
    assert rate > 1000


def test_a_topic_deleted_and_made_anew_is_taken_up_while_it_runs(source, kafka):  # noqa: F811
    stream.delete_topics(kafka.address)
    topics = change_topics.declared(["config.things"], 7)
    change_topics.create(kafka.address, topics)
    with following(kafka) as done:
        produce(kafka, THINGS, change(1, 10), change(2, 20))
        wait_for(lambda: done.new_count == 2)
        client = KafkaAdminClient(bootstrap_servers=kafka.address)
        client.delete_topics([THINGS])
        wait_for(lambda: THINGS not in client.list_topics())
        client.close()
        change_topics.create(kafka.address, topics)
        produce(kafka, THINGS, change(2, 20), change(3, 30))
        wait_for(lambda: done.new_count == 3)
    assert set(held(source)) == {1, 2, 3}
    ids = "select count(distinct topic_id) from bronze_config.pages"
    assert rows(source, ids) == [(2,)]


def test_a_poison_message_is_a_dead_letter_with_its_bytes(source, kafka):  # noqa: F811
    stream.delete_topics(kafka.address)
    change_topics.create(kafka.address, change_topics.declared(["config.things"], 7))
    produce(kafka, THINGS, change(1, 10), b"\xffpoison", change(2, 20))
    done = follow(
        lambda: KafkaLog(kafka.address, DEAD_LETTERS_TOPIC),
        PREFIX,
        threading.Event(),
        until_current=True,
    )
    assert (done.new_count, done.refused_count) == (2, 1)
    with stream.reading(kafka.address, DEAD_LETTERS_TOPIC) as consumer:
        found = [m for batch in consumer.poll(10_000).values() for m in batch]
    assert [message.value for message in found] == [b"\xffpoison"]
    told = dict(found[0].headers)
    assert (told["topic"], told["offset"]) == (THINGS.encode(), b"1")
    assert told["reason"] == b"not UTF-8 at byte 0"


@pytest.mark.slow
def test_a_fresh_snapshot_after_a_lost_slot_deletes_what_vanished(
    source,
    database,
    kafka,  # noqa: F811
    tmp_path,
):
    source.execute("insert into config.things (id, name) values (1, 'a'), (2, 'b')")
    source.execute("insert into config.others (id, name) values (7, 'only')")
    with stream.streaming(tmp_path / "one", database, kafka), following(kafka):
        wait_for(lambda: names(source) == stands(source))
        wait_for(lambda: set(held(source, "others")) == {7})
    source.execute("delete from config.things where id = 1")
    source.execute("delete from config.others")
    source.execute("truncate cdc.debezium_offset_storage")
    with stream.streaming(tmp_path / "two", database, kafka), following(kafka) as done:
        wait_for(lambda: done.inferred_count == 2)
    assert set(held(source)) == {2}
    assert held(source, "others") == {}
    inferred = "select row_key, op from bronze_config.things where is_inferred"
    assert rows(source, inferred) == [("[1]", "d")]


def change(key, lsn):
    source = {"schema": "config", "table": "things", "lsn": lsn, "txId": lsn}
    after = {"id": key, "name": f"{key}"}
    event = {"before": None, "after": after, "source": source, "op": "c"}
    return json.dumps(event).encode()


def produce(kafka, topic, *values):  # noqa: F811
    producer = KafkaProducer(bootstrap_servers=kafka.address, acks="all")
    for value in values:
        producer.send(topic, key=b"1", value=value).get(30)
    producer.close()
