"""What tokens say of themselves: each call once, of whichever contract emitted."""

from collections import Counter
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.config.listener import StaticConfig
from pipelines.config.rows import configuration
from pipelines.sandbox.chain.contracts import Contracts, RevertedError
from pipelines.sandbox.running import running
from pipelines.sources.evm_node.contract_source import ContractSource
from pipelines.sources.evm_node.unread_contracts import INPUTS, TOPICS
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.contents.roles import run
from tests.fakes.evm_chain import Chain, node_of
from tests.fakes.node_server import NodeError
from tests.integration.sources.evm_node.test_evm_load import TEXTS
from tests.services.evm_loads import bronze, endpoints, loaded, patient

NOW = "2025-06-01T12:00:00Z"
KEY = "k3y-0f-a-provider"
SEED = 7
ALPHA = "evm/ethereum/alpha"
BLOCKS = 40
TOKEN = "0x" + "0a" * 20
WORD = "0x" + (6).to_bytes(32, "big").hex()
COLUMNS = "call, result, error, block_number"


@pytest.fixture
def warehouse(seeded):
    patient(seeded, attempts=3, breaker_failures=1_000)
    change = "update config.chains set since_block = 0"
    run(seeded, "operator", change)
    return seeded


@pytest.fixture
def sandbox(warehouse, monkeypatch):
    monkeypatch.setattr("pipelines.upstream.retry.BACKOFF_S", 0.005)
    options = {"seed": SEED, "chain_blocks": BLOCKS, "chain_transactions": 12}
    with running(now=NOW, frozen=True, in_thread=True, **options) as started:
        url = started.rpc_url("alpha", KEY)
        monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", url)
        yield started


def reads(chain="ethereum"):
    """One load of contracts, as the command makes it."""
    options = LoadOptions.parse([chain], feeds=["contract_reads"])
    source = ContractSource(StaticConfig(configuration()), options)
    return source, load(source)


def emitters():
    """The contracts that emitted what a transfer may be, of what bronze holds."""
    rows = bronze("logs", "distinct address, topic0")
    return {address for address, topic in rows if topic in TOPICS}


def said(contracts, address, call):
    """What the sandbox's contract says: a result, or None where it refuses."""
    try:
        return contracts.call(address, INPUTS[call])
    except RevertedError:
        return None


def held():
    columns = "contract_address, call, result, error, input"
    return {row[:2]: row[2:] for row in bronze("contract_reads", columns)}


def assert_all_are_read():
    contracts = Contracts(SEED, 1)
    every = bronze("contract_reads", "contract_address, call")
    expected = {(address, call) for address in emitters() for call in INPUTS}
    assert Counter(every) == Counter(expected)
    assert len(emitters()) > 5
    for (address, call), (result, error, data) in held().items():
        assert result == said(contracts, address, call)
        assert error == (None if result else "execution reverted")
        assert data == INPUTS[call]


def test_each_token_is_read_once_and_what_it_refuses_is_a_row(sandbox):
    loaded(0, 20)
    source, facts = reads()
    assert source.failures == []
    assert facts is not None
    assert_all_are_read()
    newest = int(sandbox.rpc("eth_blockNumber"), 16)
    at = sandbox.rpc("eth_getBlockByNumber", hex(newest), False)["hash"]
    of = "block_number, block_hash, endpoint, origin"
    assert bronze("contract_reads", f"distinct {of}") == [
        (newest, bytes.fromhex(at[2:]), "main", "ethereum/main")
    ]
    loaded(20, BLOCKS + 1)
    before = len(held())
    sandbox.clear_faults()
    reads()
    assert len(held()) >= before
    assert_all_are_read()


