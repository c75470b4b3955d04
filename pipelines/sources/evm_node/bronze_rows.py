"""Blocks as they go into bronze: with where they come from, and what was proved."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipelines.bronze.delivery import Rows
from pipelines.sources.evm_node.tables import (
    BLOCKS,
    LOGS,
    PROOFS,
    TRANSACTIONS,
    Header,
    Log,
    Proof,
    Transaction,
)
from pipelines.sources.evm_node.whole_block import WholeBlock


class Provenance(NamedTuple):
    """Which answer it was; an endpoint goes by its name, never by its address."""

    received_at: str
    endpoint: str
    origin: str
    request_id: str


class Reading(NamedTuple):
    """A block as it was read, of two answers or of one.

    Attributes:
        receipts_sent: None where no receipts were had.
    """

    block: WholeBlock
    sent: Provenance
    receipts_sent: Provenance | None = None
    proofs: Sequence[Proof] = ()


def rows_of(readings: Sequence[Reading]) -> Iterator[Rows]:
    """The rows of these blocks, table by table, of those that have any.

    A transaction is of its block's answer, and names that of its receipt; a log is of
    the receipts' answer.
    """
    of = Provenance._fields
    yield Rows.named(
        BLOCKS, (*Header._fields, *of), [r.block.header + r.sent for r in readings]
    )
    transactions = [
        row + r.sent + (r.receipts_sent and r.receipts_sent.request_id,)
        for r in readings
        for row in r.block.transactions
    ]
    if transactions:
        names = (*Transaction._fields, *of, "receipt_request_id")
        yield Rows.named(TRANSACTIONS, names, transactions)
    logs = [log + (r.receipts_sent or r.sent) for r in readings for log in r.block.logs]
    if logs:
        yield Rows.named(LOGS, (*Log._fields, *of), logs)
    proofs = [proof + r.sent for r in readings for proof in r.proofs]
    if proofs:
        yield Rows.named(PROOFS, (*Proof._fields, *of), proofs)
