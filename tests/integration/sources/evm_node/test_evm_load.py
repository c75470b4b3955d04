"""Loads of blocks: every block once, proved, from whichever endpoint has it."""

import json
from collections import Counter
from datetime import timedelta

import psycopg
import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.sources.evm_node.answers import block_without_receipts, whole_block
from pipelines.sources.evm_node.stored_blocks import stored_blocks
from pipelines.sources.evm_node.told_differently import told_differently
from tests.contents.roles import run
from tests.fakes.evm_chain import Chain, node_of
from tests.fakes.node_server import NodeError, recorded_node
from tests.services.evm_loads import bronze, endpoints, held, loaded, patient

KEY = "key-of-a-provider"


@pytest.fixture
def warehouse(seeded):
    patient(seeded)
    run(
        seeded,
        "operator",
        "update config.chains set since_block = 0, proof_level = 'full'",
    )
    return seeded


def hashes(chain, *numbers):
    return {n: [chain.hashes[n]] for n in numbers or chain.hashes}


def proofs(rest=""):
    columns = "t.proof, t.result, t.reason"
    return Counter(bronze("proofs", columns, rest))


def test_a_span_is_loaded_whole_and_proved(warehouse, monkeypatch):
    chain = Chain(12)
    node = node_of(chain)
    with endpoints(monkeypatch, [node]):
        source, facts = loaded(3, 8)
        assert source.failures == []
        assert held() == hashes(chain, 3, 4, 5, 6, 7)
        transactions = bronze("transactions", "count(*), count(receipt_status)")
        assert transactions == [(8, 8)]
        assert bronze("logs", "count(*), count(distinct topic0)") == [(8, 1)]
        results = {result for _, result, _ in proofs()}
        assert results == {"passed", "unproven"}
        unproven = [key for key in proofs() if key[1] == "unproven"]
        assert unproven == [("parent_link", "unproven", "parent missing")]
        (page,) = bronze("pages", "scope, subject, feed, answered_from, answered_until")
        assert page == ("ethereum", "", "blocks", 3, 8)
        heads = bronze("heads", "tag, block_number", "order by 2")
        assert heads == [("finalized", 9), ("safe", 10), ("latest", 11)]
        assert facts is not None
        assert facts.weight_spent == sum(node.calls.values()) == 5 + 4 + 3 + 1
    rows = run(
        warehouse, None, "select method, calls_count, units from ops.chain_costs"
    )
    assert {method: calls for method, calls, _ in rows} == dict(node.calls)


def test_what_was_loaded_is_not_asked_for_again(warehouse, monkeypatch):
    chain = Chain(12)
    node = node_of(chain)
    with endpoints(monkeypatch, [node]):
        loaded(3, 8)
        node.requests.clear()
        loaded(3, 8)
        # the head's three, and whether the last one that is held is still of the chain
        assert node.calls == {"eth_getBlockByNumber": 3 + 1, "eth_chainId": 1}
        loaded(1, 10)
    assert held() == hashes(chain, *range(1, 10))
    links = proofs("and t.proof = 'parent_link' and t.block_number > 1")
    assert links[("parent_link", "unproven", "parent missing")] == 1  # that of 3


def test_without_a_span_what_is_new_is_loaded(warehouse, monkeypatch):
    chain = Chain(6)
    node = node_of(chain)
    with endpoints(monkeypatch, [node]):
        loaded()
        assert held() == hashes(chain)
        chain.extend(4)
        node.requests.clear()
        loaded()
        assert held() == hashes(chain)
        assert node.calls["eth_getBlockByNumber"] == 3 + 4
        assert node.calls["eth_getBlockReceipts"] == 4


def test_blocks_that_gave_way_are_read_again_and_the_old_ones_stay(
    warehouse, monkeypatch
):
    chain = Chain(20)
    before = dict(chain.hashes)
    node = node_of(chain)
    with endpoints(monkeypatch, [node]):
        loaded()
        chain.fork(3, 5)
        node.requests.clear()
        loaded()
    assert node.calls["eth_getBlockByNumber"] == 3 + 2 + 3
    found = held()
    assert [len(found[n]) for n in range(16, 20)] == [1, 2, 2, 2]
    for number in range(17, 20):
        assert set(found[number]) == {before[number], chain.hashes[number]}
    assert found[21] == [chain.hashes[21]]


