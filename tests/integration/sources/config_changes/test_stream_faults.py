"""What can go wrong around the stream, each with what becomes of the changes.

Nothing here ends in silence: what is lost as an event is known as a difference between
history and table, what can not be read is in quarantine, what is away is waited for.
"""

import time
from itertools import count

import pytest
from kafka import KafkaAdminClient

from pipelines.local import place
from pipelines.local.service import bring_up, take_down
from pipelines.sources.config_changes import agreement
from tests.contents import secrets_shown
from tests.services import chain as chains
from tests.services import stream
from tests.services.chain import wait_for

SECRET = "correct-horse-battery"
TOPIC = "bullion.config.things"
# of 30 s by default, in which the connector waits for a record's acknowledgement: what
# it does then is the same however long the outage is
GIVES_UP_MS = "2000"
TOLD = {"debezium.sink.kafka.wait.message.delivery.timeout.ms": GIVES_UP_MS}
numbers = count(1)


@pytest.fixture(scope="module")
def chain(kafka, tmp_path_factory):
    folder = tmp_path_factory.mktemp("chain")
    with chains.running(folder, kafka, password=SECRET, overrides=TOLD) as running:
        yield running


@pytest.fixture(autouse=True)
def flowing(chain):
    """Each test begins with a stream that flows."""
    name = f"flows {next(numbers)}"  # of its own: the row of the last test stands yet
    chain.run(
        "delete from config.things where id = 0",
        f"insert into config.things (id, name, amount) values (0, '{name}', 1)",
    )
    wait_for(lambda: is_whole(chain, 0, name), why=lambda: logs(chain))


def stands(chain):
    return dict(chain.rows("select id, name from config.things"))


def is_whole(chain, key, name):
    return chain.names() == stands(chain) and chain.names().get(key) == name


def logs(chain):
    return (
        chain.consumer.log.read_text()[-1500:] + chain.debezium.log.read_text()[-1500:]
    )


def differences(chain):
    with chain.connect() as connection:
        return list(map(str, agreement.lasting_differences(connection, 0.1)))


def ends_count(chain):
    return chain.debezium.log.read_text().count("watch: it ended")


@pytest.mark.slow
def test_kafka_away_until_the_connector_gives_up_costs_no_change(chain):
    ended = ends_count(chain)
    take_down(chain.kafka)
    chain.run(
        "insert into config.things values (1, 'while Kafka was away', 1)",
        "update config.things set name = 'and changed' where id = 1",
        "delete from config.things where id = 1",
        "insert into config.things values (1, 'and added again', 1)",
    )
    wait_for(lambda: ends_count(chain) > ended)
    bring_up(chain.kafka)
    began = time.monotonic()
    wait_for(lambda: chain.names().get(1) == "and added again", why=lambda: logs(chain))
    print(f"changes flow {time.monotonic() - began:.1f} s after Kafka is back")
    ops = [c["op"] for c in chain.changes() if c["row_key"] == "[1]"]
    assert ops == ["c", "u", "d", "c"]
    assert "Kafka at" in chain.consumer.log.read_text()


@pytest.mark.slow
def test_a_restart_of_postgres_costs_no_change(chain):
    take_down(chain.postgres)
    bring_up(chain.postgres)
    chain.run("insert into config.things values (2, 'after the restart', 1)")
    began = time.monotonic()
    wait_for(lambda: chain.names() == stands(chain), why=lambda: logs(chain))
    print(f"changes flow {time.monotonic() - began:.1f} s after Postgres is back")


@pytest.mark.slow
def test_a_slot_that_is_dropped_under_the_connector_is_made_anew_with_a_snapshot(chain):
    chain.run("insert into config.things values (3, 'kept', 1), (4, 'to vanish', 1)")
    wait_for(lambda: chain.names() == stands(chain))
    stream.drop_slot(chain.owner)
    chain.run(
        "delete from config.things where id = 4",
        "update config.things set name = 'changed unseen' where id = 3",
    )
    wait_for(lambda: chain.names() == stands(chain), why=lambda: logs(chain))
    assert differences(chain) == []
    told = [(c["op"], c["row_key"], c["is_inferred"]) for c in chain.changes()]
    assert ("r", "[3]", False) in told
    assert ("d", "[4]", True) in told


@pytest.mark.slow
def test_a_topic_that_is_deleted_while_all_runs_is_made_again(chain):
    client = KafkaAdminClient(**chain.kafka.access.client_options)
    client.delete_topics([TOPIC])
    client.close()
    time.sleep(1)
    chain.run("insert into config.things values (5, 'to a topic that is gone', 1)")
    wait_for(lambda: chain.names() == stands(chain), why=lambda: logs(chain))


