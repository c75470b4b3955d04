"""Doctor and the flow `check stream`: each part that breaks is named with its mend."""

import re
import signal
import subprocess
import sys
import time

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType
from prefect.logging import disable_run_logger

from pipelines import warehouse
from pipelines.config import status
from pipelines.doctor.examination import examination
from pipelines.doctor.stream import changes, checks, heartbeat, slot, topics
from pipelines.local import change_topics
from pipelines.local.service import bring_up, take_down
from pipelines.settings import settings
from pipelines.sources.config_changes.follow import LOCK as FOLLOWS
from prefect_flows.check_stream import check_stream
from prefect_flows.follow_config import follow_config
from tests.services.guarded_stream import (
    carry_out,
    chain,
    debezium,
    differ,
    owner,
    take_in,
)
from tests.services.prefect_server import prefect_server

__all__ = ["chain", "debezium", "owner"]

EXCHANGES = change_topics.topic_of("config.exchanges")
NAMES = list(checks.CHECKS)

pytestmark = pytest.mark.slow


def look(name):
    return checks.CHECKS[name].run()


def wait_for(is_done, wait_s=300):
    deadline = time.monotonic() + wait_s
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def admin(kafka):
    return KafkaAdminClient(**kafka.access.client_options)


def test_of_a_chain_that_is_well_every_look_is(chain):
    carry_out()
    wait_for(lambda: look("heartbeat").ok)
    found = {check.name: check for check in examination()}
    assert set(NAMES) < set(found)
    assert {n: found[n].meaning for n in NAMES if not found[n].ok} == {}
    assert "through Postgres, Debezium and Kafka" in found["heartbeat"].meaning
    assert found["kafka"].meaning.endswith(", to the user bullion, by password")
    assert "of WAL of 16.0 MB" in found["slot"].meaning
    assert "nobody follows" in found["consumer"].meaning


def test_where_nobody_reads_slot_and_heartbeat_say_what_is_missing(
    chain, debezium, monkeypatch
):
    wait_for(lambda: look("heartbeat").ok)
    take_down(debezium)
    chain.execute("update config.exchanges set budget_share = 0.5")
    assert look("debezium").mend.startswith("start the Debezium Server that")
    assert look("slot").is_warning
    monkeypatch.setattr(slot, "RESTART_S", 0)
    assert "nobody reads the slot since" in look("slot").meaning
    monkeypatch.setattr(heartbeat, "LATE_S", -1)
    assert look("heartbeat").is_warning
    monkeypatch.setattr(heartbeat, "SILENT_S", -1)
    found = look("heartbeat")
    assert not found.ok
    assert "Debezium does not answer" in found.meaning
    # what can not have come is no difference
    assert "2 rows are on their way: Debezium does not read" in look("history").meaning
    bring_up(debezium)


def test_what_waits_is_told_with_its_age_and_who_should_read_it(
    chain, debezium, monkeypatch
):
    chain.execute("update config.exchanges set budget_share = budget_share / 2")
    wait_for(lambda: f"in {EXCHANGES} wait, the oldest" in look("consumer").meaning)
    assert look("consumer").ok
    meaning = look("history").meaning
    assert re.search("2 rows are on their way: [0-9]+ messages wait", meaning), meaning
    monkeypatch.setattr(topics, "LATE_S", 0)
    found = look("consumer")
    assert (found.ok, found.mend) == (False, "bullion config follow")
    assert "nobody follows: no change of configuration is taken up" in found.meaning
    monkeypatch.setattr(topics, "DAY_S", 0)
    assert "behind by half of the 7 days" in look("consumer").meaning
    with warehouse.locked([FOLLOWS], "config follow"):
        assert "followed by bullion config follow, pid" in look("consumer").meaning


def test_a_topic_that_is_gone_or_keeps_less_is_named(chain, kafka):
    client = admin(kafka)
    kept = {"min.compaction.lag.ms": "1000"}
    client.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, EXCHANGES, configs=kept)]
    )
    wait_for(lambda: not look("topics").ok)  # the broker follows its controller
    found = look("topics")
    assert (found.ok, found.mend) == (False, "bullion stream prepare")
    assert f"{EXCHANGES} has min.compaction.lag.ms=1000, not 604800000" in found.meaning
    change_topics.create(kafka.access, change_topics.declared(["config.exchanges"], 7))
    wait_for(lambda: look("topics").ok)

    topic = change_topics.topic_of("config.endpoints")
    client.delete_topics([topic])
    wait_for(lambda: topic not in client.list_topics())
    client.close()
    found = look("topics")
    assert (found.ok, found.mend) == (False, "bullion config resync")
    assert f"{topic} is gone" in found.meaning
    change_topics.create(kafka.access, change_topics.declared(["config.endpoints"], 7))