def test_a_fork_of_the_same_height_and_a_chain_that_got_shorter_are_seen(
    warehouse, monkeypatch
):
    chain = Chain(20)
    with endpoints(monkeypatch, [node_of(chain)]):
        loaded()
        chain.fork(4)
        loaded()
        after = chain.hashes
        assert all(after[n] in held()[n] for n in range(20))
        chain.fork(6, 2)
        source, _ = loaded()
    assert source.failures == []
    assert all(chain.hashes[n] in held()[n] for n in chain.hashes)
    latest = bronze("heads", "block_number", "and tag = 'latest' order by received_at")
    assert latest == [(19,), (19,), (15,)]


def test_a_chain_that_gives_way_deeper_than_the_window_is_refused(
    warehouse, monkeypatch
):
    patient(warehouse, reorg_window_blocks=4)
    chain = Chain(20)
    with endpoints(monkeypatch, [node_of(chain)]):
        loaded()
        chain.fork(10)
        source, _ = loaded()
    assert [str(failure) for failure in source.failures] == [
        "the chain gave way below block 15, deeper than reorg_window_blocks (4)"
    ]
    assert all(chain.hashes[n] in held()[n] for n in range(15, 20))


def test_a_hole_below_a_named_span_is_no_reorganisation(warehouse, monkeypatch):
    chain = Chain(20)
    with endpoints(monkeypatch, [node_of(chain)]):
        loaded(2, 5)
        source, _ = loaded(10, 20)
    assert source.failures == []
    assert held() == hashes(chain, 2, 3, 4, *range(10, 20))


def test_a_reorganisation_between_two_answers_gives_no_torn_block(
    warehouse, monkeypatch
):
    chain = Chain(20, final=10)
    node = node_of(chain)
    real = node.methods["eth_getBlockReceipts"]

    def forked(told):
        if not chain.gone:
            chain.fork(5)
        return real(told)

    node.methods["eth_getBlockReceipts"] = forked
    with endpoints(monkeypatch, [node]):
        source, _ = loaded()
    assert source.failures == []
    assert all(chain.hashes[n] in held()[n] for n in range(20))
    torn = """
        and exists (
            select from bronze_evm.blocks as b
            where b.block_hash = t.block_hash and b.logs_count is null
        )
    """
    assert bronze("transactions", "block_number", torn) == []
    assert {result for _, result, _ in proofs()} <= {"passed", "not_applicable"}


def test_a_block_that_is_wrong_is_had_from_the_other_endpoint(warehouse, monkeypatch):
    def altered(block, receipts):
        if block["number"] == "0x4":
            receipts[0]["logs"].pop()

    chain = Chain(8)
    wrong = node_of(chain, altered=altered)
    with endpoints(monkeypatch, [wrong, node_of(chain)]):
        source, _ = loaded(3, 6)
    assert source.failures == []
    assert held() == hashes(chain, 3, 4, 5)
    by = dict(bronze("blocks", "block_number, endpoint"))
    assert by == {3: "main", 4: "rpc_2", 5: "main"}
    assert {result for _, result, _ in proofs()} == {"passed", "unproven"}
    ((number, endpoint, reason),) = bronze(
        "quarantine", "block_number, endpoint, reason"
    )
    assert (number, endpoint) == (4, "main")
    assert "receipts_root" in reason
    assert "log_index: log 0 has the index 1" in reason


def test_a_block_that_is_wrong_everywhere_stands_with_its_reason_until_told_twice(
    warehouse, monkeypatch
):
    def altered(block, _):
        if block["number"] == "0x4":
            block["stateRoot"] = "0x" + "66" * 32

    chain = Chain(8)
    with endpoints(monkeypatch, [node_of(chain, altered=altered)]):
        source, _ = loaded()
        ((failed, reason),) = bronze("proofs", "proof, reason", "and result = 'failed'")
        assert failed == "header_hash"
        assert reason.startswith(f"block_hash is {chain.hashes[4]}, computed 0x")
        (failure,) = source.failures
        assert str(failure).startswith(
            "ethereum: 1 block is not whole or not proved, and asked for again: block"
            " 4: header_hash: block_hash"
        )
        again, _ = loaded()  # it reads the same: told twice, it counts
        assert again.failures == []
        assert len(held()[4]) == 1
        named, _ = loaded(4, 5)  # but who names it doubts that
        assert len(named.failures) == 1
        assert len(held()[4]) == 1
    with endpoints(monkeypatch, [node_of(chain)]):
        mended, _ = loaded(0, 8)
        assert mended.failures == []
        rest = "and block_number = 4 and result = 'failed'"
        assert len(bronze("proofs", "proof", rest)) == 1
        rest = "and block_number = 4 and proof = 'header_hash' and result = 'passed'"
        assert len(bronze("proofs", "proof", rest)) == 1
        loaded(0, 8)
        assert len(held()[4]) == 2


