"""Loads from the sandbox's chain: whatever its endpoints do, every block is had."""

from typing import Any

import pytest

from pipelines.sandbox.running import running
from tests.contents.roles import run
from tests.services.evm_loads import bronze, held, loaded, patient

NOW = "2025-06-01T12:00:00Z"
KEY = "k3y-0f-a-provider"
BLOCKS = 40
ALPHA, BETA = "evm/ethereum/alpha", "evm/ethereum/beta"


@pytest.fixture
def warehouse(seeded):
    patient(seeded, attempts=5, breaker_failures=1_000)
    change = "update config.chains set since_block = 0, proof_level = 'full'"
    run(seeded, "operator", change)
    return seeded


@pytest.fixture
def sandbox(warehouse, monkeypatch):
    """A chain; what is asked waits for no more than a blink."""
    monkeypatch.setattr("pipelines.upstream.retry.BACKOFF_S", 0.005)
    monkeypatch.setattr("pipelines.sources.evm_node.node_connection.PAUSE_S", 0.01)
    options = {"chain_blocks": BLOCKS, "chain_transactions": 6}
    with running(now=NOW, frozen=True, in_thread=True, **options) as started:
        yield started


@pytest.fixture
def one(sandbox, monkeypatch):
    monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", sandbox.rpc_url("alpha", KEY))
    return sandbox


@pytest.fixture
def two(sandbox, monkeypatch):
    urls = [sandbox.rpc_url(name, KEY) for name in ("alpha", "beta")]
    monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", " ".join(urls))
    return sandbox


def branch(sandbox):
    """The hash of each block that the chain has now."""
    head = int(sandbox.rpc("eth_blockNumber"), 16)
    return {
        number: sandbox.rpc("eth_getBlockByNumber", hex(number), False)["hash"]
        for number in range(head + 1)
    }


def assert_all_is_had(sandbox, blocks_count=BLOCKS + 1):
    expected = {number: [of_one] for number, of_one in branch(sandbox).items()}
    assert len(expected) == blocks_count
    assert held() == expected
    results = {(proof, result) for proof, result in bronze("proofs", "proof, result")}
    assert {result for _, result in results} == {"passed", "not_applicable"}
    assert [p for p, result in results if result == "not_applicable"] == ["parent_link"]
    whole = bronze("blocks", "sum(transactions_count), sum(logs_count)")
    rows = [bronze(table, "count(*)")[0][0] for table in ("transactions", "logs")]
    assert [tuple(rows)] == whole
    assert rows[0] > 100


def test_a_chain_is_loaded_and_every_proof_of_it_passes(one):
    source, _ = loaded()
    assert source.failures == []
    assert_all_is_had(one)


PASSING: list[tuple[str, dict[str, Any]]] = [
    ("too_many", {"next_requests": 2, "retry_after_s": 1}),
    ("too_many", {"variant": "bare", "next_requests": 3}),
    ("server_error", {"probability": 0.2}),
    ("truncated", {"probability": 0.2}),
    ("disconnect", {"probability": 0.2}),
    ("slow", {"next_requests": 2, "seconds": 0.5}),
    ("timeout", {"next_requests": 1, "seconds": 3}),
    ("too_large", {"probability": 1, "most": 3}),
    ("batch_limit", {"probability": 1, "most": 3, "variant": "geth"}),
    ("batch_limit", {"probability": 1, "most": 3, "variant": "erigon"}),
    ("method_absent", {"probability": 1, "path": "/eth_getBlockReceipts"}),
    ("method_absent", {"probability": 1, "variant": "hash"}),
    ("call_failed", {"probability": 0.2, "variant": "internal"}),
    (
        "call_failed",
        {"next_requests": 6, "variant": "header", "path": "eth_getBlockByNumber"},
    ),
    ("call_limited", {"probability": 0.05, "variant": "alchemy"}),
    ("call_limited", {"probability": 0.05, "variant": "infura"}),
    ("call_limited", {"probability": 0.05, "variant": "quicknode"}),
    ("receipts_missing", {"next_requests": 3, "variant": "null"}),
    ("receipts_missing", {"next_requests": 3, "variant": "empty"}),
    ("receipts_missing", {"next_requests": 3, "variant": "few"}),
]


