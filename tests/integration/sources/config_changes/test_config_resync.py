"""A stream that lost its slot, a topic or its place is brought back, history whole."""

import json
import os
import time

import psycopg
import pytest
from kafka import KafkaAdminClient
from typer.testing import CliRunner

from pipelines import bootstrap
from pipelines.cli.main import app
from pipelines.doctor.stream import checks
from pipelines.errors import SetupError, UpstreamError
from pipelines.local import change_topics, postgres, replication_slot
from pipelines.local.debezium_service import Debezium
from pipelines.local.service import UnavailableError, silent, take_down
from pipelines.settings import settings
from pipelines.sources.config_changes import resync_steps
from pipelines.sources.config_changes.resync import resync
from tests.services.guarded_stream import (
    carry_out,
    chain,
    debezium,
    differ,
    followed,
    lose_the_slot,
    owner,
    slot_of,
    take_in,
)

__all__ = ["chain", "debezium", "owner"]

EXCHANGES = change_topics.topic_of("config.exchanges")
DROP = "select pg_drop_replication_slot('bullion_config')"
TOLD = """
select row_key, op, is_inferred, after::jsonb ->> 'budget_share'
from bronze_config.exchanges order by lsn, row_key
"""
# changes that were told after a snapshot's rows whose LSN is higher
ACROSS = """
select distinct c.op, c.after::jsonb ->> 'budget_share'
from bronze_config.exchanges as c
inner join bronze_config.exchanges as r
    on c.topic_id = r.topic_id and c.lsn < r.lsn and c.topic_offset > r.topic_offset
where c.op <> 'r' and r.op = 'r' and c.lsn >= %s
"""

pytestmark = pytest.mark.slow


def told(connection):
    return connection.execute(TOLD).fetchall()


def test_a_slot_that_was_lost_is_made_anew_and_the_history_before_it_stays(
    chain, debezium
):
    before = told(chain)
    take_down(debezium)
    chain.execute("delete from config.exchanges where exchange_id = 'binance'")
    chain.execute("update config.exchanges set budget_share = 0.5")
    lose_the_slot(chain)

    def broken_off(sentence):
        if "known by their result alone" in sentence:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resync(broken_off)
    assert replication_slot.slot(chain) is None
    debezium.start(silent)  # as a container that is started again and again

    done = resync(silent)

    assert (done.is_slot_new, done.inferred_deletes_count) == (True, 1)
    assert not slot_of(chain).is_lost
    assert differ() == []
    after = told(chain)
    assert after[: len(before)] == before
    fresh = after[len(before) :]
    assert ('["binance"]', "d", True, None) in fresh
    assert ('["kraken"]', "r", False, "0.500000") in fresh

    again = resync(silent)
    assert (again.is_slot_new, again.inferred_deletes_count) == (False, 0)
    assert (again.snapshot_lsn or 0) > (done.snapshot_lsn or 0)
    assert differ() == []


def test_a_slot_that_was_dropped_by_hand_costs_no_row_once_the_connector_runs(
    chain, debezium
):
    take_down(debezium)
    chain.execute(DROP)
    chain.execute("delete from config.exchanges where exchange_id = 'kraken'")
    with pytest.raises(UpstreamError, match=r"start it anew .* again: nothing is lost"):
        resync(silent, wait_s=1)
    debezium.start(silent)

    resync(silent)

    assert differ() == []
    assert told(chain)[-1] == ('["kraken"]', "d", True, None)


def test_a_slot_that_keeps_its_place_is_left_and_no_change_is_lost(chain, debezium):
    take_down(debezium)
    chain.execute("update config.exchanges set budget_share = 0.4")
    chain.execute("update config.exchanges set budget_share = 0.3")
    debezium.start(silent)

    assert not resync(silent).is_slot_new

    shares = [share for _, op, _, share in told(chain) if op == "u"]
    assert [s for s in shares if s == "0.400000"] == ["0.400000"] * 2
    assert differ() == []


