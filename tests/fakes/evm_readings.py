"""Blocks that were read already, as a load brings them into bronze."""

from collections.abc import Iterator, Sequence

from pipelines.bronze.delivery import Resource, Rows
from pipelines.sources import load
from pipelines.sources.evm_node import tables
from pipelines.sources.evm_node.answers import whole_block
from pipelines.sources.evm_node.bronze_rows import Provenance, Reading, rows_of
from pipelines.sources.evm_node.proofs import prove
from tests.fakes import evm_blocks
from tests.fakes.evm_blocks import FORKS, KINDS, Tx

TRANSFER = bytes.fromhex(
    "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
)
FIRST = 100  # of a chain
AT = "2024-01-01T00:00:00.123456+00:00"


class Blocks:
    """A source of blocks that were read already."""

    name = "evm"
    tables: Sequence = tables.TABLES

    def __init__(self, readings) -> None:
        self.readings = readings
        self.failures: list[Exception] = []

    def lock_keys(self) -> Sequence[str]:
        return ["evm"]

    def resources(self) -> Sequence[Resource]:
        return [Resource("blocks", self.rows)]

    def rows(self) -> Iterator[Rows]:
        yield from rows_of(self.readings)


def sent(request_id):
    return Provenance(AT, "public", "ethereum/public", request_id.rjust(32, "0"))


def transfer(place):
    """A log as most are: an ERC-20 transfer."""
    parties = [bytes(12) + bytes([part, *place.to_bytes(19, "big")]) for part in (1, 2)]
    amount = (10**18 + place).to_bytes(32, "big")
    return evm_blocks.Log(b"\xda" * 20, [TRANSFER, *parties], amount)


def block_of(number, *, fork="prague", kinds=KINDS, logs=2, parent=b"\xaa" * 32):
    transactions = [
        Tx(
            kind,
            nonce=place,
            data=bytes(place),
            logs=[transfer(number * 10_000 + place * 10 + n) for n in range(logs)],
        )
        for place, kind in enumerate(kinds)
    ]
    withdrawals = [(1, 2, b"\5" * 20, 3)] if fork in FORKS[3:] else ()
    return evm_blocks.answers(
        transactions, number=number, fork=fork, parent=parent, withdrawals=withdrawals
    )


def chained(count, first=FIRST):
    """Blocks of a chain, each linked to the one before it."""
    parent = b"\xaa" * 32
    for number in range(first, first + count):
        block = whole_block(1, *block_of(number, kinds=(2, 2, 3), parent=parent))
        yield block
        parent = block.header.block_hash


def loaded(blocks, request="b"):
    """They are in bronze, as one load brought them."""
    readings = [
        Reading(block, sent(request), sent(f"{request} r"), prove(block))
        for block in blocks
    ]
    load.load(Blocks(readings))
