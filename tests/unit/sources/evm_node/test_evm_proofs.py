"""A block that is whole passes every proof; whatever is changed fails its own."""

import json
import sys
from dataclasses import replace

import pytest

from pipelines.sources.evm_node.answers import block_without_receipts, whole_block
from pipelines.sources.evm_node.node_provider import NodeProvider
from pipelines.sources.evm_node.proof_rules import (
    EXEMPTIONS,
    OF_ANY_CHAIN,
    RULES,
    ProofRules,
)
from pipelines.sources.evm_node.proofs import CHECKS, prove
from tests.fakes import evm_blocks
from tests.fakes.evm_blocks import FORKS, KINDS, SENDER, Log, Tx

PARENT = b"\xaa" * 32
TOPIC = b"\1" * 32
ACCESS = [(b"\x0c" * 20, [b"\2" * 32, b"\3" * 32]), (b"\x0d" * 20, [])]


def transactions(kinds=KINDS):
    return [
        Tx(
            kind,
            of_a_chain=place > 0,
            nonce=200 + place,
            to=b"" if place == 1 else b"\7" * 20,
            value=10 ** (place % 30),
            data=b"\xda" * (place % 6 * 60),
            logs=[
                Log(bytes([n]) * 20, [TOPIC] * n, bytes(n)) for n in range(place % 6)
            ],
            gas_used=21_000 + place,
            access_list=ACCESS[: place % 3],
        )
        for place, kind in enumerate(kinds)
    ]


def whole(kinds=KINDS, chain_id=1, **how):
    how = {"withdrawals": [(1, 2, b"\5" * 20, 3), (2, 2**40, b"\6" * 20, 10**8)]} | how
    return whole_block(
        chain_id, *evm_blocks.answers(transactions(kinds), chain_id=chain_id, **how)
    )


def verdicts(block, parent_hash=PARENT, **how):
    how = {"level": "full"} | how
    return {
        row.proof: (row.result, row.reason) for row in prove(block, parent_hash, **how)
    }


def not_passed(block, **how):
    found = verdicts(block, **how)
    return {name: verdict for name, verdict in found.items() if verdict[0] != "passed"}


@pytest.mark.parametrize("fork", FORKS)
def test_a_block_of_any_fork_and_type_passes_every_proof(fork):
    kinds = KINDS if fork in FORKS[4:] else KINDS[: 2 + FORKS.index(fork)]
    block = whole(kinds, fork=fork)
    assert verdicts(block).keys() == CHECKS.keys()
    none = {
        "withdrawals_root": ("not_applicable", "the header has no withdrawals root")
    }
    assert not_passed(block) == (none if fork in FORKS[:3] else {})


def test_a_block_of_many_transactions_or_none_passes():
    assert not_passed(whole(KINDS * 50)) == {}
    assert not_passed(whole((), withdrawals=())) == {}


def test_a_row_says_block_proof_result_and_reason():
    (row, *_) = prove(whole())
    header = whole().header
    assert row == (1, 7, header.block_hash, "header_hash", "passed", None)
    assert "sender" not in {row.proof for row in prove(whole())}  # level standard


def test_the_link_needs_the_parent():
    block = whole()
    assert not_passed(block, parent_hash=None) == {
        "parent_link": ("unproven", "parent missing")
    }
    assert not_passed(block, parent_hash=TOPIC) == {
        "parent_link": (
            "failed",
            f"parent_hash is 0x{PARENT.hex()}, computed 0x{TOPIC.hex()}",
        )
    }
    first = {"parent_link": ("not_applicable", "block 0 has no parent")}
    assert not_passed(whole(number=0), parent_hash=None) == first


def test_what_needs_receipts_is_unproven_without_them():
    sent, _ = evm_blocks.answers(transactions())
    missing = ("unproven", "receipts missing")
    names = ("receipts_root", "logs_bloom", "log_index", "counts")
    assert not_passed(block_without_receipts(1, sent)) == dict.fromkeys(names, missing)


def flipped(value):
    return bytes([value[0] ^ 1]) + value[1:]


def with_transaction(block, place, **values):
    rows = list(block.transactions)
    rows[place] = rows[place]._replace(**values)
    return replace(block, transactions=rows)


def with_log(block, place, **values):
    rows = list(block.logs)
    rows[place] = rows[place]._replace(**values)
    return replace(block, logs=rows)


