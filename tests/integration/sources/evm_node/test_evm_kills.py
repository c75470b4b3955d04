"""Killed -9 while a chain is loaded, backfilled or followed: each block once, whole."""

import os
import random
import signal
import time
from contextlib import contextmanager
from functools import partial
from itertools import islice, product
from threading import Event

import pytest

from pipelines import warehouse
from pipelines.settings import settings
from tests.conftest import environment_of
from tests.contents.roles import run
from tests.fakes.evm_chain import Chain, node_of
from tests.integration.collector.test_collector_kills import (
    end_what_waits,
    wait_until_it_waits,
)
from tests.integration.collector.test_collector_kills import (
    held as holding,
)
from tests.services.collecting import wait_for
from tests.services.evm_loads import bronze, endpoints, held, loaded, patient
from tests.services.forks import forks
from tests.soak import moments, some, times

FIRST, LENGTH = 2, 40
KILLS = times(20, 3)
WORKS = ("load", "apply", "follow")
# what is not of a finished load, or twice of one request, or not all that a block has
UNFINISHED = """
select count(*) from bronze_evm.{table} as t
where not exists (select from ops.loads as l where l.load_id = t._dlt_load_id)
"""
TORN = """
select b.block_number from bronze_evm.blocks as b
where
    b.transactions_count <> (
        select count(*) from bronze_evm.transactions as t
        where t._dlt_load_id = b._dlt_load_id and t.block_hash = b.block_hash
    )
    or b.logs_count <> (
        select count(*) from bronze_evm.logs as g
        where g._dlt_load_id = b._dlt_load_id and g.block_hash = b.block_hash
    )
"""


def work():
    """A load, an apply or a collector of the chain, by its name."""
    from pipelines.backfill import ledger
    from pipelines.backfill.apply import apply
    from pipelines.collector.collect import CollectOptions, collect
    from pipelines.config.rows import configuration
    from pipelines.sources.connectors import Chosen, connected
    from pipelines.sources.evm_node import node_provider
    from pipelines.upstream.stopping import stopped_by_signals

    assert node_provider  # each fork would import it

    def load():
        source, _ = loaded(FIRST, LENGTH)
        assert source.failures == []

    def apply_plans():
        with warehouse.connect("loader", "test") as connection:
            plans = ledger.plans(connection)
        with connected(configuration()) as connectors:
            assert apply(connectors, plans).failures == []

    def follow():
        with stopped_by_signals() as stop:
            chosen = Chosen(["ethereum"])
            collect(stop, CollectOptions(chosen, every_s=0.3, after_s=0))

    return lambda name: {"load": load, "apply": apply_plans, "follow": follow}[name]()


@pytest.fixture(scope="module")
def forking():
    place = "tests.integration.sources.evm_node.test_evm_kills:work"
    with forks(place) as one:
        yield one


class Node:
    """A chain that is served; what is asked of receipts may be held up."""

    def __init__(self):
        self.chain = Chain(LENGTH)
        self.node = node_of(self.chain)
        self.url = ""
        self.freed = Event()
        self.freed.set()
        self._receipts = self.node.methods["eth_getBlockReceipts"]
        self.node.methods["eth_getBlockReceipts"] = self._slowly

    @property
    def asked(self):
        return self.node.calls["eth_getBlockReceipts"]

    def _slowly(self, told):
        time.sleep(0.003)
        if not self.freed.is_set() and self.asked > 10:
            self.freed.wait(60)
        return self._receipts(told)


@pytest.fixture
def node(seeded, monkeypatch):
    """Two blocks are held; the rest is planned, in chunks of eight."""
    patient(seeded)
    monkeypatch.setattr("pipelines.sources.evm_node.history_cost.CHUNK_BYTES", 1 << 22)
    run(seeded, "operator", "update config.exchanges set is_enabled = false")
    slow = "update config.chains set since_block = 0, block_time_s = 60"
    run(seeded, "operator", f"{slow} where chain = 'ethereum'")
    one = Node()
    with endpoints(monkeypatch, [one.node]) as (one.url,):
        loaded(0, FIRST)
        yield one
        one.freed.set()


