"""A simulated chain over HTTP: its endpoints, its doors, its faults, its options."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from web3 import HTTPProvider, Web3

from pipelines.errors import SetupError
from pipelines.sandbox.running import Running, running
from tests.oracles.block_oracle import flaws

NOW = "2025-06-01T12:00:00Z"
SECRET = "k3y-0f-a-provider"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as held:
        held.trust_env = False
        yield held


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with running(now=NOW, frozen=True, in_thread=True, chain_blocks=40) as started:
        yield started


def call(method: str, *params: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def whole_branch(sandbox: Running, **where: str) -> list[Any]:
    head = int(sandbox.rpc("eth_blockNumber", **where), 16)
    return [
        sandbox.rpc("eth_getBlockByNumber", hex(number), True, **where)
        for number in range(head + 1)
    ]


def test_blocks_over_http_hold_and_follow_the_clock(sandbox: Running) -> None:
    branch = whole_branch(sandbox)
    assert len(branch) == 41
    for block in branch:
        receipts = sandbox.rpc("eth_getBlockReceipts", block["hash"])
        assert flaws(block, receipts) == []
    sandbox.set_clock("2025-06-01T12:01:00Z")
    assert int(sandbox.rpc("eth_blockNumber"), 16) == 45


def test_web3_is_served(sandbox: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    w3: Any = Web3(HTTPProvider(sandbox.rpc_url()))
    block = w3.eth.get_block("latest", full_transactions=True)
    assert w3.eth.chain_id == 1
    assert block["number"] == 40
    assert w3.eth.get_block(block["parentHash"])["number"] == 39
    for number in (5, 6):
        numbered = w3.eth.get_block(number)
        assert [w3.eth.get_transaction(one)["hash"] for one in numbered["transactions"]]
        receipts = w3.eth.get_block_receipts(number)
        assert [one["transactionHash"] for one in receipts] == numbered["transactions"]
    assert len(w3.eth.get_logs({"fromBlock": 1, "toBlock": 40})) > 100
    with w3.batch_requests() as batch:
        for number in range(3, 8):
            batch.add(w3.eth.get_block(number))
        numbers = [one["number"] for one in batch.execute()]
    assert numbers == [3, 4, 5, 6, 7]


def test_the_doors_fork_and_roll_back(sandbox: Running) -> None:
    before = whole_branch(sandbox)
    (happened,) = sandbox.fork(3)
    after = whole_branch(sandbox)
    assert after[:-3] == before[:-3]
    assert happened["old"] == [block["hash"] for block in before[-3:]]
    assert happened["new"] == [block["hash"] for block in after[-3:]]
    assert len(sandbox.rollback(2)) == 2
    (chain,) = sandbox.chains()
    named = {"chain": "ethereum", "chain_id": 1, "head": 38, "safe": 6, "finalized": 0}
    assert chain == {**named, "hash": after[38]["hash"]}
    sandbox.fork(1, after="eth_getBlockByNumber")
    assert sandbox.rpc("eth_getBlockByNumber", "latest", False)["hash"] == chain["hash"]
    moved = sandbox.rpc("eth_getBlockByNumber", "latest", False)
    assert moved["number"] == hex(38)
    assert moved["hash"] != chain["hash"]
    with pytest.raises(SetupError, match="the head is at 38, not 99 deep"):
        sandbox.fork(99)


def test_endpoints_show_one_chain_and_fail_apart(sandbox: Running) -> None:
    alpha, beta = {"endpoint": "alpha"}, {"endpoint": "beta"}
    latest = ("eth_getBlockByNumber", "latest", True)
    assert sandbox.rpc(*latest, **alpha) == sandbox.rpc(*latest, **beta)
    sandbox.inject("behind", probability=1, blocks=4, exchange_id="evm/ethereum/alpha")
    assert int(sandbox.rpc("eth_blockNumber", **alpha), 16) == 36
    assert int(sandbox.rpc("eth_blockNumber", **beta), 16) == 40
    sandbox.clear_faults()
    assert sandbox.rpc(*latest, **alpha) == sandbox.rpc(*latest, **beta)


def test_refusals_and_broken_bodies_over_http(
    sandbox: Running, session: requests.Session
) -> None:
    url, asked = sandbox.rpc_url(), call("eth_getBlockByNumber", "0x5", True)
    whole = session.post(url, json=asked)
    assert whole.headers["Date"] == "Sun, 01 Jun 2025 12:00:00 GMT"
    sandbox.inject("too_many", next_requests=1, retry_after_s=7)
    answer = session.post(url, json=asked)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    sandbox.inject("too_many", next_requests=1, variant="bare")
    answer = session.post(url, json=asked)
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, False)
    sandbox.inject("quota_spent", next_requests=1)
    answer = session.post(url, json=asked)
    assert (answer.status_code, answer.json()["error"]["event"]) == (402, -33000)
    sandbox.inject("too_large", probability=1, most=3)
    assert session.post(url, json=[asked] * 4).status_code == 413
    assert session.post(url, json=[asked] * 3).status_code == 200
    sandbox.clear_faults()
    sandbox.inject("range_limit", probability=1, variant="quicknode", most=3)
    span = {"fromBlock": "0x1", "toBlock": "0x9"}
    answer = session.post(url, json=call("eth_getLogs", span))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, -32614)
    sandbox.inject("truncated", next_requests=1)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        session.post(url, json=asked).json()
    sandbox.inject("disconnect", next_requests=1)
    with pytest.raises(requests.exceptions.RequestException):
        session.post(url, json=asked)
    sandbox.inject("server_error", next_requests=1, status=502)
    assert session.post(url, json=asked).status_code == 502
    started = time.monotonic()
    sandbox.inject("slow", next_requests=1, seconds=0.3)
    assert session.post(url, json=asked).content == whole.content
    assert time.monotonic() - started >= 0.3
    assert session.post(url, json=asked).content == whole.content


def test_a_key_in_the_address_comes_back_in_errors_only(
    sandbox: Running, session: requests.Session
) -> None:
    url = sandbox.rpc_url("alpha", SECRET)
    assert url.endswith(f"/evm/ethereum/alpha/{SECRET}")
    asked = call("eth_getBlockByNumber", "0x5", True)
    assert SECRET not in session.post(url, json=asked).text
    sandbox.inject("call_failed", next_requests=1)
    assert SECRET in session.post(url, json=asked).text
    assert SECRET not in str(sandbox.counts())


def test_requests_and_calls_are_counted(
    sandbox: Running, session: requests.Session
) -> None:
    batch = [call("eth_getBlockByNumber", hex(n), False) for n in range(5)]
    session.post(sandbox.rpc_url("alpha"), json=batch)
    session.post(sandbox.rpc_url("alpha"), json=call("eth_nothing"))
    assert sandbox.requests_count("evm") == 2
    assert sandbox.requests_count("evm/ethereum/alpha") == 6
    assert sandbox.requests_count("evm/ethereum/alpha", -32601) == 1


def test_an_unknown_chain_is_not_found(
    sandbox: Running, session: requests.Session
) -> None:
    unknown = sandbox.rpc_url(chain="dogecoin")
    assert session.post(unknown, json=call("eth_chainId")).status_code == 404


def test_options_say_which_chains_and_how_they_reorganise() -> None:
    options: dict[str, Any] = {
        "now": NOW,
        "frozen": True,
        "chains": ["polygon=137/2"],
        "chain_blocks": 30,
        "chain_transactions": 5,
        "chain_forks": ["ethereum@31=3/2"],
        "chain_forgets": True,
        "chain_kept_blocks": 5,
        "faults": ["receipts_missing:empty=1@/polygon/"],
    }
    branches = []
    for _ in range(2):  # in a process of its own, twice
        with running(**options) as started:
            assert int(started.rpc("eth_chainId", chain="polygon"), 16) == 137
            before = whole_branch(started)
            started.set_clock("2025-06-01T12:00:12Z")
            heads = [(one["chain"], one["head"]) for one in started.chains()]
            assert heads == [("ethereum", 30), ("polygon", 36)]
            after = whole_branch(started)
            shared = [a for a, b in zip(before, after, strict=True) if a == b]
            assert len(shared) == 29
            gone = before[-1]["hash"]
            assert started.rpc("eth_getBlockByHash", gone, False) is None
            first = started.rpc("eth_getBlockReceipts", "0x3", chain="polygon")
            assert first == []
            url = started.rpc_url()
            assert started.environment["BULLION_ETHEREUM_RPC_URLS"] == url
            branches.append(after)
    assert branches[0] == branches[1]


def test_a_chain_is_made_beside_the_other_upstreams(session: requests.Session) -> None:
    with running(now=NOW, frozen=True, chain_blocks=400, rate_limit=False) as started:
        making = threading.Thread(target=started.rpc, args=("eth_blockNumber",))
        making.start()
        url = started.venue_url("binance") + "/api/v3/time"
        asked = 0
        while making.is_alive():
            assert session.get(url).status_code == 200
            asked += 1
        making.join()
        assert asked > 2
