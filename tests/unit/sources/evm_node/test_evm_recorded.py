"""Recorded blocks: of Ethereum every expected row and proof, of the test chain all."""

import csv
import json
from datetime import UTC, datetime

import orjson
import pytest

from pipelines.sources.evm_node import readers
from pipelines.sources.evm_node.answers import (
    NotYetError,
    block_without_receipts,
    header,
    whole_block,
)
from pipelines.sources.evm_node.fields import number
from pipelines.sources.evm_node.proof_rules import ProofRules
from pipelines.sources.evm_node.proofs import CHECKS, prove
from pipelines.sources.evm_node.senders import sender
from tests.fakes.evm_vectors import TEST_CHAIN, answer, chain, exchanges

WITH_RECEIPTS = {
    483920: ("block_with_logs", "receipts_with_logs"),
    1755634: ("blocks_1755634_1755635",) * 2,
    1755635: ("blocks_1755634_1755635",) * 2,
}
WITHOUT = dict.fromkeys((47218, 47219), "blocks_with_transactions")
RULES = ProofRules(ethereum={TEST_CHAIN: "chain.rlp"})
NO_WITHDRAWALS = ("not_applicable", "the header has no withdrawals root")
NO_PARENT = ("unproven", "parent missing")


@pytest.fixture(scope="module")
def blocks(recorded):
    """The recorded blocks of Ethereum, by number."""
    folder = recorded / "chain" / "mainnet"
    read = {}
    for at, (of_block, of_receipts) in WITH_RECEIPTS.items():
        block = answer(folder / of_block, f"_{at:#x}_true")
        hashes = [sent["hash"] for sent in block["transactions"]]
        receipts = [answer(folder / of_receipts, one) for one in hashes]
        read[at] = whole_block(1, block, receipts)
    for at, of_block in WITHOUT.items():
        block = answer(folder / of_block, f"_{at:#x}_true")
        read[at] = block_without_receipts(1, block)
    return read


def verdicts(block, parent=None, **how):
    parent_hash = parent.header.block_hash if parent else None
    rows = prove(block, parent_hash, level="full", **how)
    found = {row.proof: (row.result, row.reason) for row in rows}
    assert found.keys() == CHECKS.keys()
    return {name: verdict for name, verdict in found.items() if verdict[0] != "passed"}


def test_blocks_of_ethereum_pass_every_proof_that_can_be_made(blocks):
    alone = {"parent_link": NO_PARENT, "withdrawals_root": NO_WITHDRAWALS}
    assert verdicts(blocks[483920]) == alone
    assert verdicts(blocks[1755634]) == alone
    linked = {"withdrawals_root": NO_WITHDRAWALS}
    assert verdicts(blocks[1755635], blocks[1755634]) == linked


def test_blocks_whose_receipts_were_not_recorded_pass_the_others(blocks):
    names = ("receipts_root", "logs_bloom", "log_index", "counts")
    missing = dict.fromkeys(names, ("unproven", "receipts missing"))
    missing["withdrawals_root"] = NO_WITHDRAWALS
    assert verdicts(blocks[47218]) == missing | {"parent_link": NO_PARENT}
    assert verdicts(blocks[47219], blocks[47218]) == missing


def hexed(value):
    return None if value is None else f"0x{value.hex()}"


def stamp(seconds):
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def block_row(block):
    row = block.header
    own = hexed(row.block_hash)
    return {
        "type": "block",
        "number": row.block_number,
        "hash": own,
        "parent_hash": hexed(row.parent_hash),
        "nonce": hexed(row.nonce),
        "sha3_uncles": hexed(row.sha3_uncles),
        "logs_bloom": hexed(row.logs_bloom),
        "transactions_root": hexed(row.transactions_root),
        "state_root": hexed(row.state_root),
        "receipts_root": hexed(row.receipts_root),
        "miner": hexed(row.miner),
        "difficulty": row.difficulty,
        "total_difficulty": row.total_difficulty,
        "size": row.size_bytes,
        "extra_data": hexed(row.extra_data),
        "gas_limit": row.gas_limit,
        "gas_used": row.gas_used,
        "timestamp": row.block_at_s,
        "transaction_count": row.transactions_count,
        "base_fee_per_gas": row.base_fee_per_gas,
        "withdrawals_root": hexed(row.withdrawals_root),
        "withdrawals": json.loads(row.withdrawals or "[]"),
        "item_id": f"block_{own}",
        "item_timestamp": stamp(row.block_at_s),
    }


