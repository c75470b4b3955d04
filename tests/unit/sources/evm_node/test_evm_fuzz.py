"""Thousands of spoilt answers: rows that a proof judges, a wait, or a refusal.

What passes every proof is what was sent, in every column that a hash covers. A case is
spoilt by its own seed, which a failure names.
"""

import json
import random
from collections import Counter
from functools import partial

import pytest

from pipelines.bronze.delivery import write
from pipelines.errors import BadDataError
from pipelines.sources.evm_node.answers import (
    NotYetError,
    block_without_receipts,
    header,
    whole_block,
)
from pipelines.sources.evm_node.bronze_rows import Provenance, Reading, rows_of
from pipelines.sources.evm_node.field_specs import RECEIPT
from pipelines.sources.evm_node.proofs import prove
from tests.fakes import evm_blocks
from tests.fakes.evm_blocks import KINDS, Log, Tx
from tests.fakes.mutations import TOKENS, spoilt_tree

SEEDS = 2_500
TOPIC = b"\1" * 32
SENT = Provenance("2024-01-01T00:00:00Z", "public", "ethereum/public", "r1")
HEX = (
    *("0x", "0x0", "0x00", "0x1", "0x2", "0x4", "0x7e", "0x-1", "0X1", "0x1g", "0xff "),
    *(f"0x{'f' * digits}" for digits in (15, 16, 17, 39, 40, 63, 64, 65, 512)),
)


def values():
    """Whatever else JSON may hold in a field's place."""
    for token in TOKENS:
        try:
            yield json.loads(token)
        except ValueError:
            continue
    yield from (*HEX, [["0x1"]], [None], {"address": None}, {"hash": "0x1"})


VALUES = list(values())
# columns that no hash covers, or that a list's JSON may spell in another way
UNPROVED = {
    *("size_bytes", "total_difficulty", "uncles", "extra_fields", "withdrawals"),
    *("gas_price", "receipt_extra_fields", "access_list", "authorization_list"),
    *RECEIPT.keys() - {"receipt_status", "receipt_cumulative_gas_used"},
}


def answers():
    """Blocks of several forks, with their receipts."""
    for fork, kinds in {
        "prague": KINDS,
        "london": KINDS[:4],
        "frontier": (0, 0),
    }.items():
        transactions = [
            Tx(
                kind,
                nonce=place,
                logs=[
                    Log(bytes([n]) * 20, [TOPIC] * n, bytes(n)) for n in range(place)
                ],
                access_list=[(TOPIC[:20], [TOPIC])] if kind == 1 else (),
            )
            for place, kind in enumerate(kinds)
        ]
        withdrawals = [(1, 2, TOPIC[:20], 3)] if fork == "prague" else []
        yield evm_blocks.answers(transactions, fork=fork, withdrawals=withdrawals)


def proved(rows):
    """What hashes cover of these rows."""
    return [
        {name: value for name, value in row._asdict().items() if name not in UNPROVED}
        for row in rows
    ]


def judged(block, receipts, good, folder):
    """What became of the answers; what passes all proofs is the good block."""
    try:
        read = whole_block(1, block, receipts)
    except BadDataError:
        return "refused"
    except NotYetError:
        return "awaited"
    proofs = prove(read, good.header.parent_hash, level="full")
    for rows in rows_of([Reading(read, SENT, SENT, proofs)]):
        write(rows, "1.5", folder).unlink()
    if {row.result for row in proofs} - {"passed", "not_applicable"}:
        assert all(row.reason for row in proofs if row.result != "passed")
        return "not proved"
    assert proved([read.header]) == proved([good.header])
    assert proved(read.transactions) == proved(good.transactions)
    assert proved(read.logs) == proved(good.logs)
    return "proved"


@pytest.mark.timeout(300)
def test_no_spoilt_answer_is_more_than_rows_a_wait_or_a_refusal(tmp_path):
    sent = list(answers())
    good = [whole_block(1, *pair) for pair in sent]
    found: Counter[str] = Counter()
    for number in range(SEEDS):
        seed = f"evm {number}"
        rng = random.Random(seed)
        place = rng.randrange(len(sent))
        spoilt = list(sent[place])
        for _ in range(rng.randint(1, 2)):
            which = rng.randrange(2)
            spoilt[which] = spoilt_tree(spoilt[which], rng, VALUES)
        try:
            block, receipts = spoilt
            found[judged(block, receipts, good[place], tmp_path)] += 1
        except Exception as error:
            raise AssertionError(f"seed {seed!r}: {error!r}") from error
    print(f"seeds 'evm 0' to 'evm {SEEDS - 1}': {dict(found)}")
    assert found.keys() == {"refused", "awaited", "not proved", "proved"}
    assert min(found.values()) > 20


def test_any_json_in_the_place_of_an_answer_is_a_wait_or_a_refusal():
    sent, receipts = next(answers())
    for value in VALUES:
        for read in (
            partial(whole_block, 1, value, receipts),
            partial(whole_block, 1, {"hash": value}, receipts),
            partial(whole_block, 1, sent | {"transactions": value}, receipts),
            partial(whole_block, 1, sent, value),
            partial(block_without_receipts, 1, value),
            partial(header, 1, value),
        ):
            with pytest.raises((BadDataError, NotYetError)):
                read()
