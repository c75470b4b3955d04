"""Blocks are collected and backfilled as every feed is, by number."""

import copy
import json
import random
import time
from contextlib import ExitStack, contextmanager
from threading import Event

import pytest
from typer.testing import CliRunner

from pipelines import warehouse
from pipelines.backfill import status
from pipelines.cli.main import app
from pipelines.collector.collect import Collected, CollectOptions, collect
from pipelines.collector.history import Pauses
from pipelines.config.listener import StaticConfig
from pipelines.config.rows import configuration
from pipelines.doctor import examination
from pipelines.errors import BusyError, SetupError
from pipelines.sources.connectors import Chosen
from pipelines.sources.evm_node.connector import EvmConnector, check
from pipelines.upstream.connector import Context, Target
from tests.contents.roles import run
from tests.fakes.evm_chain import Chain, node_of
from tests.services.collecting import (
    ADD,
    NEVER,
    coinbase,
    collecting,
    commit,
    effects,
    told,
    wait_for,
)
from tests.services.evm_loads import bronze, endpoints, held, patient
from tests.services.forks import forks
from tests.soak import times

KEY = "key-of-a-provider"


@pytest.fixture
def chain_alone(seeded):
    """Nothing but Ethereum is collected, from its first block on."""
    patient(seeded)
    for statement in (
        "update config.exchanges set is_enabled = false",
        "update config.chains set since_block = 0 where chain = 'ethereum'",
    ):
        run(seeded, "operator", statement)
    return seeded


def hashes(chain):
    return {n: {block_hash} for n, block_hash in chain.hashes.items()}


def found():
    return {n: set(of_one) for n, of_one in held().items()}


def bullion(*words):
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done


def test_history_is_planned_by_number_applied_newest_first_and_accounted_for(
    chain_alone, monkeypatch
):
    monkeypatch.setattr("pipelines.sources.evm_node.history_cost.CHUNK_BYTES", 1 << 22)
    run(
        chain_alone,
        "operator",
        "update config.chain_endpoints set provider = 'infura', units_per_day = 20000",
    )
    chain = Chain(30)
    span = ("--chain", "ethereum", "--from", "3", "--to", "27")
    with endpoints(monkeypatch, [node_of(chain)]):
        planned = bullion("backfill", "plan", *span, "--json")
        (plan,) = json.loads(planned.stdout)
        assert (plan["unit"], plan["steps"], plan["chunks_count"]) == ("number", 24, 4)
        assert plan["quota"] == (
            "ethereum/main: 48 calls, 25,920 units; 2 days of 20,000"
        )
        said = " ".join(bullion("backfill", "plan", *span).stderr.split())
        assert "25,920 units; 2 days of 20,000" in said
        run(
            chain_alone, "operator", "update config.chain_endpoints set units_per_day=0"
        )
        bullion("backfill", "apply", str(plan["plan_id"]), "--parallel", "1")
        again = json.loads(bullion("backfill", "plan", *span, "--json").stdout)
    assert found() == {n: of for n, of in hashes(chain).items() if 3 <= n < 27}
    assert (again[0]["chunks_count"], again[0]["held_steps"]) == (0, 24)
    with warehouse.connect("loader", "test") as connection:
        chunks = status.chunks(connection)
    assert [(c["from_value"], c["until_value"]) for c in chunks] == [
        *((3, 8), (8, 16), (16, 24)),
        (24, 27),
    ]
    assert [c["rows_count"] for c in chunks] == [5, 8, 8, 3]
    assert all(c["sha256"] and c["route"] == "rpc" for c in chunks)
    began = [c["began_at"] for c in chunks] if "began_at" in chunks[0] else []
    assert began == sorted(began, reverse=True)


def test_a_chain_is_collected_live_and_its_history_with_it(chain_alone, monkeypatch):
    run(
        chain_alone,
        "operator",
        "update config.chains set block_time_s = 60 where chain = 'ethereum'",
    )
    chain = Chain(30)
    with (
        endpoints(monkeypatch, [node_of(chain)]),
        collecting(scopes=["ethereum"], every_s=0.5, after_s=0) as done,
    ):
        wait_for(lambda: found() == hashes(chain), why=lambda: str(done))
        chain.extend(3)
        wait_for(lambda: found() == hashes(chain), why=lambda: str(done))
        chain.fork(2, 3)
        wait_for(
            lambda: all(chain.hashes[n] in found().get(n, ()) for n in chain.hashes),
            why=lambda: str(done),
        )
    assert done.failures_count == 0