@pytest.fixture
def starting(forking, node, seeded):
    """Starts a work by its name."""
    variables = environment_of(seeded) | {
        "BULLION_DATA_DIR": str(settings().data_dir),
        "BULLION_ETHEREUM_RPC_URLS": node.url,
    }
    return partial(forking.start, environment=variables)


def planned(name):
    from pipelines.backfill.plan import plan
    from pipelines.backfill.plan_request import parse_numbers
    from pipelines.config.rows import configuration
    from pipelines.sources.connectors import connected

    if name == "apply":
        (request,) = parse_numbers(["ethereum"], (FIRST, LENGTH), None)
        with connected(configuration()) as connectors:
            assert plan(request, connectors).chunks_count == 5


@contextmanager
def killed_while_the_node_is_asked(database, node):
    node.freed.clear()
    yield lambda: wait_for(lambda: node.asked > 10)
    node.freed.set()


@contextmanager
def killed_while_rows_are_delivered(database, node):
    with holding(database, "lock table bronze_evm.logs in share mode"):
        yield lambda: wait_until_it_waits(database, "copy")


@contextmanager
def killed_before_the_load_counts(database, node):
    with holding(database, "lock table ops.loads in share mode"):
        yield lambda: wait_until_it_waits(database, "register_loads")


POINTS = (
    killed_while_the_node_is_asked,
    killed_while_rows_are_delivered,
    killed_before_the_load_counts,
)


def finish(starting, name, chain):
    """The work once more, to its end."""
    last = starting(name)
    if name == "follow":
        now = chain.hashes.items()
        wait_for(lambda: all(own in held().get(number, ()) for number, own in now))
        os.kill(last.pid, signal.SIGTERM)
    assert last.wait() == 0


def assert_each_block_is_whole_and_once(database, chain, *, may_be_read_twice=False):
    found = held()
    expected = {number: [block_hash] for number, block_hash in chain.hashes.items()}
    if may_be_read_twice:  # as what is new, and as history
        found = {number: sorted(set(hashes)) for number, hashes in found.items()}
    assert found == expected
    requests = bronze("blocks", "block_hash, request_id")
    assert len(requests) == len(set(requests))
    assert run(database, None, TORN) == []
    for table in ("blocks", "transactions", "logs", "proofs", "pages"):
        assert run(database, None, UNFINISHED.format(table=table)) == [(0,)], table


@pytest.mark.parametrize(
    ("name", "point"),
    some(__name__, list(product(WORKS, POINTS)), 4),
    ids=lambda one: getattr(one, "__name__", one),
)
def test_killed_at_a_named_point(seeded, node, starting, name, point):
    planned(name)
    with point(seeded, node) as reached:
        begun = starting(name)
        reached()
        assert begun.kill()
        end_what_waits(seeded)
    finish(starting, name, node.chain)
    is_followed = name == "follow"
    assert_each_block_is_whole_and_once(
        seeded, node.chain, may_be_read_twice=is_followed
    )


@pytest.mark.slow(30)
@pytest.mark.parametrize("name", ["apply", "follow"])
def test_killed_at_random_times(seeded, node, starting, name):
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    planned(name)
    kills = 0
    for pause_s in islice(moments(chance, 2.0, KILLS), KILLS):
        begun = starting(name)
        time.sleep(pause_s)
        kills += begun.kill()
        if name == "follow":  # the chain goes on, and gives way, meanwhile
            node.chain.fork(2, 4)
    print(f"{kills} kills of {KILLS}")
    finish(starting, name, node.chain)
    if name == "follow":  # which has blocks of branches that gave way, too
        assert run(seeded, None, TORN) == []
        return
    assert_each_block_is_whole_and_once(seeded, node.chain)
    state = "select distinct state from ops.backfill_chunks"
    assert run(seeded, None, state) == [("done",)]
