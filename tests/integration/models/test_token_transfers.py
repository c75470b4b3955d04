"""Transfers of tokens are decoded as an independent computation decodes them."""

import csv
import json
import random
from pathlib import Path
from typing import Any

from pipelines import bootstrap, warehouse
from pipelines.settings import PROJECT_DIR
from tests.contents.transform import Transform
from tests.fakes.node_server import recorded_node
from tests.histories.candle_histories import Load
from tests.histories.chain_rows import (
    Block,
    Event,
    Rows,
    Sent,
    Transaction,
    head,
    whole,
)
from tests.histories.token_events import KINDS, transfer
from tests.integration.models.test_dbt_chain_histories import deliver
from tests.integration.models.test_dbt_histories import select
from tests.oracles import transfer_oracle
from tests.services.evm_loads import endpoints, loaded, patient
from tests.soak import times

LOGS = times(100_000, 4_000)
EVERYTHING = "+fct_token_transfers +int_logs_quarantined"
DECODED = """
select block_number, log_index, transfer_index, token_standard, transfer_type,
    from_address, to_address, token_id, amount_raw
from silver.int_transfers_decoded where reason is null order by 1, 2, 3
"""
REFUSED = """
select block_number, log_index from silver.int_transfers_decoded
where reason is not null order by 1, 2
"""
# what ethereum-etl has of a transfer: of ERC-721 its value is the token
RECORDED = """
select token_address, from_address, to_address, coalesce(token_id, amount_raw),
    transaction_hash, log_index, block_number, block_hash,
    extract(epoch from block_at)::bigint, token_standard, transfer_type
from gold.fct_token_transfers order by block_number, log_index
"""
ROWS_READ = """
select relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
from pg_stat_user_tables
where relname in ('logs', 'transactions', 'fct_token_transfers')
"""


def chained(count: int, events: int, rng: random.Random) -> list[Block]:
    """Blocks of one transaction each, with so many transfers."""
    blocks: list[Block] = []
    for number in range(count):
        parent = blocks[-1].block_hash if blocks else bytes(32)
        logs = [transfer(rng) for _ in range(events)]
        sent = [Transaction(rng.randbytes(32), logs)]
        blocks.append(Block(1, number, rng.randbytes(32), parent, sent))
    return blocks


def load_of(*blocks: Block) -> Load:
    """One load that reads them, the last of them the head."""
    rows = Rows()
    sent = Sent("first", blocks[-1].number, f"request {blocks[-1].number}")
    for block in blocks:
        whole(rows, block, sent)
    head(rows, blocks[-1], "latest", Sent("first", sent.seconds, "head"))
    return rows.load


def test_random_logs_give_what_another_computation_gives(built_database):
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    events = [rng.choice(KINDS)(rng) for _ in range(LOGS)]
    block = Block(1, 7, rng.randbytes(32), bytes(32), [Transaction(b"t" * 32, events)])
    load = load_of(block)
    deliver(load)

    found: list[Any] = []
    refused: list[Any] = []
    for log in load["logs"]:
        own = (log["block_number"], log["log_index"])
        if transfer_oracle.is_wrong(log):
            refused.append(own)
        else:
            found += transfer_oracle.rows(log, own)
    assert len(refused) > LOGS / 50
    assert len({(row[3], row[4]) for row in found}) == 14
    assert select(DECODED) == found
    assert select(REFUSED) == refused


def test_an_increment_reads_what_it_touches_and_no_history(built_database):
    rng = random.Random(1)
    blocks = chained(203, 10, rng)
    transform = Transform()
    deliver(load_of(*blocks[:200]))
    transform.rerun("run", "--select", EVERYTHING)
    before = rows_read()
    deliver(load_of(*blocks[200:]))
    transform.rerun("run", "--select", EVERYTHING)
    read = {name: count - before[name] for name, count in rows_read().items()}
    assert select("select count(*) from gold.fct_token_transfers") == [(2030,)]
    # 30 logs are new: three models read them, one of them twice
    print(read)
    assert max(read.values()) < 300


def rows_read() -> dict[str, int]:
    """Rows that were read of each table, as Postgres counts them."""
    with warehouse.connect(None, "test") as connection:
        connection.execute("select pg_stat_force_next_flush()")
        connection.execute("analyze")  # as autovacuum would
        return dict(connection.execute(ROWS_READ).fetchall())


def test_recorded_transfers_of_ethereum_are_had_field_by_field(
    built_database, recorded, monkeypatch
):
    bootstrap.apply(**built_database, seeds=PROJECT_DIR / "seeds")
    patient(built_database)
    mainnet = recorded / "chain" / "mainnet"
    with endpoints(monkeypatch, [recorded_node(mainnet)]):
        for span in ((483_920, 483_921), (1_755_634, 1_755_636)):
            loaded(*span)
    deliver(recorded_logs(mainnet / "logs" / "logs.csv"))
    Transform().rerun("run", "--select", EVERYTHING)

    found = select(RECORDED)
    assert {row[9:] for row in found} == {("erc20", "transfer")}
    of_json = mainnet / "blocks_1755634_1755635" / "expected_token_transfers.json"
    names = (
        *("token_address", "from_address", "to_address", "value", "transaction_hash"),
        *("log_index", "block_number", "block_hash", "block_timestamp"),
    )
    expected = [json.loads(line) for line in of_json.read_text().splitlines()]
    assert [row[:9] for row in found if row[6] > 1_500_000] == [
        tuple(row[name] for name in names) for row in expected
    ]
    with (mainnet / "logs" / "expected_token_transfers.csv").open() as lines:
        of_csv = [tuple(row.values()) for row in csv.DictReader(lines)]
    by_csv = [tuple(map(str, row[:7])) for row in found if row[6] == 1_452_581]
    assert by_csv == sorted(of_csv, key=lambda row: int(row[5]))
    assert len(by_csv) == 2


def recorded_logs(path: Path) -> Load:
    """A load of the logs in a file, with a block made for them."""
    with path.open() as lines:
        logs = list(csv.DictReader(lines))
    hashes = dict.fromkeys(log["transaction_hash"] for log in logs)
    sent = [
        Transaction(
            as_bytes(own),
            [event_of(log) for log in logs if log["transaction_hash"] == own],
        )
        for own in hashes
    ]
    first = logs[0]
    block = Block(
        1, int(first["block_number"]), as_bytes(first["block_hash"]), b"p" * 32, sent
    )
    load = load_of(block)
    for row, log in zip(load["logs"], logs, strict=True):
        row["log_index"] = int(log["log_index"])
        row["transaction_index"] = int(log["transaction_index"])
    return load


def event_of(log: dict[str, str]) -> Event:
    topics = [as_bytes(topic) for topic in log["topics"].split(",")]
    return Event(as_bytes(log["address"]), topics, as_bytes(log["data"]))


def as_bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
