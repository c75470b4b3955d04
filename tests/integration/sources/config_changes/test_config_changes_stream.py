"""From a commit in Postgres through Debezium and Kafka into bronze, all real."""

import json
import statistics
import threading
import time
from contextlib import contextmanager

import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaProducer

from pipelines.local import change_topics, kafka_users
from pipelines.local.debezium_properties import DEAD_LETTERS_TOPIC, PREFIX
from pipelines.settings import settings
from pipelines.sources.config_changes import dead_letters, history
from pipelines.sources.config_changes.broker import KafkaLog
from pipelines.sources.config_changes.follow import follow
from pipelines.sources.config_changes.session import Followed
from pipelines.sources.config_changes.tables import streamed_tables
from tests.fakes.memory_log import source_of
from tests.services import stream
from tests.services.stream import kafka  # noqa: F401

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
FOLLOW = "from pipelines.cli.main import main; main()"
EACH = """
select row_key, lsn, transaction_position, count(*) over (partition by row_key)
from bronze_config.things order by lsn, transaction_position
"""


@pytest.fixture
def source(database, kafka, monkeypatch):  # noqa: F811
    """A warehouse whose config tables are streamed; statements run on it as owner."""
    with psycopg.connect(**database, autocommit=True) as connection:
        connection.execute(TABLES)
        for name, value in stream.given(kafka.access).items():
            monkeypatch.setenv(name, value)
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
        args=(lambda: KafkaLog(kafka.access, DEAD_LETTERS_TOPIC), PREFIX, stop),
        kwargs={"followed": done},
    )
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def wait_for(is_done, wait_s=300):
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
    assert first["at"] == "2024-02-29 10:00:00.123456+00"
    assert first["plain"] == "2024-02-29 12:00:00.123456"
    assert (first["day"], str(first["ratio"])) == ("2024-02-29", "0.1")
    assert first["waits"] == "1 day 02:00:00"

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
    # the budget is 300 for each where nothing else runs: `make bench` holds it to that
    assert spent[0] < 300
    assert p50 < 3000


@pytest.mark.slow
def test_a_flood_is_folded_as_fast_as_it_should(source, kafka):  # noqa: F811
    """The budget is 5,000 changes a second on two cores: `make bench` holds it."""
    count = 50_000
    stream.delete_topics(kafka.access)
    change_topics.create(kafka.access, change_topics.declared(["config.things"], 7))
    producer = KafkaProducer(**kafka.access.client_options, linger_ms=50)
    for number in range(count):
        producer.send(THINGS, key=b"1", value=change(number % 5000, number + 1))
    producer.flush()
    producer.close()
    began, worked = time.monotonic(), time.process_time()
    done = follow(
        lambda: KafkaLog(kafka.access, DEAD_LETTERS_TOPIC),
        PREFIX,
        threading.Event(),
        until_current=True,
    )
    rate = count / (time.monotonic() - began)
    rate_of_work = count / (time.process_time() - worked)
    print(f"{count} changes in {done.batches_count} batches: {rate:,.0f} a second,")
    print(f"{rate_of_work:,.0f} in a second of the consumer's own work")
    assert (done.new_count, len(held(source))) == (count, 5000)
    # what else the machine does slows down its own work, too
    assert rate_of_work > 2000


def test_a_topic_that_is_deleted_is_made_again_and_read_from_its_beginning(
    source,
    kafka,  # noqa: F811
):
    stream.delete_topics(kafka.access)
    with following(kafka) as done:
        wait_for(lambda: topic_ids(kafka))
        before = topic_ids(kafka)
        produce(kafka.access, THINGS, change(1, 10), change(2, 20))
        wait_for(lambda: done.new_count == 2)
        client = KafkaAdminClient(**kafka.access.client_options)
        client.delete_topics([THINGS])
        client.close()
        wait_for(lambda: topic_ids(kafka) not in ([], before))
        produce(kafka.access, THINGS, change(2, 20), change(3, 30))
        wait_for(lambda: done.new_count == 3)
    assert set(held(source)) == {1, 2, 3}
    ids = "select count(distinct topic_id) from bronze_config.pages"
    assert rows(source, ids) == [(2,)]


def topic_ids(kafka):  # noqa: F811
    log = KafkaLog(kafka.access, DEAD_LETTERS_TOPIC)
    try:
        return [place.topic_id for place in log.places([THINGS])]
    finally:
        log.close()


def test_a_poison_message_is_a_dead_letter_with_its_bytes(source, kafka):  # noqa: F811
    stream.delete_topics(kafka.access)
    change_topics.create(kafka.access, change_topics.declared(["config.things"], 7))
    produce(kafka.access, THINGS, change(1, 10), b"\xffpoison", change(2, 20))
    done = follow(
        lambda: KafkaLog(kafka.access, DEAD_LETTERS_TOPIC),
        PREFIX,
        threading.Event(),
        until_current=True,
    )
    assert (done.new_count, done.refused_count) == (2, 1)
    with stream.reading(kafka.access, DEAD_LETTERS_TOPIC) as consumer:
        found = [m for batch in consumer.poll(10_000).values() for m in batch]
    assert [message.value for message in found] == [b"\xffpoison"]
    told = dict(found[0].headers)
    assert (told["topic"], told["offset"]) == (THINGS.encode(), b"1")
    assert told["reason"] == b"not UTF-8 at byte 0"


FORGED = {
    "connector": "mysql",
    "name": "another server",
    "db": "another database",
    "schema": "public",
    "table": "others",
}


def test_what_debezium_did_not_write_is_a_dead_letter_and_the_stream_goes_on(
    source,
    kafka,  # noqa: F811
):
    """By a client that holds the very credential of Debezium."""
    stream.delete_topics(kafka.access)
    change_topics.create(kafka.access, change_topics.declared(["config.things"], 7))
    writer = kafka_users.writer(kafka.access, "correct-horse-battery")
    forged = [change(1, 20, **{field: value}) for field, value in FORGED.items()]
    with following(kafka) as done:
        produce(writer, THINGS, change(1, 10), *forged, change(2, 30))
        wait_for(lambda: done.messages_count == 7)
        produce(writer, THINGS, change(3, 40))
        wait_for(lambda: done.new_count == 3)
    assert done.refused_count == len(FORGED)
    assert held(source).keys() == {1, 2, 3}
    assert held(source)[1]["name"] == "1 at 10"
    with stream.reading(kafka.access, DEAD_LETTERS_TOPIC) as consumer:
        found = [m for batch in consumer.poll(10_000).values() for m in batch]
    reasons = [dict(message.headers)["reason"].decode() for message in found]
    told = zip(FORGED.items(), reasons, strict=True)
    assert [field for (field, value), reason in told if value not in reason] == []
    declared = streamed_tables(source)
    retried = dead_letters.retry(source, declared)
    assert (retried.reprocessed_count, len(retried.refused)) == (0, len(FORGED))


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


def change(key, lsn, **facts):
    source = source_of("things", lsn=lsn, txId=lsn) | facts
    after = {"id": key, "name": f"{key} at {lsn}"}
    event = {"before": None, "after": after, "source": source, "op": "c"}
    return json.dumps(event).encode()


def produce(access, topic, *values):
    producer = KafkaProducer(**access.client_options, acks="all")
    for value in values:
        producer.send(topic, key=b"1", value=value).get(30)
    producer.close()