def test_of_two_endpoints_one_that_says_otherwise_is_told_of(warehouse, monkeypatch):
    def altered(block, receipts):
        if block["number"] == "0x4":
            receipts[0]["logs"][0]["data"] = "0x" + "66" * 32
        if block["number"] == "0x6":
            block["hash"] = "0x" + "ab" * 32

    patient(warehouse, compared_one_block_in=2)
    chain = Chain(9)
    other = node_of(chain, altered=altered)
    with endpoints(monkeypatch, [node_of(chain), other]):
        source, _ = loaded(1, 9)
    assert source.failures == []
    columns = "block_number, field, endpoint, other_endpoint, value, other_value"
    found = bronze("disagreements", columns, "order by 1")
    assert found == [
        (
            *(4, "logs[0].data", "main", "rpc_2"),
            *("0x" + (4).to_bytes(32, "big").hex(), "0x" + "66" * 32),
        )
    ]
    said = "logs[0].data of block 4 of ethereum is not the same at main and rpc_2"
    assert source.doubts == [said]
    assert told_differently("ethereum", timedelta(days=1)) == [said]
    assert told_differently("ethereum", timedelta()) == []
    assert told_differently("base", timedelta(days=1)) == []
    asked = {c["params"][0] for calls in other.requests for c in calls if c["params"]}
    assert {"0x2", "0x4", "0x6", "0x8"} <= asked
    assert not {"0x1", "0x3", "0x5", "0x7"} & asked


def test_an_endpoint_of_another_chain_is_not_asked_for_blocks(warehouse, monkeypatch):
    wrong = node_of(Chain(5, chain_id=8453))
    with endpoints(monkeypatch, [wrong]):
        source, _ = loaded(1, 3)
        assert [str(failure) for failure in source.failures] == [
            "ethereum/main is of chain 8453, not of 1: its address is another chain's"
        ]
    assert wrong.calls == {"eth_chainId": 1}
    chain = Chain(5)
    with endpoints(monkeypatch, [wrong, node_of(chain)]):
        source, _ = loaded(1, 3)
    assert source.failures == []
    assert held() == hashes(chain, 1, 2)


def test_a_node_of_blocks_alone_is_enough_for_a_named_span(warehouse, monkeypatch):
    chain = Chain(8)
    node = node_of(chain)
    del node.methods["eth_chainId"]
    del node.methods["eth_blockNumber"]
    real = node.methods["eth_getBlockByNumber"]

    def numbered(told, full):
        if not told.startswith("0x"):
            raise NodeError(-32602, "no tags here")
        return real(told, full)

    node.methods["eth_getBlockByNumber"] = numbered
    with endpoints(monkeypatch, [node]):
        source, _ = loaded(2, 6)
        assert source.failures == []
        assert held() == hashes(chain, 2, 3, 4, 5)
        assert bronze("heads", "tag, block_number") == [("latest", 5)]
        nameless, _ = loaded()
    (failure,) = nameless.failures
    assert "eth_blockNumber" in str(failure)


def test_a_chain_without_tags_has_a_final_block_by_depth(warehouse, monkeypatch):
    run(warehouse, "operator", "update config.chains set finality = '4'")
    with endpoints(monkeypatch, [node_of(Chain(10))]):
        loaded(1, 3)
    heads = bronze("heads", "tag, block_number", "order by 2")
    assert heads == [("finalized", 5), ("latest", 9)]


def test_newest_blocks_that_are_not_there_yet_are_no_failure(warehouse, monkeypatch):
    chain = Chain(10)
    node = node_of(chain)
    lagging = node_of(chain, behind=2)
    node.methods["eth_getBlockReceipts"] = lagging.methods["eth_getBlockReceipts"]
    real = node.methods["eth_getBlockByNumber"]
    node.methods["eth_getBlockByNumber"] = lambda told, full: (
        None if told in {"0x8", "0x9"} else real(told, full)
    )
    with endpoints(monkeypatch, [node]):
        source, _ = loaded()
        assert source.failures == []
        assert held() == hashes(chain, *range(8))
        node.methods["eth_getBlockByNumber"] = real
        node.methods["eth_getBlockReceipts"] = node_of(chain).methods[
            "eth_getBlockReceipts"
        ]
        loaded()
    assert held() == hashes(chain)