def test_a_table_that_is_not_streamed_whole_is_named(chain):
    chain.execute("create table config.strangers (id int primary key)")
    try:
        meaning = look("publication").meaning
        assert "config.strangers is not in the publication" in meaning
        assert "cdc may not read config.strangers" in meaning
        chain.execute("select config.publish('config.strangers')")
        assert look("publication").ok
        chain.execute("alter table config.strangers replica identity default")
        assert "config.strangers has no replica identity full" in (
            look("publication").meaning
        )
    finally:
        chain.execute("drop table config.strangers")


def test_a_reader_that_may_more_is_named_with_the_right(chain):
    chain.execute("grant insert on config.exchanges to cdc")
    found = look("publication")
    chain.execute("revoke insert on config.exchanges from cdc")
    assert "insert on config.exchanges" in found.meaning
    assert found.mend == "revoke insert on config.exchanges from cdc"
    chain.execute("grant operator to cdc")
    found = look("publication")
    chain.execute("revoke operator from cdc")
    assert found.mend == "revoke operator from cdc"
    assert look("publication").ok


def test_a_dead_letter_is_told_with_its_reason(chain, kafka):
    assert look("dead letters").meaning == "none"
    producer = KafkaProducer(**kafka.access.client_options, acks="all")
    producer.send(EXCHANGES, key=b"1", value=b"\xffpoison").get(30)
    producer.close()
    take_in()
    found = look("dead letters")
    assert not found.ok
    assert "1 waits" in found.meaning
    assert "not UTF-8 at byte 0" in found.meaning
    assert "bullion config dead-letters --retry" in found.mend
    chain.execute("delete from bronze_config.quarantine")


def test_a_difference_that_nothing_explains_is_told_by_key(chain):
    was = chain.execute(
        "update bronze_config.exchanges set after ="
        " jsonb_set(after::jsonb, '{is_enabled}', 'false')::text"
        """ where row_key = '["kraken"]' and op <> 'd' returning 1"""
    ).fetchall()
    assert was
    found = look("history")
    assert (found.ok, found.mend) == (False, "bullion config resync")
    assert 'exchanges ["kraken"] differs in is_enabled' in found.meaning
    chain.execute("update config.exchanges set is_enabled = true")
    take_in()
    assert look("history").ok


KINDS = """
create table config.kinds (
    id uuid, at timestamptz, day date,
    small smallint, big bigint, exact numeric(30, 10), free numeric, ratio real,
    twice double precision, is_on boolean, name text, letters char(3), told jsonb,
    raw bytea, plain timestamp, coarse timestamp(0), tags text[], counts int[],
    waits interval,
    primary key (id, at, day)
)
"""
ROW = """
insert into config.kinds values (
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-02-29 12:00:00.12+02', '2024-02-29',
    -1, 9007199254740993, 1.1000000001, 'NaN', 0.1, 1e-7, true, 'é "q"', 'a',
    '{"b": [1.10, null]}', '\\x00ff', '2024-02-29 12:00:00.123456',
    '1969-12-31 23:59:59', '{a,null}', '{1,2}', '1 day 2 hours'
)
"""
OTHER = """
update config.kinds set
    small = 2, big = big + 1, exact = exact + 1e-10, free = 1, ratio = 0.2,
    twice = 2e-7, is_on = false, name = 'e', letters = 'b', told = '{}', raw = '\\x01',
    plain = plain + interval '1 microsecond', coarse = coarse + interval '1 second',
    tags = '{a}', counts = '{1,3}'
"""


def test_values_of_every_kind_are_equal_in_both_and_a_change_of_each_is_seen(
    chain, kafka
):
    chain.execute(KINDS)
    chain.execute("select config.publish('config.kinds')")
    change_topics.create(kafka.access, change_topics.declared(["config.kinds"], 7))
    try:
        chain.execute(ROW)
        take_in()
        chain.execute(OTHER)
        (found,) = differ()
    finally:
        chain.execute("drop table config.kinds")
    assert found.startswith('kinds ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","2024-02')
    assert found.endswith(
        "differs in small, big, exact, free, ratio, twice, is_on, name, letters, told,"
        " raw, plain, coarse, tags, counts"
    )