def transaction_row(block, row):
    own = hexed(row.transaction_hash)
    return {
        "type": "transaction",
        "hash": own,
        "nonce": row.nonce,
        "block_hash": hexed(row.block_hash),
        "block_number": row.block_number,
        "block_timestamp": block.header.block_at_s,
        "transaction_index": row.transaction_index,
        "from_address": hexed(row.from_address),
        "to_address": hexed(row.to_address),
        "value": row.value,
        "gas": row.gas,
        "gas_price": row.gas_price,
        "input": hexed(row.input),
        "max_fee_per_gas": row.max_fee_per_gas,
        "max_priority_fee_per_gas": row.max_priority_fee_per_gas,
        "transaction_type": row.transaction_type,
        **{f"receipt_{name}": value for name, value in receipt_row(row).items()},
        "item_id": f"transaction_{own}",
        "item_timestamp": stamp(block.header.block_at_s),
    }


def receipt_row(row):
    more = orjson.loads(row.receipt_extra_fields or "{}")
    return {
        "transaction_hash": hexed(row.transaction_hash),
        "transaction_index": row.transaction_index,
        "block_hash": hexed(row.block_hash),
        "block_number": row.block_number,
        "cumulative_gas_used": row.receipt_cumulative_gas_used,
        "gas_used": row.receipt_gas_used,
        "contract_address": hexed(row.receipt_contract_address),
        "root": hexed(row.receipt_root),
        "status": row.receipt_status,
        "effective_gas_price": row.receipt_effective_gas_price,
        "l1_fee": more.get("l1Fee"),
        "l1_gas_used": more.get("l1GasUsed"),
        "l1_gas_price": more.get("l1GasPrice"),
        "l1_fee_scalar": more.get("l1FeeScalar"),
    }


def log_row(block, log):
    topics = [log.topic0, log.topic1, log.topic2, log.topic3]
    return {
        "type": "log",
        "log_index": log.log_index,
        "transaction_hash": hexed(log.transaction_hash),
        "transaction_index": log.transaction_index,
        "block_hash": hexed(log.block_hash),
        "block_number": log.block_number,
        "block_timestamp": block.header.block_at_s,
        "address": hexed(log.address),
        "data": hexed(log.data),
        "topics": [hexed(topic) for topic in topics if topic is not None],
        "item_id": f"log_{hexed(log.transaction_hash)}_{log.log_index}",
        "item_timestamp": stamp(block.header.block_at_s),
    }


def transfer_row(block, log):
    return {
        "type": "token_transfer",
        "token_address": hexed(log.address),
        "from_address": hexed(log.topic1[-20:]),
        "to_address": hexed(log.topic2[-20:]),
        "value": int.from_bytes(log.data, "big"),
        "transaction_hash": hexed(log.transaction_hash),
        "log_index": log.log_index,
        "block_number": log.block_number,
        "block_timestamp": block.header.block_at_s,
        "block_hash": hexed(log.block_hash),
        "item_id": f"token_transfer_{hexed(log.transaction_hash)}_{log.log_index}",
        "item_timestamp": stamp(block.header.block_at_s),
    }


def as_text(value):
    if isinstance(value, list):
        return ",".join(value)
    return "" if value is None else str(value)


def expected(folder):
    """Each file of expected rows: its kind, and its rows."""
    for path in sorted(folder.glob("*/expected_*")):
        text = path.read_text()
        rows = (
            list(csv.DictReader(text.splitlines()))
            if path.suffix == ".csv"
            else [json.loads(line) for line in text.splitlines() if line]
        )
        yield path.stem.removeprefix("expected_"), path, rows