@pytest.mark.parametrize(
    ("kind", "fields"), PASSING, ids=[f"{k}:{f.get('variant', '')}" for k, f in PASSING]
)
def test_what_passes_costs_no_block(warehouse, one, kind, fields):
    patient(warehouse, attempts=8, request_timeout_seconds=2)
    one.inject(kind, exchange_id=ALPHA, **fields)
    source, _ = loaded(0, BLOCKS + 1)
    assert source.failures == []
    one.clear_faults()
    assert_all_is_had(one)


LASTING: list[tuple[str, dict[str, Any]]] = [
    ("quota_spent", {"probability": 1, "variant": "infura"}),
    ("quota_spent", {"probability": 1, "variant": "alchemy"}),
    ("quota_spent", {"probability": 1, "variant": "code"}),
    ("call_failed", {"probability": 0.3, "variant": "pruned"}),
    ("receipts_missing", {"probability": 0.3}),
    ("receipts_missing", {"probability": 0.3, "variant": "few"}),
    ("log_omitted", {"probability": 0.3}),
    ("log_omitted", {"probability": 0.3, "variant": "renumbered"}),
    ("log_swapped", {"probability": 0.5}),
    ("log_altered", {"probability": 0.3}),
    ("log_altered", {"probability": 0.3, "variant": "topic"}),
    ("receipt_altered", {"probability": 0.3}),
    ("block_altered", {"probability": 0.3, "variant": "header"}),
    ("block_altered", {"probability": 0.3, "variant": "input"}),
    ("behind", {"probability": 1, "blocks": 5}),
    ("server_error", {"probability": 1}),
]


@pytest.mark.parametrize(
    ("kind", "fields"), LASTING, ids=[f"{k}:{f.get('variant', '')}" for k, f in LASTING]
)
def test_what_one_endpoint_has_wrong_another_has_right(warehouse, two, kind, fields):
    patient(warehouse, attempts=2)
    two.inject(kind, exchange_id=ALPHA, **fields)
    source, _ = loaded(0, BLOCKS + 1)
    if kind == "behind":  # its head is where a span ends
        assert source.failures == []
        two.clear_faults()
        source, _ = loaded(0, BLOCKS + 1)
    assert source.failures == []
    two.clear_faults()
    assert_all_is_had(two)
    struck = bronze("quarantine", "distinct endpoint")
    is_altered = kind.endswith(("altered", "omitted", "swapped"))
    assert struck == ([("main",)] if is_altered else [])


def test_a_balancer_over_two_nodes_costs_no_block(one):
    one.inject("balanced", exchange_id=ALPHA, probability=1, blocks=4)
    for _ in range(3):
        source, _ = loaded()
        assert source.failures == []
    one.clear_faults()
    loaded()
    assert_all_is_had(one)


@pytest.mark.parametrize("after", ["eth_getBlockByNumber", "eth_getBlockReceipts"])
def test_a_reorganisation_between_two_calls_gives_no_torn_block(one, after):
    loaded(0, 20)
    one.fork(6, after=after)
    source, _ = loaded()
    assert source.failures == []
    loaded()
    now = branch(one)
    found = held()
    assert all(now[number] in found[number] for number in now)
    failed = bronze("proofs", "block_number, proof, reason", "and result = 'failed'")
    assert [row for row in failed if row[1] != "parent_link"] == []


def test_forks_and_a_rollback_are_followed(one):
    loaded()
    for depth, length in ((2, None), (7, 9), (3, 0), (5, 2)):
        one.fork(depth, length)
        source, _ = loaded()
        assert source.failures == []
        now, found = branch(one), held()
        assert all(now[number] in found[number] for number in now)


def test_a_key_of_a_provider_is_in_no_row_and_no_error(warehouse, two):
    for kind, variant in (
        ("call_failed", "internal"),
        ("call_limited", "infura"),
        ("quota_spent", "alchemy"),
    ):
        two.inject(kind, exchange_id=ALPHA, probability=1, variant=variant)
        source, _ = loaded(0, 4)
        assert KEY not in repr(source.failures)
        two.clear_faults()
    errors = bronze("requests", "error", "and error is not null")
    assert len(errors) > 2
    for table in ("requests", "quarantine", "heads", "blocks", "pages"):
        assert bronze(table, "count(*)", f"and position('{KEY}' in t::text) > 0") == [
            (0,)
        ]
    spent = "select blocked_for from ops.request_budgets where budget like 'ethereum/%'"
    assert KEY not in str(run(warehouse, None, spent))