@pytest.mark.slow
def test_a_table_that_is_published_while_all_runs_is_streamed(chain):
    chain.run(
        "create table config.more (id bigint primary key, name text)",
        "select config.publish('config.more')",
        "insert into config.more values (1, 'of a new table')",
    )
    wait_for(
        lambda: chain.names("more") == {1: "of a new table"}, why=lambda: logs(chain)
    )
    assert differences(chain) == []


@pytest.mark.slow
def test_a_table_that_is_dropped_with_changes_under_way_holds_nothing_up(chain):
    chain.run(
        "create table config.doomed (id bigint primary key, name text)",
        "select config.publish('config.doomed')",
    )
    chain.run("insert into config.doomed values (1, 'seen')")
    wait_for(lambda: chain.names("doomed") == {1: "seen"}, why=lambda: logs(chain))
    take_down(chain.debezium)
    chain.run(
        "insert into config.doomed values (2, 'never read')",
        "drop table config.doomed",
        "insert into config.things values (6, 'after the drop', 1)",
    )
    bring_up(chain.debezium)
    # what was left of it has no key any more, which a compacted topic refuses
    wait_for(lambda: "config.doomed is gone" in chain.consumer.log.read_text())
    wait_for(lambda: is_whole(chain, 6, "after the drop"), why=lambda: logs(chain))
    ended = ends_count(chain)
    for number in range(8):
        chain.run(f"update config.things set amount = {number} where id = 6")
        time.sleep(1)
    wait_for(lambda: is_whole(chain, 6, "after the drop"), why=lambda: logs(chain))
    assert ends_count(chain) == ended
    assert chain.names("doomed") == {1: "seen"}  # its history stays
    assert differences(chain) == []


@pytest.mark.slow
def test_columns_added_renamed_and_of_another_type_are_taken_up_while_all_runs(chain):
    chain.run(
        "alter table config.things add column colour text",
        "update config.things set colour = 'red' where id = 0",
    )
    wait_for(
        lambda: chain.held()["[0]"].get("colour") == "red", why=lambda: logs(chain)
    )
    chain.run(
        "alter table config.things rename column colour to shade",
        "update config.things set shade = 'blue' where id = 0",
    )
    wait_for(
        lambda: chain.held()["[0]"].get("shade") == "blue", why=lambda: logs(chain)
    )
    chain.run(
        "alter table config.things alter column amount type double precision",
        "update config.things set amount = 0.5 where id = 0",
    )
    wait_for(
        lambda: str(chain.held()["[0]"]["amount"]) == "0.5", why=lambda: logs(chain)
    )
    assert chain.rows("select * from bronze_config.quarantine") == []
    # the old name stays in what did not change since, until the tables are read anew
    assert all("differs in" in told for told in differences(chain))


@pytest.mark.slow
def test_a_changed_primary_key_shows_as_a_difference(chain):
    """Two rows of one old key are two; the old keys stand until a resync."""
    chain.run(
        "create table config.keyed (id bigint primary key, name text not null)",
        "select config.publish('config.keyed')",
        "insert into config.keyed values (1, 'before')",
    )
    wait_for(lambda: chain.names("keyed") == {1: "before"}, why=lambda: logs(chain))
    chain.run(
        "alter table config.keyed drop constraint keyed_pkey",
        "alter table config.keyed add primary key (id, name)",
        "insert into config.keyed values (7, 'one'), (7, 'another')",
    )
    wanted = {"[1]", '[7,"one"]', '[7,"another"]'}
    wait_for(lambda: wanted == set(chain.held("keyed")), why=lambda: logs(chain))
    told = [one for one in differences(chain) if one.startswith("keyed")]
    assert told == [
        'keyed [1,"before"] is not in the history',
        "keyed [1] is in the history alone",
    ]
    chain.run("drop table config.keyed")


def test_no_secret_shows_in_files_topics_processes_or_tables(chain):
    """After every fault above, whose errors stand in the logs."""
    server = place.existing_state_folder(chain.postgres.data_dir, "postgres")
    folders = [
        chain.debezium.folder,  # what it is told, its log, its watch's order
        chain.kafka.folder,  # the topics' own files
        chain.consumer.log.parent / "bullion",
        server / "postgres.log",
        chain.consumer.log,
    ]
    secrets = [SECRET, chain.owner["password"]]
    assert list(secrets_shown.in_files(["flows"], [chain.kafka.folder]))  # it looks
    assert not list(secrets_shown.in_files(secrets, folders))
    assert not list(secrets_shown.in_processes(secrets))
    with chain.connect() as connection:
        assert list(secrets_shown.in_tables(["flows"], connection))
        assert not list(secrets_shown.in_tables(secrets, connection))
