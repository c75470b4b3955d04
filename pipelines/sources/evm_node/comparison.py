"""One block in so many, from two endpoints: where they differ, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, zip_longest

from pipelines.errors import UpstreamError
from pipelines.sources.evm_node.block_reader import BlockReader
from pipelines.sources.evm_node.bronze_rows import Reading
from pipelines.sources.evm_node.fields import shown
from pipelines.sources.evm_node.whole_block import WholeBlock
from pipelines.upstream.request_log import RequestLog

MOST = 20  # differences of a block: of two blocks nearly all is different
# what some nodes leave out, and nothing hashes
MAY_BE_LEFT_OUT = {
    *("size_bytes", "total_difficulty", "extra_fields", "receipt_extra_fields"),
    *("receipt_effective_gas_price", "receipt_blob_gas_price", "gas_price"),
}

Difference = tuple[str, object, object]


def disagreements(
    reading: Reading, readers: Sequence[BlockReader], log: RequestLog
) -> list[Mapping[str, object]]:
    """What another endpoint has otherwise of the block: rows of `disagreements`.

    Hashes come first. None where no other endpoint has all of the block.
    """
    block = reading.block
    if not block.has_receipts:
        return []
    for reader in readers:
        if reader.client.endpoint.name == reading.sent.endpoint:
            continue
        try:
            (answer,) = reader.read([block.header.block_number], log)
        except UpstreamError:
            continue
        if answer.reading is None or not answer.reading.block.has_receipts:
            continue
        found = islice(_differences(block, answer.reading.block), MOST)
        return [_row(reading, answer.reading, one) for one in found]
    return []


def difference(chain: str, row: Mapping[str, object]) -> str:
    """A row of `disagreements` as a sentence, whichever of the two was asked first."""
    one, other = sorted((str(row["endpoint"]), str(row["other_endpoint"])))
    what = f"{row['field']} of block {row['block_number']} of {chain}"
    return f"{what} is not the same at {one} and {other}"


def _differences(one: WholeBlock, other: WholeBlock) -> Iterator[Difference]:
    yield from _fields("", one.header, other.header, first="block_hash")
    pairs = zip_longest(one.transactions, other.transactions)
    for place, (mine, theirs) in enumerate(pairs):
        yield from _fields(f"transactions[{place}].", mine, theirs, "transaction_hash")
    for place, (mine_too, theirs_too) in enumerate(zip_longest(one.logs, other.logs)):
        yield from _fields(f"logs[{place}].", mine_too, theirs_too, "topic0")


def _fields(of: str, one: object, other: object, first: str) -> Iterator[Difference]:
    if one is None or other is None:
        yield f"{of}{first}", getattr(one, first, None), getattr(other, first, None)
        return
    assert isinstance(one, tuple)  # noqa: S101  # rows are named tuples
    names = sorted(type(one)._fields, key=lambda name: name != first)  # type: ignore[attr-defined]
    for name in names:
        mine, theirs = getattr(one, name), getattr(other, name)
        is_left_out = name in MAY_BE_LEFT_OUT and (mine is None or theirs is None)
        if mine != theirs and not is_left_out:
            yield f"{of}{name}", mine, theirs


def _row(
    reading: Reading, other: Reading, difference: Difference
) -> Mapping[str, object]:
    field, mine, theirs = difference
    header = reading.block.header
    return {
        "chain_id": header.chain_id,
        "block_number": header.block_number,
        "block_hash": header.block_hash,
        "field": field,
        "value": _text(mine),
        "other_value": _text(theirs),
        "other_endpoint": other.sent.endpoint,
        **reading.sent._asdict(),
    }


def _text(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else shown(value)
