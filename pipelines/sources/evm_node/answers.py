"""A whole block, from what a node answers: its JSON, and that of its receipts."""

from functools import partial

from pipelines.errors import BadDataError, UpstreamError
from pipelines.sources.evm_node import readers
from pipelines.sources.evm_node.fields import Fields, listed, mapping, shown
from pipelines.sources.evm_node.tables import Header
from pipelines.sources.evm_node.whole_block import WholeBlock
from pipelines.upstream.decoding import decoding


class NotYetError(UpstreamError):
    """The node does not have all of the block: later it may, and so may another."""


def header(chain_id: int, block: object) -> Header:
    """The row of a block, whose transactions may be whole or hashes.

    Raises:
        NotYetError: the node has no such block, or it is pending.
        BadDataError: it is none.
    """
    with decoding(_about(chain_id, block), BadDataError):
        return readers.header(chain_id, _sent(block))


def whole_block(chain_id: int, block: object, receipts: object) -> WholeBlock:
    """A block with its transactions, receipts and logs.

    Raises:
        NotYetError: the block, or some of its receipts, are not there, or the receipts
            are of another block: a reorganisation came between the two answers.
        BadDataError: something of it can not be right; the error says what.
    """
    with decoding(_about(chain_id, block), BadDataError):
        alone = _without_receipts(chain_id, _sent(block))
        if receipts is None and alone.has_receipts:
            receipts = []
        found = _receipts(alone.header, receipts)
        read = readers.in_order("receipt", readers.receipt, alone.transactions, found)
        logs = [log for _, of_one in read for log in of_one]
        head = alone.header._replace(logs_count=len(logs))
        return WholeBlock(head, [row for row, _ in read], logs)


def block_without_receipts(chain_id: int, block: object) -> WholeBlock:
    """A block whose receipts are nowhere to be had.

    Raises:
        NotYetError: the node has no such block.
        BadDataError: something of it can not be right; the error says what.
    """
    with decoding(_about(chain_id, block), BadDataError):
        return _without_receipts(chain_id, _sent(block))


def _without_receipts(chain_id: int, block: Fields) -> WholeBlock:
    head = readers.header(chain_id, block)
    sent = listed(block, "transactions")
    read = partial(readers.transaction, head)
    rows = readers.in_order("transaction", read, range(len(sent)), sent)
    # without transactions there are no receipts to be had
    return WholeBlock(head if rows else head._replace(logs_count=0), rows, [])


def _sent(block: object) -> Fields:
    if block is None:
        raise NotYetError("the node has no such block")
    fields = mapping({"the block": block}, "the block")
    if "hash" in fields and fields["hash"] is None:
        raise NotYetError("the block is pending")
    return fields


def _receipts(head: Header, receipts: object) -> list[object]:
    """The receipts, one for each transaction."""
    if receipts is None:
        raise NotYetError(f"the node has no receipts of {_named(head)}")
    sent = listed({"receipts": receipts}, "receipts")
    own = f"0x{head.block_hash.hex()}"
    for receipt in sent:
        if receipt is None:
            raise NotYetError(f"the node lacks a receipt of {_named(head)}")
        its = receipt.get("blockHash") if isinstance(receipt, dict) else own
        if its is None or (isinstance(its, str) and its.lower() != own):
            raise NotYetError(f"a receipt of {_named(head)} is of block {shown(its)}")
    if len(sent) < head.transactions_count:
        counts = f"{len(sent)} receipts of {head.transactions_count}"
        raise NotYetError(f"the node has {counts} of {_named(head)}")
    if len(sent) > head.transactions_count:
        raise ValueError(
            f"{len(sent)} receipts for {head.transactions_count} transactions"
        )
    return sent


def _named(head: Header) -> str:
    return f"block {head.block_number} of chain {head.chain_id}"


def _about(chain_id: int, block: object) -> str:
    """The block in the words of an error, before it is read."""
    if not isinstance(block, dict):
        return f"a block of chain {chain_id}"
    number, own = shown(block.get("number")), shown(block.get("hash"))
    return f"block {number} of chain {chain_id}, {own}"