def test_a_quota_that_is_spent_is_not_gone_beyond(warehouse, monkeypatch):
    run(
        warehouse,
        "operator",
        "update config.chain_endpoints set units_per_day = 20 where chain = 'ethereum'",
    )
    chain = Chain(30)
    node, other = node_of(chain), node_of(chain)
    with endpoints(monkeypatch, [node]):
        source, _ = loaded(0, 30)
    (failure,) = source.failures
    assert "units, and there are" in str(failure)
    assert "of the day left (UTC)" in str(failure)
    assert sum(node.calls.values()) <= 20
    spent = "select sum(units) from ops.chain_costs where chain = 'ethereum'"
    assert run(warehouse, None, spent) == [(sum(node.calls.values()),)]
    node.requests.clear()
    with endpoints(monkeypatch, [node, other]):
        source, _ = loaded(0, 30)
    assert source.failures == []
    assert held() == hashes(chain)
    assert sum(node.calls.values()) <= 20


def test_the_command_loads_blocks_and_says_so(warehouse, monkeypatch):
    chain = Chain(8)
    words = ["load", "evm", "--chain", "ethereum", "--from", "2", "--to", "5"]
    with endpoints(monkeypatch, [node_of(chain)]):
        done = CliRunner().invoke(app, [*words, "--json"])
        assert done.exit_code == 0, done.output
        (facts,) = json.loads(done.stdout)
        assert facts["schema_name"] == "bronze_evm"
        beyond = CliRunner().invoke(app, [*words[:-3], "8", "--to", "9"])
        assert beyond.exit_code == 69
        sentence = "block 8 is not there yet: the newest of ethereum is 7"
        assert sentence in " ".join(beyond.stderr.split())
    assert held() == hashes(chain, 2, 3, 4)
    with endpoints(monkeypatch, [node_of(chain, altered=lambda b, r: r.clear())]):
        failed = CliRunner().invoke(app, [*words[:-1], "8"])
    assert failed.exit_code == 69
    assert "failed: ethereum: " in failed.stderr


REFUSED = [
    (["load", "evm", "--chain", "nix"], 78, "unknown chain nix; config.chains has"),
    (["load", "evm"], 78, "set BULLION_ETHEREUM_RPC_URLS"),
    (["load", "evm", "--chain", "base"], 78, "set BULLION_BASE_RPC_URLS"),
    (["load", "evm", "--since", "-P1D"], 78, "use --from, --to"),
    (["load", "evm", "--from", "5", "--to", "5"], 78, "--to 5 is not above --from 5"),
    (["load", "evm", "--from", "-5"], 78, "a number is not below 0"),
    (["load", "evm", "--symbol", "BTC/USD"], 78, "--symbol: a chain has none"),
    (["load", "evm", "--exchange", "kraken"], 78, "name one by --chain"),
    (["load", "evm", "--feed", "logs"], 78, "'logs' is no feed of chains"),
    (["load", "exchange", "--chain", "base"], 78, "exchange has no blocks"),
    (["load", "archive", "--from", "5"], 78, "archive has no blocks"),
]


@pytest.mark.parametrize(("words", "exit_code", "sentence"), REFUSED)
def test_what_can_not_be_loaded_is_refused_in_a_sentence(
    warehouse, words, exit_code, sentence
):
    done = CliRunner().invoke(app, words)
    assert done.exit_code == exit_code
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.output


TEXTS = """
select c.table_schema, c.table_name
from information_schema.tables as c
where c.table_schema in ('bronze_evm', 'ops', 'config') and c.table_type = 'BASE TABLE'
"""


def test_a_key_in_an_address_is_found_nowhere(
    warehouse, monkeypatch, caplog, capfd, tmp_path
):
    def altered(block, _):
        if block["number"] == "0x4":
            block["gasLimit"] = KEY

    chain = Chain(8)
    node = node_of(chain, altered=altered, has=("single",))
    with caplog.at_level("DEBUG"), endpoints(monkeypatch, [node]) as (url,):
        done = CliRunner().invoke(
            app, ["load", "evm", "--chain", "ethereum", "--from", "1", "--to", "8"]
        )
        node.refuse = lambda _: (500, {}, {"error": {"code": 1, "message": url}})
        broken = CliRunner().invoke(app, ["load", "evm", "--chain", "ethereum"])
    monkeypatch.setenv("BULLION_ETHEREUM_RPC_URLS", f"http://127.0.0.1:1/{KEY}")
    dead = CliRunner().invoke(app, ["load", "evm", "--chain", "ethereum"])
    assert (done.exit_code, broken.exit_code, dead.exit_code) == (69, 69, 69)
    printed = capfd.readouterr()
    told = [r.output for r in (done, broken, dead)]
    assert KEY not in f"{told} {printed} {caplog.text}"
    with psycopg.connect(**warehouse) as connection:
        for schema, table in connection.execute(TEXTS).fetchall():
            found = connection.execute(
                f'select count(*) from "{schema}"."{table}" as t'
                f" where position('{KEY}' in t::text) > 0".encode()
            ).fetchone()
            assert found == (0,), table
    assert bronze("quarantine", "block_number") == [(4,)]
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert [p for p in files if KEY.encode() in p.read_bytes()] == []