def test_a_transaction_that_is_open_across_the_snapshot_stands_after_it(chain, owner):
    kraken = "exchange_id = 'kraken'"
    since = resync_steps.lsn_now(chain)
    with psycopg.connect(**owner) as writer:
        writer.execute(f"update config.exchanges set budget_share = 0.7 where {kraken}")
        writer.execute("insert into config.exchanges values ('coinbase')")
        resync(silent)
        writer.commit()
    across: set[tuple[str, str]] = set()
    deadline = time.monotonic() + 600
    # a signal that was sent twice brings a snapshot that agrees before they are told
    while len(across) < 2:
        assert time.monotonic() < deadline, across
        take_in()
        across = set(chain.execute(ACROSS, (since,)))

    assert across == {("u", "0.700000"), ("c", "0.900000")}
    chain.execute(f"update config.exchanges set budget_share = 0.8 where {kraken}")
    done = resync(silent)
    assert (done.is_slot_new, done.inferred_deletes_count) == (False, 0)
    assert differ() == []


def test_a_topic_that_was_deleted_is_made_again_while_another_process_follows(
    chain, kafka
):
    client = KafkaAdminClient(**kafka.access.client_options)
    client.delete_topics([EXCHANGES])
    while EXCHANGES in client.list_topics():
        pass
    client.close()
    chain.execute("update config.exchanges set budget_share = 0.25")
    chain.execute("delete from config.exchanges where exchange_id = 'binance'")

    with followed():
        resync(silent)

    assert checks.CHECKS["topics"].run().ok
    assert differ() == []


def test_offsets_that_are_gone_cost_no_row(chain, debezium):
    take_down(debezium)
    chain.execute("truncate cdc.debezium_offset_storage")
    chain.execute("delete from config.exchanges where exchange_id = 'binance'")
    debezium.start(silent)

    resync(silent)

    assert differ() == []


def test_tables_that_were_emptied_meanwhile_are_told_without_a_snapshot(
    chain, debezium
):
    take_down(debezium)
    chain.execute("delete from config.exchanges")
    lose_the_slot(chain)
    debezium.start(silent)

    assert resync(silent).snapshot_lsn is None

    assert differ() == []
    assert [row[:3] for row in told(chain)[-2:]] == [
        ('["binance"]', "d", True),
        ('["kraken"]', "d", True),
    ]


def test_a_stream_that_was_never_started_is_not_resynced(chain, monkeypatch):
    monkeypatch.delenv("BULLION_DEBEZIUM")
    settings.cache_clear()
    with pytest.raises(SetupError, match="run `bullion up debezium`"):
        resync(silent)


def test_a_difference_is_told_with_its_key_and_what_differs(chain):
    chain.execute(
        "update bronze_config.exchanges set after ="
        " jsonb_set(after::jsonb, '{budget_share}', '\"0.1\"')::text"
        " where row_key = '[\"kraken\"]'"
    )
    chain.execute(
        """delete from bronze_config.exchanges where row_key = '["binance"]'"""
    )
    assert differ() == [
        'exchanges ["binance"] is not in the history',
        'exchanges ["kraken"] differs in budget_share',
    ]
    chain.execute("delete from config.exchanges where exchange_id = 'kraken'")
    assert differ()[1:] == ['exchanges ["kraken"] is in the history alone']
    resync(silent)
    assert differ() == []


def test_embedded_one_command_brings_back_what_was_stopped_and_lost_its_slot(home):
    try:
        bootstrap.up(["postgres", "kafka", "debezium"])
    except UnavailableError as error:
        if os.environ.get("CI"):  # noqa: TID251
            raise
        pytest.skip(str(error))
    with psycopg.connect(**postgres.connection(), autocommit=True) as connection:
        take_in()
        take_down(Debezium.from_settings())
        connection.execute(DROP)
        connection.execute("delete from config.endpoints where endpoint = 'kraken'")

        ran = CliRunner().invoke(app, ["config", "resync", "--json"])

        assert ran.exit_code == 0, ran.output
        (done,) = json.loads(ran.stdout)
        assert (done["is_slot_new"], done["inferred_deletes_count"]) == (True, 1)
        assert differ() == []
        carry_out()
        found = {check.name: check for check in checks.checks()}
        assert {n: c.meaning for n, c in found.items() if not c.ok} == {}