def test_every_expected_row_is_had_field_by_field(recorded, blocks):
    transfer = bytes.fromhex(
        "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    )
    whole = blocks.values()
    logs = [(block, log) for block in whole for log in block.logs]
    rows = {
        "blocks": [block_row(block) for block in whole],
        "transactions": [
            transaction_row(block, row) for block in whole for row in block.transactions
        ],
        "receipts": [receipt_row(row) for block in whole for row in block.transactions],
        "logs": [log_row(*one) for one in logs],
        "token_transfers": [
            transfer_row(*one) for one in logs if one[1].topic0 == transfer
        ],
    }
    compared = 0
    for kind, path, told in expected(recorded / "chain" / "mainnet"):
        if path.parent.name == "logs":  # logs by themselves, of a block without header
            continue
        for wanted in told:
            own = [{name: as_text(row[name]) for name in wanted} for row in rows[kind]]
            assert {name: as_text(value) for name, value in wanted.items()} in own
            compared += len(wanted)
    print(f"{compared} fields compared")
    assert compared == 467


@pytest.fixture(scope="module")
def vectors(recorded):
    folder = recorded / "chain" / "test_chain"
    return folder, {b.header.block_hash: b for b in chain(folder / "chain.rlp")}


def test_the_test_chain_is_hashed_linked_and_rooted(vectors):
    parent, proved = None, 0
    needs_receipts = {"receipts_root", "logs_bloom", "log_index", "counts", "sender"}
    for block in vectors[1].values():
        missing = {
            name: verdict
            for name, verdict in verdicts(block, parent, rules=RULES).items()
            if name not in needs_receipts
        }
        allowed = (
            {}
            if block.header.withdrawals_root
            else {"withdrawals_root": NO_WITHDRAWALS}
        )
        assert missing == allowed | ({} if parent else {"parent_link": NO_PARENT})
        parent, proved = block, proved + len(block.transactions)
    assert (len(vectors[1]), proved) == (54, 249)


def of_method(folder, *methods):
    for name, asked, answered in exchanges(folder):
        if asked["method"] in methods:
            yield name, answered.get("result"), answered


def test_every_block_of_the_test_chain_reads_as_its_own_encoding(vectors):
    folder, by_hash = vectors
    read = 0
    for _, sent, _ in of_method(folder, "eth_getBlockByNumber", "eth_getBlockByHash"):
        if sent is None:
            with pytest.raises(NotYetError):
                header(TEST_CHAIN, sent)
            continue
        row = header(TEST_CHAIN, sent)
        read += 1
        if row.block_number == 0:
            first = next(iter(by_hash.values()))
            assert row.block_hash == first.header.parent_hash
            continue
        same = by_hash[row.block_hash]
        unsaid = {"size_bytes": row.size_bytes, "uncles": row.uncles}
        assert row == same.header._replace(**unsaid)
        if isinstance(sent["transactions"][0], dict):
            block = block_without_receipts(TEST_CHAIN, sent)
            assert [as_encoded(one) for one in block.transactions] == [
                as_encoded(one) for one in same.transactions
            ]
    assert read == 10


def as_encoded(row):
    """The transaction without what its envelope does not say."""
    lists = {
        name: json.loads(getattr(row, name) or "null")
        for name in ("access_list", "authorization_list", "blob_versioned_hashes")
    }
    return row._replace(from_address=b"", **lists)


def test_every_receipt_of_the_test_chain_is_read_and_its_senders_are_recovered(
    vectors,
):
    folder, by_hash = vectors
    rows = {r.transaction_hash: r for b in by_hash.values() for r in b.transactions}
    assert len({sender(row) for row in rows.values()}) == 1
    receipts, senders = 0, set()
    for _, sent, _ in of_method(
        folder, "eth_getTransactionReceipt", "eth_getBlockReceipts"
    ):
        for one in sent if isinstance(sent, list) else [sent] if sent else []:
            row = rows[bytes.fromhex(one["transactionHash"][2:])]
            assert hexed(sender(row)) == one["from"]
            read, logs = readers.receipt(row, one)
            assert read.receipt_extra_fields is None
            assert len(logs) == len(one["logs"])
            receipts += 1
            senders.add(one["from"])
    assert (receipts, len(senders)) == (19, 1)


def test_whole_blocks_of_the_test_chain_pass_every_proof(vectors):
    folder, by_hash = vectors
    sent = {
        s["hash"]: s
        for _, s, _ in of_method(folder, "eth_getBlockByNumber", "eth_getBlockByHash")
        if s and s["transactions"] and isinstance(s["transactions"][0], dict)
    }
    proved = []
    for _, receipts, _ in of_method(folder, "eth_getBlockReceipts"):
        block = sent.get(receipts[0]["blockHash"]) if receipts else None
        if block is None:
            continue
        read = whole_block(TEST_CHAIN, block, receipts)
        parent = by_hash.get(read.header.parent_hash)
        found = verdicts(read, parent, rules=RULES)
        assert found.keys() <= {"parent_link", "withdrawals_root"}
        assert {verdict[0] for verdict in found.values()} <= {
            "unproven",
            "not_applicable",
        }
        proved.append(read.header.block_number)
    assert sorted(set(proved)) == [1, 54]


def test_every_other_answer_of_the_test_chain_is_read(vectors):
    folder, by_hash = vectors
    rows = {r.transaction_hash: r for b in by_hash.values() for r in b.transactions}
    logs = 0
    for _, sent, answered in of_method(folder, "eth_getLogs"):
        assert sent or answered["error"]["code"] == -32602
        for one in sent or []:
            row = rows[bytes.fromhex(one["transactionHash"][2:])]
            assert readers.log(row, one).log_index == int(one["logIndex"], 16)
            logs += 1
    assert logs == 7
    for _, sent, answered in of_method(folder, "eth_blockNumber", "eth_chainId"):
        assert number(answered, "result") in (54, TEST_CHAIN)
        assert sent