def test_loads_that_were_looked_through_are_not_looked_through_again(
    warehouse, monkeypatch
):
    chain = Chain(12)
    node = node_of(chain)
    node.methods["eth_call"] = lambda *_: WORD
    with endpoints(monkeypatch, [node]):
        assert reads()[1] is None  # there is nothing yet
        loaded(0, 6)
        reads()
        assert node.calls["eth_call"] == 3
        node.requests.clear()
        assert reads()[1] is None
        assert node.requests == []
        other = "update bronze_evm.logs set address = decode(repeat('0b', 20), 'hex')"
        run(warehouse, None, other)
        assert reads()[1] is None
        loaded(6, 12)  # with logs of the first token, which is read
        node.requests.clear()
        source, facts = reads()
    assert source.failures == []
    assert node.calls["eth_call"] == 0
    assert facts is not None
    spans = bronze("pages", "answered_until", "and feed = 'contract_reads' order by 1")
    assert len(spans) == 2


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("call_failed", {"probability": 0.3, "variant": "internal"}),
    ("call_failed", {"probability": 1, "variant": "pruned"}),
    ("call_limited", {"probability": 1, "variant": "infura"}),
    ("server_error", {"probability": 1}),
]


@pytest.mark.parametrize(
    ("kind", "fields"), FAULTS, ids=[f"{k}:{f.get('variant', '')}" for k, f in FAULTS]
)
def test_what_a_node_did_not_answer_is_no_row_and_asked_again(sandbox, kind, fields):
    loaded(0, 20)
    sandbox.inject(kind, exchange_id=ALPHA, path="eth_call", **fields)
    source, _ = reads()
    refused = {(result, error) for result, error, _ in held().values() if error}
    assert refused <= {(None, "execution reverted")}
    assert KEY not in repr(source.failures)
    if fields["probability"] == 1:
        assert len(source.failures) == 1
        assert held() == {}
    sandbox.clear_faults()
    source, _ = reads()
    assert source.failures == []
    assert_all_are_read()


def test_what_one_endpoint_does_not_answer_another_does(sandbox, monkeypatch):
    urls = [sandbox.rpc_url(name, KEY) for name in ("alpha", "beta")]
    monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", " ".join(urls))
    loaded(0, 20)
    sandbox.inject("call_failed", exchange_id=ALPHA, probability=1, path="eth_call")
    source, _ = reads()
    assert source.failures == []
    assert_all_are_read()
    assert bronze("contract_reads", "distinct endpoint") == [("rpc_2",)]


def read_of(warehouse, monkeypatch, answer, blocks=12):
    """The rows of one load of a chain's only token, whose calls are answered so."""
    node = node_of(Chain(blocks))
    node.methods["eth_call"] = answer
    with endpoints(monkeypatch, [node]):
        loaded(0, blocks)
        source, _ = reads()
    assert source.failures == []
    return bronze("contract_reads", "call, result, error", "order by 1")


def test_a_contract_that_is_none_is_read_again_where_it_emits_later(
    warehouse, monkeypatch
):
    chain = Chain(8)
    node = node_of(chain)
    node.methods["eth_call"] = lambda *_: "0x"
    with endpoints(monkeypatch, [node]):
        loaded(0, 8)
        reads()
        empty = bronze("contract_reads", COLUMNS, "order by 1")
        assert empty == [(call, b"", "empty answer", 7) for call in sorted(INPUTS)]
        chain.extend(4)
        node.methods["eth_call"] = lambda *_: WORD
        loaded(8, 12)
        reads()
        reads()
    rest = "and octet_length(result) > 0 order by 1"
    found = bronze("contract_reads", COLUMNS, rest)
    assert found == [(call, bytes(31) + b"\6", None, 11) for call in sorted(INPUTS)]


def test_a_node_behind_is_not_asked_of_what_it_can_not_know(warehouse, monkeypatch):
    chain = Chain(12)
    behind = node_of(chain, behind=6)
    behind.methods["eth_call"] = lambda *_: "0x"
    ahead = node_of(chain)
    ahead.methods["eth_call"] = lambda *_: WORD
    with endpoints(monkeypatch, [ahead]):
        loaded(0, 12)
    with endpoints(monkeypatch, [behind]):
        source, _ = reads()
        assert source.failures == []
        assert bronze("contract_reads", "call") == []
    with endpoints(monkeypatch, [behind, ahead]):
        reads()
    assert bronze("contract_reads", "distinct result, endpoint") == [
        (bytes(31) + b"\6", "rpc_2")
    ]


