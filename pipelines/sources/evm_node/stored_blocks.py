"""Blocks as bronze has them: every reading that a finished load brought, whole."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, LiteralString, NamedTuple

from psycopg import sql

from pipelines.sources.evm_node.tables import Header, Log, Transaction
from pipelines.sources.evm_node.whole_block import WholeBlock
from pipelines.warehouse import Connection

PAGE = 50  # numbers: some 10,000 transactions with their logs, where blocks are full

NUMBERS: LiteralString = """
with numbers as (
    select distinct b.block_number from bronze_evm.blocks as b
    where b.chain_id = %s and b.block_number >= %s and b.block_number < %s
)

select n.block_number from numbers as n
where random() * %s < 1
order by n.block_number
limit %s
"""
# a parent of another branch says nothing of the link: only its own can be held
BLOCKS: LiteralString = """
select
    {columns},
    b.endpoint,
    b.request_id,
    b._dlt_load_id,
    exists(
        select from bronze_evm.blocks as p
        inner join ops.loads as o
            on o.schema_name = 'bronze_evm' and p._dlt_load_id = o.load_id
        where
            p.chain_id = b.chain_id
            and p.block_hash = b.parent_hash
            and p.block_number = b.block_number - 1
    )
from bronze_evm.blocks as b
inner join ops.loads as l
    on l.schema_name = 'bronze_evm' and b._dlt_load_id = l.load_id
where b.chain_id = %s and b.block_number = any(%s)
order by b.block_number, b._dlt_load_id, b.delivery_file, b.delivery_row
"""
TRANSACTIONS: LiteralString = """
select {columns}, t.request_id, t._dlt_load_id, t.receipt_request_id
from bronze_evm.transactions as t
where t.chain_id = %s and t.block_hash = any(%s)
order by t.transaction_index
"""
LOGS: LiteralString = """
select {columns}, g.request_id, g._dlt_load_id
from bronze_evm.logs as g
where g.chain_id = %s and g.block_hash = any(%s)
order by g.delivery_file, g.delivery_row
"""
RANGE: LiteralString = """
select min(b.block_number), max(b.block_number) + 1 from bronze_evm.blocks as b
where b.chain_id = %s
"""


class Stored(NamedTuple):
    """A block as it was read once.

    Attributes:
        parent_hash: that of the block before it; None where that is not held.
        endpoint: whose answer it was.
        request_id: of the block's answer.
    """

    block: WholeBlock
    parent_hash: bytes | None
    endpoint: str
    request_id: str


def held_range(connection: Connection, chain_id: int) -> range:
    """From the first to the last block of the chain; there may be holes within."""
    ((first, end),) = connection.execute(RANGE, (chain_id,)).fetchall()
    return range(first or 0, end or 0)


def stored_blocks(
    connection: Connection, chain_id: int, numbers: range, one_in: int = 1
) -> Iterator[Sequence[Stored]]:
    """The readings of these numbers, page by page; of one number in so many."""
    begin = numbers.start
    while True:
        values = (chain_id, begin, numbers.stop, one_in, PAGE)
        page = [number for (number,) in connection.execute(NUMBERS, values)]
        if not page:
            return
        yield list(_readings(connection, chain_id, page))
        begin = page[-1] + 1


def _readings(
    connection: Connection, chain_id: int, numbers: Sequence[int]
) -> Iterator[Stored]:
    found = _rows(connection, BLOCKS, "b", Header, (chain_id, numbers))
    wanted = (chain_id, list({header.block_hash for header, *_ in found}))
    sent, logs = defaultdict(list), defaultdict(list)
    for row, request, load, its in _rows(
        connection, TRANSACTIONS, "t", Transaction, wanted
    ):
        sent[load, row.block_hash, request].append((row, its or request))
    for row, request, load in _rows(connection, LOGS, "g", Log, wanted):
        logs[load, row.block_hash, request].append(row)
    for header, endpoint, request, load, is_held in found:
        own = sent[load, header.block_hash, request]
        answers = dict.fromkeys(its for _, its in own)
        emitted = [log for its in answers for log in logs[load, header.block_hash, its]]
        block = WholeBlock(header, [row for row, _ in own], emitted)
        yield Stored(block, header.parent_hash if is_held else None, endpoint, request)


def _rows(
    connection: Connection,
    query: LiteralString,
    alias: str,
    kind: Any,
    values: tuple[Any, ...],
) -> list[tuple[Any, ...]]:
    """Each row as one of its kind, then what the query has beside it."""
    names = kind._fields
    columns = sql.SQL(", ").join(sql.Identifier(alias, name) for name in names)
    statement = sql.SQL(query).format(columns=columns)
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(statement, values)
        return [(kind(*row[: len(names)]), *row[len(names) :]) for row in rows]