def with_header(block, **values):
    return replace(block, header=block.header._replace(**values))


HASHED = [  # of a header, and that no other proof reads
    *("sha3_uncles", "miner", "state_root", "extra_data", "mix_hash", "nonce"),
    *("parent_beacon_block_root", "requests_hash"),
]


@pytest.mark.parametrize("column", HASHED)
def test_a_changed_header_fails_its_hash_alone(column):
    block = whole()
    other = with_header(block, **{column: flipped(getattr(block.header, column))})
    ((name, (result, reason)),) = not_passed(other).items()
    assert (name, result) == ("header_hash", "failed")
    assert reason.startswith(f"block_hash is 0x{block.header.block_hash.hex()}, comp")


@pytest.mark.parametrize(
    "column", ["block_at_s", "gas_limit", "blob_gas_used", "excess_blob_gas"]
)
def test_a_changed_number_of_a_header_fails_its_hash_alone(column):
    block = whole()
    other = with_header(block, **{column: getattr(block.header, column) + 1})
    assert not_passed(other).keys() == {"header_hash"}


@pytest.mark.parametrize(
    ("column", "proof"),
    [
        ("parent_hash", "parent_link"),
        ("transactions_root", "transactions_root"),
        ("receipts_root", "receipts_root"),
        ("withdrawals_root", "withdrawals_root"),
        ("logs_bloom", "logs_bloom"),
    ],
)
def test_a_changed_claim_of_a_header_fails_what_it_claims_too(column, proof):
    block = whole()
    other = with_header(block, **{column: flipped(getattr(block.header, column))})
    found = not_passed(other)
    assert {name: result for name, (result, _) in found.items()} == {
        "header_hash": "failed",
        proof: "failed",
    }
    assert column in found[proof][1]


@pytest.mark.parametrize(
    ("place", "column", "value"),
    [
        (0, "nonce", 1),
        (0, "gas", 1),
        (1, "v", 37),
        (1, "gas_price", "1"),
        (2, "access_list", "[]"),
        (2, "to_address", None),
        (3, "value", "0"),
        (3, "max_fee_per_gas", "1"),
        (3, "max_priority_fee_per_gas", "2"),
        (4, "input", b"x"),
        (4, "max_fee_per_blob_gas", "4"),
        (4, "blob_versioned_hashes", "[]"),
        (5, "authorization_list", "[]"),
        (5, "r", b"\1" * 32),
        (5, "s", b"\1" * 32),
        (5, "r", bytes(32)),
        (5, "v", 2),
    ],
)
def test_a_changed_transaction_fails_its_root_and_its_sender(place, column, value):
    found = not_passed(with_transaction(whole(), place, **{column: value}))
    assert found.keys() == {"transactions_root", "sender"}
    own = whole().transactions[place].transaction_hash.hex()
    begins = f"the hash of transaction {place} is 0x{own}, computed 0x"
    assert found["transactions_root"][0] == "failed"
    assert found["transactions_root"][1].startswith(begins)
    assert found["sender"][0] == "failed"
    assert f"transaction {place}" in found["sender"][1]


def test_a_foreign_sender_or_hash_fails_alone():
    block = whole()
    other = with_transaction(block, 3, from_address=b"\1" * 20)
    ((name, (_, reason)),) = not_passed(other).items()
    assert (name, reason) == (
        "sender",
        f"the sender of transaction 3 is 0x{'01' * 20}, computed 0x{SENDER.hex()}",
    )
    other = with_transaction(block, 3, transaction_hash=TOPIC)
    assert not_passed(other).keys() == {"transactions_root"}


def test_a_changed_receipt_fails_the_receipts_root():
    block = whole()
    for values in ({"receipt_status": 0}, {"receipt_root": TOPIC}):
        found = not_passed(with_transaction(block, 2, **values))
        assert found.keys() == {"receipts_root"}
        assert found["receipts_root"][1].startswith("receipts_root is 0x")
    more = block.transactions[2].receipt_cumulative_gas_used + 1
    found = not_passed(with_transaction(block, 2, receipt_cumulative_gas_used=more))
    assert found.keys() == {"receipts_root", "counts"}


