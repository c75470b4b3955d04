"""kill -9 of everything between a commit and bronze, while changes are committed."""

import os
import signal
import time

import pytest
from kafka import KafkaConsumer, TopicPartition

from tests.contents import added_models
from tests.histories import config_writer
from tests.services import chain as chains
from tests.services.chain import wait_for
from tests.soak import some

TOPIC = TopicPartition("bullion.config.things", 0)
EACH = ("consumer", "debezium", "kafka", "postgres")
FIRST_COPIED, COPIED = 10_000_000, 30_000
OF_COPY = """
select count(*), count(distinct row_key)
from bronze_config.things
where op = 'c' and (row_key::jsonb ->> 0)::bigint >= 10000000
"""
IN_TABLE = "select id, name, amount from config.things order by id"
IN_GOLD = """
select id, name, amount from gold.dim_config_things where is_current order by id
"""
CUT_OFF = """
select pg_terminate_backend(active_pid) from pg_replication_slots
where active_pid is not null
"""


@pytest.fixture(scope="module")
def chain(kafka, tmp_path_factory):
    with chains.running(tmp_path_factory.mktemp("chain"), kafka) as running:
        yield running


def wrong(chain, *queries):
    """What was committed and is not held once, or is held and was not committed."""
    with chain.connect() as connection:
        wanted = config_writer.committed(connection)
        found = {query: config_writer.held(connection, query) for query in queries}
    return [
        f"{what} {changes.total()}: {list(changes)[:5]} by {query}"
        for query, held in found.items()
        for what, changes in (("lacks", wanted - held), ("has besides", held - wanted))
        if changes
    ]


@pytest.mark.slow
def test_each_change_stands_once_whatever_is_killed(chain, tmp_path):
    took = {}
    with config_writer.writing(dict(chain.owner)) as writer:
        wait_for(lambda: chain.count() > 100)
        alone = some(__name__, [(name,) for name in EACH], 2)
        for victims in (*alone, EACH):
            before, began = chain.count(), time.monotonic()
            chain.kill(*victims)
            wait_for(lambda before=before: chain.count() > before)
            took[" and ".join(victims)] = time.monotonic() - began
            wait_for(lambda before=before: chain.count() > before + 200)
    for name, seconds in took.items():
        print(f"{name} killed: changes flow again after {seconds:.1f} s")
    at_once = chain, config_writer.IN_BRONZE, config_writer.IN_EFFECTS
    wait_for(lambda: not wrong(*at_once), why=lambda: wrong(*at_once))
    assert chain.names() == dict(chain.rows("select id, name from config.things"))
    numbers = {number for (number,) in chain.rows("select number from public.journal")}
    assert set(writer.acknowledged) <= numbers
    columns = {"name": "text", "amount": "numeric"}
    models = added_models.project_of(tmp_path, "things", {"id": "bigint"}, columns)
    added_models.build(models)
    assert wrong(chain, config_writer.IN_SILVER) == []
    assert chain.rows(IN_GOLD) == chain.rows(IN_TABLE)
    with chain.connect() as connection:
        total = config_writer.committed(connection).total()
    print(f"{len(numbers)} transactions, {total} changes, each once, each an effect")


@pytest.mark.slow
def test_a_connector_that_ends_within_a_copy_leaves_none_of_its_rows_out(chain):
    """Rows of one COPY share LSNs: a place among them is none to go on from."""
    with KafkaConsumer(**chain.kafka.access.client_options) as topics:
        began = topics.end_offsets([TOPIC])[TOPIC]
        with (
            chain.connect() as connection,
            connection.cursor() as cursor,
            cursor.copy("copy config.things (id, name) from stdin") as copy,
        ):
            for number in range(COPIED):
                copy.write_row((FIRST_COPIED + number, "of one copy"))
        ends: list[int] = []
        while (came := topics.end_offsets([TOPIC])[TOPIC] - began) < COPIED:
            if came > len(ends) * COPIED // 4 and (pid := chain.debezium.pid):
                if len(ends) % 2:
                    chain.run(CUT_OFF)
                else:
                    os.kill(pid, signal.SIGKILL)
                ends.append(came)
                wait_for(lambda pid=pid: chain.debezium.pid != pid)
            time.sleep(0.02)
    print(f"ended after {ends} of {COPIED} messages")
    assert len(ends) > 1
    wait_for(
        lambda: chain.rows(OF_COPY)[0][1] >= COPIED, why=lambda: chain.rows(OF_COPY)
    )
    assert chain.rows(OF_COPY) == [(COPIED, COPIED)]