def test_what_is_not_carried_out_is_told_with_who_is_missing_or_why(chain, monkeypatch):
    carry_out()
    chain.execute("update config.exchanges set budget_share = budget_share / 3")
    take_in()
    assert look("effects").ok
    monkeypatch.setattr(changes, "LATE_S", 0)
    found = look("effects")
    assert (found.ok, found.mend) == (False, "bullion collect")
    assert "nobody collects" in found.meaning
    with warehouse.connect("loader", "test") as connection:
        (first, *_) = status.open_changes(connection)
        status.rejected(connection, [first], "the venue has no such market")
    assert "exchanges binance: the venue has no such market" in look("effects").meaning
    carry_out()
    assert look("effects").ok


def test_where_nothing_answers_the_looks_end_soon(chain, monkeypatch):
    monkeypatch.setenv("BULLION_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("BULLION_DEBEZIUM", "http://127.0.0.1:1")
    settings.cache_clear()
    began = time.monotonic()
    found = {check.name: check for check in checks.checks()}
    assert time.monotonic() - began < 20
    for name in ("kafka", "debezium", "topics", "heartbeat", "consumer"):
        assert not found[name].ok
        assert found[name].mend
    assert found["publication"].ok


def test_where_the_stream_was_never_used_only_java_is_looked_at(chain, monkeypatch):
    monkeypatch.delenv("BULLION_KAFKA")
    monkeypatch.delenv("BULLION_DEBEZIUM")
    settings.cache_clear()
    assert checks.is_in_use()  # bronze holds what was read
    monkeypatch.setenv("PGDATABASE", "postgres")
    settings.cache_clear()
    assert not checks.is_in_use()
    with disable_run_logger():
        follow_config.fn()
        check_stream.fn()
    assert [check.name for check in checks.checks()] == ["java"]


@pytest.fixture(scope="module")
def server_of_prefect(tmp_path_factory):
    with prefect_server(tmp_path_factory.mktemp("prefect")) as started:
        yield started


def flow(server, text):
    """A flow in a process of its own, as a worker runs it."""
    return subprocess.Popen(
        [sys.executable, "-c", text],
        env=server.environment,
        stderr=subprocess.PIPE,
        text=True,
    )


FOLLOW = """
from prefect_flows.follow_config import follow_config
follow_config()
"""
CHECK = """
from pipelines.doctor.stream import slot
from prefect_flows.check_stream import check_stream
from prefect_flows.follow_config import follow_config
slot.SHARE = 0  # any WAL that is held back
follow_config(until_current=True)
check_stream()
"""


def test_each_look_is_a_task_and_one_that_fails_fails_alone(chain, server_of_prefect):
    carry_out()
    chain.execute("grant insert on config.exchanges to cdc")
    chain.execute("update config.exchanges set budget_share = 0.6")
    process = flow(server_of_prefect, CHECK)
    told = process.communicate(timeout=900)[1]
    chain.execute("revoke insert on config.exchanges from cdc")
    assert process.returncode == 1
    assert differ() == []
    runs = server_of_prefect.found("flow_runs")
    assert {r["state_name"] for r in runs} == {"Completed", "Failed"}
    tasks = server_of_prefect.task_runs(*NAMES)
    states = {name: task["state_name"] for name, task in tasks.items()}
    assert set(states) == set(NAMES)
    assert {n: state for n, state in states.items() if state != "Completed"} == {
        "publication": "Failed",
        "slot": "Warning",
    }
    assert "publication: cdc may more than read the configuration" in told
    assert "mend: revoke insert on config.exchanges from cdc" in told


def test_the_flow_that_follows_ends_clean_when_it_is_cancelled(
    chain, server_of_prefect
):
    chain.execute("update config.exchanges set budget_share = 0.7")
    process = flow(server_of_prefect, FOLLOW)
    wait_for(lambda: differ() == [], 120)
    assert "followed by" in look("consumer").meaning
    with disable_run_logger():
        follow_config.fn()  # another has nothing to do, and says so
    process.send_signal(signal.SIGTERM)
    told = process.communicate(timeout=300)[1]
    assert process.returncode == 0, told
    assert "followed: messages=" in told