def test_gas_that_does_not_add_up_fails_the_counts():
    block = whole()
    found = not_passed(with_transaction(block, 2, receipt_gas_used=1))
    own, rest = block.transactions[2].receipt_cumulative_gas_used, 42_002
    assert found == {
        "counts": (
            "failed",
            f"transaction 2 has a cumulative gas of {own}, computed {rest}",
        )
    }
    found = not_passed(with_header(block, gas_used=5))
    total = block.header.gas_used
    assert found["counts"] == (
        "failed",
        f"gas_used is 5, that of the transactions {total}",
    )


@pytest.mark.parametrize("column", ["address", "topic0", "topic1"])
def test_a_changed_address_or_topic_fails_receipts_and_bloom(column):
    block = whole()
    other = with_log(block, 5, **{column: flipped(getattr(block.logs[5], column))})
    found = not_passed(other)
    assert found.keys() == {"receipts_root", "logs_bloom"}
    assert found["logs_bloom"][1] == "logs_bloom is not the union over the logs"


def test_changed_data_of_a_log_fails_the_receipts_root_alone():
    found = not_passed(with_log(whole(), 5, data=b"\1\1"))
    assert found.keys() == {"receipts_root"}


def test_an_omitted_log_fails_by_its_root_its_index_and_the_count():
    block = whole()
    fewer = replace(block, logs=[*block.logs[:5], *block.logs[6:]])
    found = not_passed(fewer)
    assert {"receipts_root", "log_index", "counts"} <= found.keys()
    assert found["log_index"] == ("failed", "log 5 has the index 6")
    assert found["counts"] == ("failed", "14 logs of 15")


def test_two_logs_swapped_fail_by_their_root_and_index():
    block = whole()
    logs = list(block.logs)
    logs[3], logs[4] = logs[4], logs[3]
    found = not_passed(replace(block, logs=logs))
    assert found.keys() == {"receipts_root", "log_index"}
    assert found["log_index"] == ("failed", "log 3 has the index 4")


def test_two_transactions_swapped_fail_by_their_roots():
    block = whole()
    rows = list(block.transactions)
    rows[2], rows[3] = rows[3], rows[2]
    found = not_passed(replace(block, transactions=rows))
    assert found.keys() >= {"transactions_root", "receipts_root", "counts"}


def test_an_omitted_transaction_fails_by_the_count():
    block = whole()
    found = not_passed(replace(block, transactions=block.transactions[:-1]))
    assert found["counts"] == ("failed", "5 transactions of 6")
    reason = "can not be computed: ValueError log 10 is of transaction 5 of 5"
    assert found["receipts_root"] == found["logs_bloom"] == ("failed", reason)


def omitted(block, receipts):
    del receipts[5]["logs"][1]


def swapped(block, receipts):
    receipts[5]["logs"].insert(0, receipts[5]["logs"].pop(1))


def exchanged(block, receipts):
    """Two logs, each in the other's place with the other's index."""
    logs = receipts[5]["logs"]
    first, second = (log["logIndex"] for log in logs[3:])
    logs[3:] = [logs[4] | {"logIndex": first}, logs[3] | {"logIndex": second}]


def moved(block, receipts):
    """A log, to the next transaction: the bloom and the indexes hold."""
    log = receipts[4]["logs"].pop()
    place = ("transactionHash", "transactionIndex")
    receipts[5]["logs"].insert(0, log | {name: receipts[5][name] for name in place})


@pytest.mark.parametrize(
    ("change", "proofs"),
    [
        (omitted, {"receipts_root", "log_index"}),  # others have its address and topic
        (swapped, {"receipts_root", "log_index"}),
        (exchanged, {"receipts_root"}),
        (moved, {"receipts_root"}),
    ],
)
def test_logs_that_a_node_loses_or_moves_fail_as_they_came(change, proofs):
    block, receipts = evm_blocks.answers(transactions())
    change(block, receipts)
    found = not_passed(whole_block(1, block, receipts))
    assert {name: verdict[0] for name, verdict in found.items()} == dict.fromkeys(
        proofs, "failed"
    )


def test_changed_withdrawals_fail_their_root_alone():
    block = whole()
    other = with_header(
        block, withdrawals=block.header.withdrawals.replace("0x3", "0x4")
    )
    assert not_passed(other).keys() == {"withdrawals_root"}
    none = with_header(block, withdrawals=None)
    assert not_passed(none) == {"withdrawals_root": ("unproven", "withdrawals missing")}


