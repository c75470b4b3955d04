"""An answer becomes rows exactly, is awaited, or is refused by block and field."""

import copy
import json
import pickle
from typing import get_type_hints

import pytest

from pipelines.errors import BadDataError
from pipelines.sources.evm_node import answers
from pipelines.sources.evm_node.answers import NotYetError, whole_block
from pipelines.sources.evm_node.field_specs import HEADER, RECEIPT, TRANSACTION
from pipelines.sources.evm_node.tables import (
    BLOCKS,
    LOGS,
    PROOFS,
    TABLES,
    TRANSACTIONS,
    Header,
    Log,
    Proof,
    Transaction,
)
from tests.fakes import evm_blocks
from tests.fakes.evm_blocks import KINDS, Tx

TRANSFER = evm_blocks.Log(b"\x0a" * 20, [b"\1" * 32, b"\2" * 32], b"\0\xff")


@pytest.fixture
def sent():
    """A block with a transaction of each kind, the third with two logs; receipts."""
    transactions = [
        Tx(kind, nonce=nonce, logs=[TRANSFER] * 2 if kind == 2 else [])
        for nonce, kind in enumerate(KINDS)
    ]
    return evm_blocks.answers(transactions, withdrawals=[(1, 2, b"\5" * 20, 3)])


def test_a_block_is_the_same_in_another_process(sent):
    read = whole_block(1, *sent)
    came = pickle.loads(pickle.dumps(read))
    assert came == read
    kinds = [[*map(type, (*one.transactions, *one.logs))] for one in (came, read)]
    assert kinds[0] == kinds[1]


def test_the_rows_are_what_was_sent(sent):
    block, receipts = sent
    read = whole_block(1, block, receipts)

    assert read.header == Header(
        chain_id=1,
        block_number=7,
        block_at_s=1_700_000_000,
        gas_limit=30_000_000,
        gas_used=21_000 * len(KINDS),
        transactions_count=len(KINDS),
        logs_count=2,
        size_bytes=1024,
        blob_gas_used=131_072,
        excess_blob_gas=5,
        **{
            column: bytes.fromhex(block[name][2:])
            for column, (name, _) in HEADER.items()
            if get_type_hints(Header)[column] in (bytes, bytes | None)
        },
        difficulty="0",
        total_difficulty=None,
        base_fee_per_gas="700000000",
        uncles="[]",
        withdrawals=json.dumps(block["withdrawals"], separators=(",", ":")),
        extra_fields=None,
    )
    third, its = block["transactions"][3], receipts[3]
    assert read.transactions[3] == Transaction(
        chain_id=1,
        block_number=7,
        transaction_index=3,
        transaction_type=2,
        nonce=3,
        gas=42_000,
        v=int(third["yParity"], 16),
        block_hash=read.header.block_hash,
        transaction_hash=bytes.fromhex(third["hash"][2:]),
        from_address=evm_blocks.SENDER,
        to_address=b"\7" * 20,
        input=b"",
        r=bytes.fromhex(third["r"][2:].zfill(64)),
        s=bytes.fromhex(third["s"][2:].zfill(64)),
        value=str(10**18),
        gas_price=str(10**9),
        max_fee_per_gas=str(2 * 10**9),
        max_priority_fee_per_gas="1",
        max_fee_per_blob_gas=None,
        access_list="[]",
        authorization_list=None,
        blob_versioned_hashes=None,
        extra_fields=None,
        receipt_status=1,
        receipt_gas_used=21_000,
        receipt_cumulative_gas_used=4 * 21_000,
        receipt_effective_gas_price=str(10**9),
    )
    assert its["contractAddress"] is None
    assert read.logs[1] == Log(
        chain_id=1,
        block_number=7,
        transaction_index=3,
        log_index=1,
        block_hash=read.header.block_hash,
        transaction_hash=bytes.fromhex(third["hash"][2:]),
        address=TRANSFER.address,
        topic0=b"\1" * 32,
        topic1=b"\2" * 32,
        topic2=None,
        topic3=None,
        data=b"\0\xff",
    )


def test_every_column_of_a_row_is_read_of_some_field():
    of_place = {"chain_id", "transaction_index", "transaction_type", "extra_fields"}
    of_place |= {"block_number", "block_hash", "v", "input", "receipt_extra_fields"}
    assert {*TRANSACTION, *RECEIPT} | of_place == {*Transaction._fields}
    of_block = {"chain_id", "transactions_count", "logs_count", "extra_fields"}
    assert {*HEADER} | of_block == {*Header._fields}


def test_a_table_has_the_columns_of_its_rows_and_where_they_come_from():
    provenance = ("received_at", "endpoint", "origin", "request_id")
    for table, row in ((BLOCKS, Header), (LOGS, Log), (PROOFS, Proof)):
        names = [column.name for column in table.columns]
        assert sorted(names) == sorted((*row._fields, *provenance))
    names = [column.name for column in TRANSACTIONS.columns]
    more = (*provenance, "receipt_request_id")
    assert sorted(names) == sorted((*Transaction._fields, *more))
    columns = {(t.name, c.name): c for t in TABLES for c in t.columns}
    assert columns["logs", "topic0"].data_type == "bytes"
    assert columns["logs", "topic0"].nullable
    assert columns["transactions", "value"].data_type == "text"
    assert columns["proofs", "result"].data_type == "text"
    assert not columns["proofs", "result"].nullable
    assert all(("chain_id", "block_hash") in table.indexes for table in TABLES)
    assert not any("topic" in column for t in TABLES for i in t.indexes for column in i)


