"""Blocks in bronze are the blocks that were read: they prove again from their rows."""

from psycopg.rows import args_row

from pipelines import warehouse
from pipelines.sources import load
from pipelines.sources.evm_node.answers import block_without_receipts, whole_block
from pipelines.sources.evm_node.bronze_rows import Reading
from pipelines.sources.evm_node.proofs import prove
from pipelines.sources.evm_node.tables import Header, Log, Transaction
from pipelines.sources.evm_node.whole_block import WholeBlock
from tests.fakes.evm_blocks import FORKS, KINDS
from tests.fakes.evm_readings import Blocks, block_of, sent

# pages that hold rows: others are there for those to come
LOG_SIZE = """
select
    count(*),
    (max((l.ctid::text::point)[0]) + 1) * 8192 / count(*),
    pg_indexes_size('bronze_evm.logs') / count(*)
from bronze_evm.logs as l
"""
MOST = 450  # bytes of a log in bronze


def held(connection, row_type, table, block_hash, order):
    """The rows of the block as bronze has them."""
    names = ", ".join(row_type._fields)
    select = f"select {names} from bronze_evm.{table} where block_hash = %s"
    with connection.cursor(row_factory=args_row(row_type)) as cursor:
        return cursor.execute(f"{select} order by {order}", (block_hash,)).fetchall()


def test_blocks_come_back_as_they_were_read_and_prove_again(database):
    parent = b"\xaa" * 32
    readings = []
    for number, fork in enumerate(FORKS, 100):
        kinds = KINDS if fork in FORKS[4:] else KINDS[: 2 + FORKS.index(fork)]
        block = whole_block(1, *block_of(number, fork=fork, kinds=kinds, parent=parent))
        proofs = prove(block, parent, level="full")
        readings.append(Reading(block, sent("b"), sent("r"), proofs))
        parent = block.header.block_hash
    alone = block_without_receipts(1, block_of(7)[0])
    readings.append(Reading(alone, sent("b"), None, prove(alone)))
    load.load(Blocks(readings))

    with warehouse.connect("transformer", "test") as connection:
        for reading in readings:
            own = reading.block.header.block_hash
            (header,) = held(connection, Header, "blocks", own, "block_number")
            rows = held(
                connection, Transaction, "transactions", own, "transaction_index"
            )
            logs = held(connection, Log, "logs", own, "delivery_row")
            block = WholeBlock(header, rows, logs)
            assert block == reading.block
            again = prove(block, header.parent_hash, level="full")
            results = {row.result for row in again}
            assert results <= {"passed", "not_applicable"} | (
                set() if reading.receipts_sent else {"unproven"}
            )
        of_rows = {
            table: connection.execute(
                f"select distinct request_id, endpoint, origin from bronze_evm.{table}"
            ).fetchall()
            for table in ("blocks", "transactions", "logs", "proofs")
        }
        of_receipts = connection.execute(
            "select distinct receipt_request_id from bronze_evm.transactions order by 1"
        ).fetchall()
        kept = connection.execute(
            "select count(*), max(reason), max(received_at)::text"
            " from bronze_evm.proofs"
            " where proof = 'receipts_root' and result = 'unproven'"
        ).fetchall()
    names = ("public", "ethereum/public")
    first, second = "b".rjust(32, "0"), "r".rjust(32, "0")
    assert of_rows.pop("logs") == [(second, *names)]
    assert {tuple(rows) for rows in of_rows.values()} == {((first, *names),)}
    assert of_receipts == [(second,), (None,)]
    assert kept == [(1, "receipts missing", "2024-01-01 00:00:00.123456+00")]


def test_a_log_takes_no_more_than_its_budget(database):
    blocks = [whole_block(1, *block_of(n, kinds=[2] * 75, logs=4)) for n in range(100)]
    load.load(Blocks([Reading(block, sent("b"), sent("r")) for block in blocks]))

    with warehouse.connect(None, "test") as connection:
        size = connection.execute(LOG_SIZE).fetchone()
    assert size
    count, heap, indexes = size
    print(f"{heap:.0f} bytes a log and {indexes:.0f} of indexes, {count} logs")
    assert count == 30_000
    assert heap + indexes <= MOST