def test_unknown_fields_of_a_header_explain_a_hash_and_spoil_none():
    more = '{"author":"0x00","blockAccessListHash":"0x00"}'
    assert not_passed(with_header(whole(), extra_fields=more)) == {}
    changed = with_header(whole(), extra_fields=more, state_root=TOPIC)
    assert not_passed(changed) == {
        "header_hash": ("unproven", "unknown header fields: blockAccessListHash")
    }
    only_known = with_header(changed, extra_fields='{"author":"0x00"}')
    assert not_passed(only_known)["header_hash"][0] == "failed"


def test_an_encoding_that_is_not_known_is_unproven_by_its_reason():
    block = with_transaction(whole(), 2, transaction_type=0x7E)
    reason = "transaction 2 is of type 0x7e, of which there is no vector"
    names = ("transactions_root", "receipts_root", "sender")
    assert not_passed(block) == dict.fromkeys(names, ("unproven", reason))
    for column, proof in (
        ("v", "transactions_root"),
        ("max_fee_per_gas", "transactions_root"),
        ("receipt_status", "receipts_root"),
        ("receipt_cumulative_gas_used", "receipts_root"),
    ):
        found = not_passed(with_transaction(whole(), 3, **{column: None}))
        assert found[proof] == ("unproven", f"transaction 3 has no {column}")
    sealed = not_passed(with_header(whole(), mix_hash=None))
    reason = "the header has no difficulty, mixHash or nonce"
    assert sealed == {"header_hash": ("unproven", reason)}


def test_rows_that_no_answer_makes_fail_and_stop_no_other_proof():
    block = with_transaction(whole(), 2, access_list="{", value="", s=b"")
    found = not_passed(block)
    assert found.keys() == {"transactions_root", "sender"}
    assert found["transactions_root"][1].startswith("can not be computed: ")


def test_without_the_package_that_recovers_senders_they_are_unproven(monkeypatch):
    monkeypatch.setitem(sys.modules, "coincurve", None)
    assert not_passed(whole()) == {
        "sender": ("unproven", "the package coincurve is not installed")
    }


def test_a_chain_without_a_vector_has_the_proofs_that_need_none():
    found = verdicts(whole(chain_id=10))
    without = ("not_applicable", "no vector")
    assert {name for name, verdict in found.items() if verdict == without} == (
        CHECKS.keys() - OF_ANY_CHAIN
    )
    assert {found[name] for name in OF_ANY_CHAIN} == {("passed", None)}
    declared = ProofRules(ethereum={10: "a block of it"})
    assert not_passed(whole(chain_id=10), rules=declared) == {}


@pytest.mark.parametrize(
    "exemption", EXEMPTIONS, ids=lambda exemption: exemption.chain_id
)
def test_an_exemption_ends_at_its_block(exemption):
    for proof in CHECKS:
        before, after = (
            RULES.why_not(proof, exemption.chain_id, number)
            for number in (exemption.until_block - 1, exemption.until_block)
        )
        assert (before == exemption.reason) == (proof in exemption.proofs)
        assert after == (None if proof in OF_ANY_CHAIN else "no vector")


def test_every_declared_chain_and_exemption_names_its_source():
    assert {1, 11_155_111, 17_000, 560_048, 31_337} == RULES.ethereum.keys()
    sources = [*RULES.ethereum.values(), *(one.source for one in EXEMPTIONS)]
    assert all(source.startswith("https://") for source in sources)


@pytest.mark.parametrize(("place", "result"), [(0, "failed"), (1, "passed")])
def test_of_a_field_that_is_sent_twice_the_value_that_is_kept_is_proved(place, result):
    block, receipts = evm_blocks.answers(transactions())
    field = f'"stateRoot": "{block["stateRoot"]}"'
    values = [f'"stateRoot": "0x{"66" * 32}"']
    values.insert(place, field)
    body = json.dumps({"id": 0, "result": block}).replace(field, ", ".join(values))
    said = NodeProvider.decode_rpc_response(body.encode())
    read = whole_block(1, said["result"], receipts)
    assert verdicts(read)["header_hash"][0] == result
    assert (read.header.state_root == b"\x66" * 32) is (result == "failed")