def changed(sent, *path, to=...):
    """Copies of the answers, in which what lies at `path` is gone, or another."""
    parts = copy.deepcopy({"block": sent[0], "receipts": sent[1]})
    *above, last = path
    place = parts
    for step in above:
        place = place[step]
    if to is ...:
        del place[last]
    else:
        place[last] = to
    return parts["block"], parts["receipts"]


TX, RECEIPT_3 = ("block", "transactions", 3), ("receipts", 3)
LOG = (*RECEIPT_3, "logs", 1)
HASH = "0x" + "77" * 32


@pytest.mark.parametrize(
    ("path", "to", "why"),
    [
        (("block", "gasUsed"), ..., "gasUsed is missing"),
        (("block", "stateRoot"), "0x00", "stateRoot is '0x00', not 32 bytes"),
        (("block", "logsBloom"), HASH, "logsBloom is '0x7.*, not 256 bytes"),
        (("block", "nonce"), "0x42", "nonce is '0x42', not 8 bytes"),
        (("block", "number"), "seven", "number is 'seven', not a quantity"),
        (("block", "transactions"), ..., "transactions is missing, not a list"),
        (("block", "withdrawals", 0, "amount"), "3", "amount is '3', not a quantity"),
        (("block", "withdrawals"), {}, "withdrawals is a dict, not a list"),
        (("block", "uncles"), ["0x"], "its hashes is '0x', not 32 bytes"),
        (TX, HASH, "transaction 3: it is '0x7.*, not a mapping"),
        ((*TX, "hash"), ..., "transaction 3: hash is missing"),
        ((*TX, "gas"), "0x8000000000000000", "transaction 3: gas is .*below 2.63"),
        ((*TX, "value"), 5, "transaction 3: value is 5, not a quantity"),
        ((*TX, "input"), "0xabc", "transaction 3: input is '0xabc', not 0x and hex"),
        ((*TX, "from"), None, "transaction 3: from is null"),
        ((*TX, "blockHash"), HASH, "transaction 3: blockHash is '0x7.*, not 0x"),
        ((*TX, "blockNumber"), "0x8", "transaction 3: blockNumber is '0x8', not 0x7"),
        ((*TX, "transactionIndex"), "0x4", "transactionIndex is '0x4', not 0x3"),
        ((*TX, "accessList"), [{}], "transaction 3: address is missing"),
        ((*TX, "accessList"), "[]", "transaction 3: accessList is '.*, not a list"),
        ((*TX, "chainId"), "one", "transaction 3: chainId is 'one', not a quantity"),
        (RECEIPT_3, "0x", "receipt 3: it is '0x', not a mapping"),
        ((*RECEIPT_3, "gasUsed"), ..., "receipt 3: gasUsed is missing"),
        ((*RECEIPT_3, "logs"), None, "receipt 3: logs is null, not a list"),
        ((*RECEIPT_3, "transactionHash"), HASH, "receipt 3: transactionHash is '0x77"),
        ((*RECEIPT_3, "transactionIndex"), "0x2", "receipt 3: transactionIndex"),
        ((*RECEIPT_3, "status"), "ok", "receipt 3: status is 'ok', not a quantity"),
        ((*RECEIPT_3, "blockHash"), 7, "receipt 3: blockHash is 7, not 0x and hex"),
        ((*LOG, "blockHash"), HASH, "receipt 3: log 1: blockHash is '0x77"),
        ((*LOG, "transactionHash"), HASH, "receipt 3: log 1: transactionHash is '0x77"),
        ((*LOG, "logIndex"), ..., "receipt 3: log 1: logIndex is missing"),
        ((*LOG, "topics"), [HASH] * 5, "log 1: topics are 5, more than 4"),
        ((*LOG, "topics"), [None], "log 1: topics is null, not 0x and hex"),
        ((*LOG, "data"), None, "receipt 3: log 1: data is null"),
    ],
)
def test_what_can_not_be_right_is_refused_by_block_place_and_field(sent, path, to, why):
    with pytest.raises(BadDataError, match=f"^block '?.* of chain 1, .*{why}"):
        whole_block(1, *changed(sent, *path, to=to))


def test_a_receipt_too_many_is_refused(sent):
    block, receipts = sent
    with pytest.raises(BadDataError, match="7 receipts for 6 transactions"):
        whole_block(1, block, [*receipts, receipts[-1]])
    with pytest.raises(BadDataError, match="receipt 0: transactionIndex is '0x1'"):
        whole_block(1, block, [receipts[1], receipts[0], *receipts[2:]])