def test_words_of_a_contract_stop_no_endpoint(warehouse, monkeypatch):
    """What a contract refuses a call with may be any text, a provider's too."""

    def refused(*_):
        raise NodeError(
            -32000, "execution reverted: daily credit limit, batch too large"
        )

    rows = read_of(warehouse, monkeypatch, refused)
    assert [row[0] for row in rows] == sorted(INPUTS)
    assert all(row[1] is None for row in rows)
    assert all("daily credit limit" in row[2] for row in rows)
    assert "key-of-a-provider" not in str(rows)


def test_an_answer_that_is_too_long_is_not_kept(warehouse, monkeypatch):
    rows = read_of(warehouse, monkeypatch, lambda *_: "0x" + "ab" * 20_000)
    assert {row[1:] for row in rows} == {(None, "an answer of 20,000 bytes")}


def test_more_than_a_load_takes_are_left_to_the_next(sandbox, monkeypatch):
    monkeypatch.setattr("pipelines.sources.evm_node.unread_contracts.MOST", 12)
    monkeypatch.setattr("pipelines.sources.evm_node.contract_reading.GROUP", 5)
    loaded(0, 20)
    counts = [0]
    while reads()[1] is not None:
        counts.append(len(held()))
        assert len(counts) < 20
    assert max(after - before for before, after in pairwise(counts)) == 12
    assert_all_are_read()


def test_a_block_that_gives_way_while_it_is_read_gives_no_row(warehouse, monkeypatch):
    chain = Chain(12)
    node = node_of(chain)

    def forked(*_):
        chain.fork(2)
        return WORD

    node.methods["eth_call"] = forked
    with endpoints(monkeypatch, [node]):
        loaded(0, 12)
        source, _ = reads()
        assert "gave way while it was read" in str(source.failures)
        assert bronze("contract_reads", "call") == []
        node.methods["eth_call"] = lambda *_: WORD
        reads()
    assert len(bronze("contract_reads", "call")) == 3


def test_a_load_of_blocks_and_one_of_contracts_do_not_wait_for_each_other(
    warehouse, monkeypatch
):
    chain = Chain(12)
    node = node_of(chain)
    node.methods["eth_call"] = lambda *_: (loaded(6, 12), WORD)[1]
    with endpoints(monkeypatch, [node]):
        loaded(0, 6)
        source, _ = reads()
    assert source.failures == []
    assert bronze("blocks", "count(*)") == [(12,)]
    assert bronze("contract_reads", "count(*)") == [(3,)]


REFUSED = [
    (["--feed", "contract_reads", "--feed", "blocks"], "are a load of their own"),
    (["--feed", "contract_reads", "--from", "5"], "are of the newest block"),
]


def test_the_command_reads_contracts_and_a_key_is_found_nowhere(
    sandbox, warehouse, caplog, capfd
):
    loaded(0, 20)
    sandbox.inject("call_failed", exchange_id=ALPHA, probability=0.1, path="eth_call")
    words = ["load", "evm", "--chain", "ethereum", "--feed", "contract_reads"]
    with caplog.at_level("DEBUG"):
        done = CliRunner().invoke(app, words)
    assert done.exit_code in (0, 69), done.output
    assert KEY not in f"{done.output} {capfd.readouterr()} {caplog.text}"
    with psycopg.connect(**warehouse) as connection:
        for schema, table in connection.execute(TEXTS).fetchall():
            found = connection.execute(
                f'select count(*) from "{schema}"."{table}" as t'
                f" where position('{KEY}' in t::text) > 0".encode()
            ).fetchone()
            assert found == (0,), table
    for more, sentence in REFUSED:
        refused = CliRunner().invoke(app, ["load", "evm", *more])
        assert refused.exit_code == 78
        assert sentence in " ".join(refused.stderr.split())