@pytest.mark.slow(60)
def test_blocks_of_history_that_no_endpoint_has_right_are_told_of_once(
    chain_alone, monkeypatch
):
    by_minutes = "update config.chains set block_time_s = 60 where chain = 'ethereum'"
    run(chain_alone, "operator", by_minutes)
    chain = Chain(30)
    node = node_of(chain)
    whole = node.methods["eth_getBlockReceipts"]

    def failed(block_hash):
        receipts = copy.deepcopy(whole(block_hash))
        if block_hash == chain.hashes[3]:
            receipts[0]["status"] = "0x0"
        return receipts

    node.methods["eth_getBlockReceipts"] = failed
    told: list[str] = []
    said: list[str] = []
    done = Collected(say=said.append, doubted=told.append)
    options = {"every_s": 0.5, "after_s": 0, "history": Pauses(0.1, 0.1)}
    with (
        endpoints(monkeypatch, [node]),
        collecting(scopes=["ethereum"], done=done, **options),
    ):
        wait_for(lambda: sum("failures=1" in one for one in said) > 1, why=said.copy)
        wait_for(lambda: set(found()) == set(hashes(chain)), why=said.copy)
    (reason,) = told
    assert "receipts_root" in reason


def test_a_block_that_two_endpoints_have_otherwise_is_told_of_at_once(
    chain_alone, monkeypatch
):
    """One of what is new, and one of history, by the load that brought it."""
    patient(chain_alone, compared_one_block_in=2)
    by_minutes = "update config.chains set block_time_s = 60 where chain = 'ethereum'"
    run(chain_alone, "operator", by_minutes)
    chain = Chain(30)

    def altered(block, receipts):
        if block["number"] in ("0x4", "0x1c"):
            receipts[0]["logs"][0]["data"] = "0x" + "66" * 32

    told: list[str] = []
    said: list[str] = []
    done = Collected(say=said.append, doubted=told.append)
    nodes = [node_of(chain), node_of(chain, altered=altered)]
    with (
        endpoints(monkeypatch, nodes),
        collecting(scopes=["ethereum"], done=done, every_s=0.5, after_s=0),
    ):
        wait_for(lambda: set(found()) == set(hashes(chain)), why=said.copy)
        wait_for(lambda: len(told) > 1, why=said.copy)
        chain.extend(2)
        wait_for(lambda: set(found()) == set(hashes(chain)), why=said.copy)
    rest = "of ethereum is not the same at main and rpc_2"
    each = {f"logs[0].data of block {number} {rest}" for number in (4, 28)}
    assert (set(told), len(told)) == (each, 2)
    assert {f"in doubt: {doubt}" for doubt in each} <= {*said}
    assert done.failures_count == 0


def test_a_chain_is_asked_as_often_as_it_has_a_block(chain_alone, monkeypatch):
    every_second = "update config.chains set block_time_s = 1 where chain = 'ethereum'"
    run(chain_alone, "operator", every_second)
    chain = Chain(6)
    with (
        endpoints(monkeypatch, [node_of(chain)]),
        collecting(scopes=["ethereum"], every_s=NEVER) as done,
    ):
        for _ in range(2):
            wait_for(lambda: found() == hashes(chain), why=lambda: str(done))
            chain.extend(2)
        wait_for(lambda: found() == hashes(chain), why=lambda: str(done))


@contextmanager
def noting(**of):
    """A collector, the series of its loads, and what it says."""
    loads: list[str] = []
    said: list[str] = []
    done = Collected(say=said.append, report=lambda one: loads.extend(one["series"]))
    with collecting(done=done, every_s=1, after_s=0, **of):
        yield loads, said


@pytest.fixture
def both(chain_alone, monkeypatch):
    """A chain with a block a second, and a venue."""
    monkeypatch.setattr("pipelines.collector.collector_locks.LOCK_S", 0.1)
    every_second = "update config.chains set block_time_s = 1 where chain = 'ethereum'"
    run(chain_alone, "operator", every_second)
    chain = Chain(6)
    with coinbase(monkeypatch, "BTC-USD"), endpoints(monkeypatch, [node_of(chain)]):
        enable = "update config.exchanges set is_enabled = exchange_id = 'coinbase'"
        run(chain_alone, "operator", enable)
        listed = f"{ADD} ('coinbase', 'BTC/USD', '-PT5M') on conflict do nothing"
        commit(chain_alone, listed)
        yield chain


@pytest.mark.parametrize("of", [{"scopes": ["ethereum"]}, {"sources": ["evm"]}])
def test_a_collector_of_all_leaves_a_chain_to_its_follower_and_takes_it_over(both, of):
    with ExitStack() as first:
        of_chain, _ = first.enter_context(noting(**of))
        wait_for(lambda: of_chain)
        with noting() as (loads, said):
            wait_for(lambda: loads.count("coinbase BTC/USD") > 1)
            wait_for(lambda: len(of_chain) > 3)  # so many cycles of it came
            assert "ethereum" not in {one.strip() for one in loads}
            (told,) = [
                one for one in said if one.startswith("collect ethereum is held")
            ]
            assert "by bullion collect, pid" in told
            first.close()
            wait_for(lambda: "ethereum" in {one.strip() for one in loads})
            both.extend(2)
            wait_for(lambda: found() == hashes(both))


def test_who_follows_a_chain_that_a_collector_of_all_has_is_said_in_a_sentence(both):
    with noting() as (loads, _):
        wait_for(lambda: "ethereum" in {one.strip() for one in loads})
        with pytest.raises(BusyError, match="collect ethereum is held by bullion"):
            collect(Event(), CollectOptions(Chosen(["ethereum"])))