@pytest.mark.parametrize("block", [[], "0x7", 7, True, {}])
def test_what_is_no_block_is_refused(block):
    with pytest.raises(BadDataError, match=r"^(a )?block.* of chain 1"):
        whole_block(1, block, [])


def test_what_the_node_may_have_later_is_told_apart(sent):
    block, receipts = sent
    foreign = changed(sent, "receipts", 5, "blockHash", to=HASH)[1]
    for case, why in (
        ((None, None), "the node has no such block"),
        ((block | {"hash": None}, receipts), "the block is pending"),
        ((block, None), "no receipts of block 7 of chain 1"),
        ((block, []), "0 receipts of 6 of block 7 of chain 1"),
        ((block, receipts[:-1]), "5 receipts of 6"),
        ((block, [*receipts[:-1], None]), "lacks a receipt of block 7"),
        ((block, foreign), "a receipt of block 7 of chain 1 is of block '0x77"),
        # of another block, which has more transactions
        ((block, foreign * 2), "is of block '0x77"),
        ((block, [r | {"blockHash": None} for r in receipts]), "is of block null"),
    ):
        with pytest.raises(NotYetError, match=why):
            whole_block(1, *case)


def test_a_block_without_transactions_needs_no_receipts():
    block, receipts = evm_blocks.answers([])
    assert receipts == []
    read = whole_block(1, block, None)
    assert read == whole_block(1, block, [])
    assert read == answers.block_without_receipts(1, block)
    assert read.header.logs_count == 0
    with pytest.raises(BadDataError, match="1 receipts for 0 transactions"):
        whole_block(1, block, [{"blockHash": block["hash"]}])


def test_a_block_whose_receipts_are_nowhere_stands_without(sent):
    read = answers.block_without_receipts(1, sent[0])
    assert read.header.logs_count is None
    assert not read.has_receipts
    assert [row.receipt_gas_used for row in read.transactions] == [None] * len(KINDS)
    whole = whole_block(1, *sent)
    assert read.header == whole.header._replace(logs_count=None)


def test_a_header_is_read_where_transactions_are_hashes_too(sent):
    block = sent[0] | {"transactions": [HASH] * 6}
    assert answers.header(1, block) == answers.header(1, sent[0])
    with pytest.raises(NotYetError):
        answers.header(1, None)


def spelt(sent, path, rename=None, to=...):
    block, receipts = copy.deepcopy(sent)
    place = {"block": block, "receipts": receipts}
    for step in path[:-1]:
        place = place[step]
    value = place.pop(path[-1])
    if rename:
        place[rename] = value
    if to is not ...:
        place[path[-1]] = to
    return block, receipts


@pytest.mark.parametrize(
    ("path", "rename", "to"),
    [
        ((*TX, "input"), "data", ...),
        ((*TX, "v"), None, ...),
        ((*TX, "yParity"), None, ...),
        ((*TX, "chainId"), None, None),
        ((*TX, "blockHash"), None, "upper"),
        ((*RECEIPT_3, "type"), None, ...),
        ((*RECEIPT_3, "contractAddress"), None, ...),
        ((*RECEIPT_3, "blockHash"), None, "upper"),
        (("block", "totalDifficulty"), None, None),
    ],
)
def test_the_spellings_of_real_nodes_are_the_same_rows(sent, path, rename, to):
    sent[0]["totalDifficulty"] = None
    if to == "upper":
        to = "0x" + sent[0]["hash"][2:].upper()
    assert whole_block(1, *spelt(sent, path, rename, to)) == whole_block(1, *sent)


def test_a_receipt_has_a_root_or_a_status_or_says_neither():
    block, receipts = evm_blocks.answers([Tx(0)], fork="frontier")
    for said in ({}, {"status": None}):
        (row,) = whole_block(1, block, [receipts[0] | said]).transactions
        assert (row.receipt_root, row.receipt_status) == (b"\x11" * 32, None)
    receipts[0]["root"] = None
    receipts[0].pop("effectiveGasPrice")
    (row,) = whole_block(1, block, receipts).transactions
    assert (row.receipt_root, row.receipt_status) == (None, None)
    assert row.receipt_effective_gas_price is None


def test_fields_that_are_not_known_are_kept_and_those_that_repeat_others_are_not(sent):
    block, receipts = copy.deepcopy(sent)
    block["l1BlockNumber"] = "0x1"
    block["transactions"][3] |= {"sourceHash": HASH, "raw": "0x"}
    block["transactions"][3] |= {"blobs": ["0x"], "cellProofs": ["0x"]}
    block["transactions"][4]["chainId"] = "0x5"
    receipts[3] |= {"l1Fee": "0x2", "depositNonce": None}
    read = whole_block(1, block, receipts)
    assert read.header.extra_fields == '{"l1BlockNumber":"0x1"}'
    assert read.transactions[3].extra_fields == f'{{"sourceHash":"{HASH}"}}'
    assert read.transactions[3].receipt_extra_fields == '{"l1Fee":"0x2"}'
    assert read.transactions[4].extra_fields == '{"chainId":"0x5"}'
    assert read.transactions[2].extra_fields is None
