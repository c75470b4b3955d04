"""A header, a transaction, a receipt, a log: rows, from what a node sends of each.

The interface: https://ethereum.github.io/execution-apis.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from pipelines.sources.evm_node.field_specs import (
    HEADER,
    OF_ANOTHER_CHAIN,
    OF_HEADER,
    OF_RECEIPT,
    OF_TRANSACTION,
    RECEIPT,
    TRANSACTION,
    Read,
    read_all,
)
from pipelines.sources.evm_node.fields import (
    Fields,
    address,
    data,
    each,
    hash32,
    listed,
    mapping,
    number,
    optional,
    others,
    quantity,
    shown,
)
from pipelines.sources.evm_node.tables import Header, Log, Transaction

Row = TypeVar("Row")

TOPICS = 4  # of a log at most
OWN = Transaction._fields.index("receipt_status")  # columns without the receipt's


def header(chain_id: int, block: Fields) -> Header:
    """The block's row; its transactions may be whole or hashes."""
    return Header(
        chain_id=chain_id,
        transactions_count=len(listed(block, "transactions")),
        logs_count=None,
        extra_fields=others(block, OF_HEADER),
        **read_all(HEADER, block),
    )


def transaction(head: Header, index: int, sent: object) -> Transaction:
    """The row of the transaction at `index`, without its receipt."""
    fields = mapping({"it": sent}, "it")
    kind = optional(number, fields, "type") or 0
    chain_id = optional(quantity, fields, "chainId")
    is_of_chain = chain_id is None or chain_id == head.chain_id
    parity = "v" if not kind or fields.get("yParity") is None else "yParity"
    row = Transaction(
        chain_id=head.chain_id,
        block_number=head.block_number,
        transaction_index=index,
        transaction_type=kind,
        v=optional(number, fields, parity),
        block_hash=head.block_hash,
        input=data(fields, "data" if fields.get("input") is None else "input"),
        extra_fields=others(
            fields, OF_TRANSACTION if is_of_chain else OF_ANOTHER_CHAIN
        ),
        **read_all(TRANSACTION, fields),
    )
    _check_place(fields, row)
    return row


def receipt(row: Transaction, sent: object) -> tuple[Transaction, list[Log]]:
    """The transaction with its receipt, and the logs of that."""
    fields = mapping({"it": sent}, "it")
    _check_place(fields, row)
    _check(hash32, fields, "transactionHash", row.transaction_hash)
    logs = in_order("log", partial(log, row), listed(fields, "logs"))
    values = read_all(RECEIPT, fields)
    values["receipt_extra_fields"] = others(fields, OF_RECEIPT)
    own: Sequence[Any] = row[:OWN]
    return Transaction(*own, **values), logs


def log(row: Transaction, sent: object) -> Log:
    """A log of the transaction."""
    fields = mapping({"it": sent}, "it")
    _check_place(fields, row)
    _check(hash32, fields, "transactionHash", row.transaction_hash)
    topics: list[bytes | None] = [*each(hash32, fields, "topics")]
    if len(topics) > TOPICS:
        raise ValueError(f"topics are {len(topics)}, more than {TOPICS}")
    topic0, topic1, topic2, topic3 = topics + [None] * (TOPICS - len(topics))
    return Log(
        chain_id=row.chain_id,
        block_number=row.block_number,
        transaction_index=row.transaction_index,
        log_index=number(fields, "logIndex"),
        block_hash=row.block_hash,
        transaction_hash=row.transaction_hash,
        address=address(fields, "address"),
        topic0=topic0,
        topic1=topic1,
        topic2=topic2,
        topic3=topic3,
        data=data(fields, "data"),
    )


def in_order(
    what: str, read: Callable[..., Row], *columns: Sequence[object]
) -> list[Row]:
    """What is read of each; an error says which it was.

    Raises:
        ValueError: one can not be read.
    """
    rows = []
    for place, arguments in enumerate(zip(*columns, strict=True)):
        try:
            rows.append(read(*arguments))
        except ValueError as error:
            raise ValueError(f"{what} {place}: {error}") from error
    return rows


def _check_place(fields: Fields, row: Transaction) -> None:
    _check(hash32, fields, "blockHash", row.block_hash)
    _check(number, fields, "blockNumber", row.block_number)
    _check(number, fields, "transactionIndex", row.transaction_index)


def _check(read: Read, fields: Fields, name: str, expected: int | bytes) -> None:
    """Compared as text first: what is usual is written in one way."""
    own = f"0x{expected.hex()}" if isinstance(expected, bytes) else hex(expected)
    if fields.get(name) != own and read(fields, name) != expected:
        raise ValueError(f"{name} is {shown(fields[name])}, not {own}")