RECORDED = [(483_920, 483_921), (1_755_634, 1_755_636), (47_218, 47_220)]


def test_recorded_blocks_are_in_bronze_as_they_were_sent(
    warehouse, recorded, monkeypatch
):
    folder = recorded / "chain" / "mainnet"
    node = recorded_node(folder)
    with endpoints(monkeypatch, [node]):
        failures = {span: loaded(*span)[0].failures for span in RECORDED}
    assert [bool(of_span) for of_span in failures.values()] == [False, False, True]
    assert node.calls["eth_getBlockReceipts"] == 1  # it has none, which is learnt
    with psycopg.connect(**warehouse) as connection:
        stored = {
            one.block.header.block_number: one
            for span in RECORDED
            for page in stored_blocks(connection, 1, range(*span))
            for one in page
        }
    sent = node.methods["eth_getBlockByNumber"]
    for number, one in stored.items():
        block = sent(hex(number), True)
        hashes = [transaction["hash"] for transaction in block["transactions"]]
        receipts = [node.methods["eth_getTransactionReceipt"](h) for h in hashes]
        expected = (
            whole_block(1, block, receipts)
            if all(receipts)
            else block_without_receipts(1, block)
        )
        assert one.block == expected
    assert sorted(stored) == [47_218, 47_219, 483_920, 1_755_634, 1_755_635]
    rest = "and block_number > 100000 and result <> 'not_applicable'"
    columns = "block_number, proof, result, reason"
    unproven = [row for row in bronze("proofs", columns, rest) if row[2] != "passed"]
    assert sorted(unproven) == [
        (483_920, "parent_link", "unproven", "parent missing"),
        (1_755_634, "parent_link", "unproven", "parent missing"),
    ]
    rest = "and block_number < 100000 and result <> 'not_applicable'"
    found = {(row[0], row[1]): row[2:] for row in bronze("proofs", columns, rest)}
    missing = ("unproven", "receipts missing")
    for number in (47_218, 47_219):
        assert found[number, "header_hash"] == ("passed", None)
        assert found[number, "transactions_root"] == ("passed", None)
        assert found[number, "sender"] == ("passed", None)
        for proof in ("receipts_root", "logs_bloom", "log_index", "counts"):
            assert found[number, proof] == missing
    assert found[47_219, "parent_link"] == ("passed", None)


def test_an_endpoint_that_has_what_it_lacked_is_asked_for_it_again(
    warehouse, monkeypatch
):
    chain = Chain(12)
    with endpoints(monkeypatch, [node_of(chain, has=("single",))]):
        loaded(0, 4)
    lacks = "select lack from ops.endpoint_lacks"
    assert run(warehouse, None, lacks) == [("block_receipts",)]
    moved = node_of(chain)
    del moved.methods["eth_getTransactionReceipt"]
    with endpoints(monkeypatch, [moved]):
        source, _ = loaded(4, 12)
    assert source.failures == []
    assert held() == hashes(chain)
    assert run(warehouse, None, lacks) == []


def test_a_chain_that_moves_while_its_window_is_read_is_read_as_it_is_then(
    warehouse, monkeypatch
):
    chain = Chain(20, final=10)
    node = node_of(chain)
    with endpoints(monkeypatch, [node]):
        loaded()
        chain.fork(6)
        real = node.methods["eth_getBlockReceipts"]
        seen: list[str] = []

        def forked(told):
            seen.append(told)
            if len(seen) == 3:  # of the branch that gives way now
                chain.fork(8)
            return real(told)

        node.methods["eth_getBlockReceipts"] = forked
        source, _ = loaded()
    assert source.failures == []
    assert len(seen) > 3
    assert all(chain.hashes[n] in held()[n] for n in range(20))