ADDED = (
    "insert into config.chains (chain, chain_id, since_block) values ('linea', 7, 0)",
    "insert into config.chain_endpoints (chain, endpoint) values ('linea', 'main')",
)


def test_a_chain_that_is_added_while_it_runs_is_followed(chain_alone, monkeypatch):
    first, added = Chain(6), Chain(9, chain_id=7)
    with (
        endpoints(monkeypatch, [node_of(first)]),
        endpoints(monkeypatch, [node_of(added)], "linea"),
        collecting(sources=["evm"], every_s=NEVER) as done,
    ):
        wait_for(lambda: found() == hashes(first), why=lambda: str(done))
        told(
            chain_alone,
            commit(chain_alone, *ADDED),
            ("chain_endpoints", ["linea", "main"], "c", {}),
            ("chains", ["linea"], "c", {}),
        )
        wait_for(lambda: effects(chain_alone)[-1].first_row_at, why=lambda: str(done))
        wait_for(lambda: set(held("linea")) == set(added.hashes))
    assert [e.outcome for e in effects(chain_alone)] == ["applied", "applied"]


def test_what_is_configured_is_what_is_collected(chain_alone, monkeypatch):
    connector = EvmConnector(Context(StaticConfig(configuration())))
    (refused,) = connector.targets(configuration()).values()
    assert isinstance(refused, SetupError)
    assert str(refused) == "ethereum has no endpoint: set BULLION_ETHEREUM_RPC_URLS"
    monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", f"http://127.0.0.1:1/{KEY}")
    (target,) = connector.targets(configuration()).values()
    assert isinstance(target, Target)
    assert (target.scope, target.subject, target.feeds) == ("ethereum", "", ("blocks",))
    run(
        chain_alone,
        "operator",
        "insert into config.chain_endpoints (chain, endpoint, list_position)"
        " values ('ethereum', 'second', 2)",
    )
    with pytest.raises(SetupError, match="BULLION_ETHEREUM_RPC_URLS has no address 2"):
        check("chain_endpoints", ("ethereum", "second"), configuration())
    check("chain_endpoints", ("ethereum", "main"), configuration())
    run(chain_alone, "operator", "update config.chains set is_enabled = false")
    assert connector.targets(configuration()) == {}


def examined():
    return {c.name: c for c in examination.examination() if "ethereum" in c.name}


def test_doctor_says_whether_each_endpoint_answers_and_is_of_its_chain(
    chain_alone, monkeypatch
):
    assert examined() == {}
    run(
        chain_alone,
        "operator",
        "insert into config.chain_endpoints (chain, endpoint, list_position)"
        " values ('ethereum', 'wrong', 2), ('ethereum', 'dead', 3),"
        " ('ethereum', 'absent', 4)",
    )
    nodes = [node_of(Chain(8)), node_of(Chain(3, chain_id=10))]
    with endpoints(monkeypatch, nodes) as urls:
        dead = f"http://127.0.0.1:1/{KEY}"
        monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", " ".join([*urls, dead]))
        checks = examined()
    assert {name: check.ok for name, check in checks.items()} == {
        "ethereum/main": True,
        "ethereum/wrong": False,
        "ethereum/dead": False,
        "ethereum/absent": False,
    }
    assert checks["ethereum/main"].meaning == "answers; its newest block is 7"
    assert "is of chain 10, not of 1" in checks["ethereum/wrong"].meaning
    assert "no answer: ConnectionError" in checks["ethereum/dead"].meaning
    assert checks["ethereum/absent"].meaning.endswith("has no address 4")
    assert all("BULLION_ETHEREUM_RPC_URLS" in c.mend for c in checks.values() if c.mend)
    assert KEY not in str(checks)


KILLS = times(20, 4)
LENGTH = 60


def work():
    def run_load():
        from tests.services.evm_loads import loaded

        source, _ = loaded(0, LENGTH)
        assert source.failures == []

    return run_load


@pytest.mark.slow(60)
def test_killed_at_any_moment_no_block_is_lost_doubled_or_torn(
    chain_alone, monkeypatch
):
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    chain = Chain(LENGTH)
    node = node_of(chain)
    real = node.methods["eth_getBlockReceipts"]

    def slowly(told):
        time.sleep(0.01)
        return real(told)

    node.methods["eth_getBlockReceipts"] = slowly
    place = "tests.integration.sources.evm_node.test_evm_connector:work"
    with endpoints(monkeypatch, [node]), forks(place) as loads:
        for _ in range(KILLS):
            running = loads.start()
            time.sleep(chance.uniform(0.05, 2.0))
            running.kill()
        assert loads.start().wait() == 0
    assert held() == {n: [block_hash] for n, block_hash in chain.hashes.items()}
    per_block = dict(bronze("transactions", "block_number, count(*)", "group by 1"))
    logs = dict(bronze("logs", "block_number, count(*)", "group by 1"))
    expected = {
        n: len(block["transactions"])
        for n, (block, _) in enumerate(chain.blocks)
        if block["transactions"]
    }
    assert per_block == logs == expected
