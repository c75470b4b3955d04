"""Blocks that processes of a load fetch: the same rows, and no process outlives it."""

import threading

import pytest

from pipelines.config.rows import configuration
from pipelines.errors import UpstreamError
from pipelines.sources.evm_node import fetch_processes
from pipelines.sources.evm_node.fetch_processes import FetchProcesses
from pipelines.sources.evm_node.source import EvmSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.running_tasks import RunningTasks
from tests.contents.roles import run
from tests.fakes.evm_chain import Chain, node_of
from tests.services.evm_loads import bronze, endpoints, held, loaded, patient

BLOCKS = 30


@pytest.fixture
def warehouse(seeded, monkeypatch):
    patient(seeded)
    run(
        seeded,
        "operator",
        "update config.chains set since_block = 0, proof_level = 'full'",
    )
    monkeypatch.setattr(fetch_processes, "MANY", BLOCKS)
    monkeypatch.setattr(fetch_processes, "STRIP", 4)
    return seeded


@pytest.fixture
def started(monkeypatch):
    """The processes that a load has started."""
    made = []
    new = fetch_processes._Started.new

    def noted():
        made.append(new())
        return made[-1]

    monkeypatch.setattr(fetch_processes._Started, "new", noted)
    return made


def many(tasks=None):
    """A load by two processes."""
    options = LoadOptions.parse(["ethereum"], numbers=(0, BLOCKS))
    processes = FetchProcesses(count=2)
    source = EvmSource(configuration(), options, processes=processes, tasks=tasks)
    load(source)
    processes.close()
    return source


def have_ended(started):
    return [one.process.poll() is not None for one in started] == [True, True]


@pytest.fixture
def served(warehouse, monkeypatch):
    """A chain, and the node that has it."""
    chain = Chain(BLOCKS + 2)
    node = node_of(chain)
    with endpoints(monkeypatch, [node]):
        yield chain, node


def test_processes_bring_what_the_load_itself_would(warehouse, served, started):
    chain, node = served
    source = many()
    assert source.failures == []
    assert held() == {n: [chain.hashes[n]] for n in range(BLOCKS)}
    results = bronze("proofs", "distinct t.result, t.reason", "order by 1")
    assert ("parent_link", "unproven") not in bronze("proofs", "t.proof, t.result")
    assert {result for result, _ in results} <= {"passed", "not_applicable"}
    costs = "select method, sum(calls_count) from ops.chain_costs group by method"
    spent = dict(run(warehouse, None, costs))
    assert spent == dict(node.calls)
    asked = bronze("requests", "sum(calls_count)")
    assert asked == [(sum(node.calls.values()),)]
    assert have_ended(started)


def test_where_a_process_dies_the_load_says_so_and_the_next_one_brings_the_blocks(
    warehouse, served, started, monkeypatch
):
    chain, _ = served
    with monkeypatch.context() as dying:
        dying.setattr(fetch_processes, "MODULE", "tests.fakes.dying_fetch_process")
        (failure,) = many().failures
    assert isinstance(failure, UpstreamError)
    assert str(failure) == "a process that fetches blocks has died"
    assert have_ended(started)
    assert many().failures == []
    assert held() == {n: [chain.hashes[n]] for n in range(BLOCKS)}


def test_a_load_that_is_to_end_waits_for_no_process(warehouse, served, started):
    _, node = served
    tasks, asked, over = RunningTasks(), threading.Event(), threading.Event()

    def slow(calls):
        if calls[0]["params"][-1:] == [True]:
            asked.set()
            over.wait(60)

    node.refuse = slow

    def end():
        asked.wait(60)
        tasks.ending.set()

    ending = threading.Thread(target=end)
    ending.start()
    source = many(tasks)
    over.set()
    ending.join()
    assert [key.scope for key in source.ended] == ["ethereum"]
    assert have_ended(started)


def test_a_process_ends_when_nobody_holds_the_other_end_of_its_pipe():
    one = fetch_processes._Started.new()
    one.pipe.close()
    assert one.process.wait(60) == 0


def test_few_blocks_start_no_process(warehouse, served, started):
    loaded(0, BLOCKS - 1)
    assert started == []
    assert len(held()) == BLOCKS - 1
