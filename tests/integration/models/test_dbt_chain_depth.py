"""What dbt reads of bronze for new blocks grows with them, and not with history."""

import random

import pytest

from pipelines import warehouse
from tests.contents.transform import Transform
from tests.histories.candle_histories import Load
from tests.histories.chain_rows import Block, Rows, Sent, Transaction, head, whole
from tests.histories.token_events import events
from tests.integration.models.test_dbt_chain_histories import EVERYTHING, deliver
from tests.integration.models.test_dbt_histories import select

HISTORY, NEW = 2_000, 20
READ = """
select relname, seq_scan, coalesce(idx_tup_fetch, 0) from pg_stat_user_tables
where schemaname = 'bronze_evm'
    and relname in ('blocks', 'transactions', 'logs', 'proofs', 'pages')
"""


def blocks(count: int) -> list[Block]:
    """A line of blocks."""
    rng = random.Random(3)
    found: list[Block] = []
    for number in range(count):
        parent = found[-1].block_hash if found else bytes(32)
        sent = [Transaction(rng.randbytes(32), events(rng)) for _ in range(3)]
        found.append(Block(1, number, rng.randbytes(32), parent, sent))
    return found


def load_of(part: list[Block]) -> Load:
    """One load of these blocks, up to the head; the first of them is final."""
    rows = Rows()
    for block in part:
        sent = Sent("first", block.number, f"request {block.number}")
        whole(rows, block, sent)
    head(rows, part[-1], "latest", Sent("first", part[-1].number + 0.5, "heads"))
    head(rows, part[0], "finalized", Sent("first", part[-1].number + 0.5, "heads"))
    return rows.load


def read() -> dict[str, tuple[int, int]]:
    """Scans of bronze's tables, and rows that were fetched by index."""
    with warehouse.connect("loader", "test") as connection:
        connection.execute("select pg_stat_force_next_flush()")
    return {name: (scans, fetched) for name, scans, fetched in select(READ)}


@pytest.mark.slow
def test_new_blocks_are_read_by_index_and_their_history_is_not(built_database):
    line = blocks(HISTORY + NEW)
    transform = Transform()
    deliver(load_of(line[:HISTORY]))
    transform.rerun("run", "--select", EVERYTHING)
    with warehouse.connect(None, "test") as connection:
        connection.execute("analyze")
    deliver(load_of(line[HISTORY:]))
    before = read()
    transform.rerun("run", "--select", EVERYTHING)
    after = read()
    found = {
        name: (after[name][0] - scans, after[name][1] - fetched)
        for name, (scans, fetched) in before.items()
    }
    print(found)
    assert {name: scans for name, (scans, _) in found.items() if scans} == {}
    # an hour has six of them, and each mart reads what it makes anew
    assert all(fetched < HISTORY for _, fetched in found.values())
    assert select("select max(block_number) from gold.fct_blocks") == [
        (HISTORY + NEW - 1,)
    ]
