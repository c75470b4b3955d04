"""Transfers decoded from logs in bronze, in a process of its own."""

import os
from pathlib import Path

from pipelines import warehouse
from tests.bench import chain_history
from tests.bench.child import Facts, answer
from tests.bench.transform_child import Dbt

# each column is counted, so that each is computed
COLUMNS = (
    *("block_hash", "transaction_hash", "token", "transfer_index", "token_standard"),
    *("transfer_type", "from_address", "to_address", "token_id", "amount_raw"),
)
DECODED = f"""
select count(*), {", ".join(f"count({name})" for name in COLUMNS)}
from silver.int_transfers_decoded where reason is null
"""
PASS = "select count(*), sum(octet_length(data) + octet_length(topic0)) from {logs}"
SIZE = """
select (max((l.ctid::text::point)[0]) + 1) * 8192 / count(*),
    pg_indexes_size('bronze_evm.logs') / count(*)
from bronze_evm.logs as l
"""


def measure(asked: Facts) -> Facts:
    """CPU seconds of the decoding of all logs, by run, and of a bare pass over them."""
    chain_history.begin()
    dbt = Dbt(asked["target"])
    dbt.run("parse")
    dbt.run("seed")
    dbt.run("run", "--select", "stg_evm__logs int_transfers_decoded")
    chain_history.grow(0, asked["logs"] // chain_history.LOGS)
    with warehouse.connect(None, "bench") as connection:
        connection.execute("vacuum bronze_evm.logs")
        # one process, and each time all of the rows
        connection.execute("set max_parallel_workers_per_gather = 0")
        connection.execute("set jit = off")
        heap, indexes = _row(connection, SIZE)
        runs = [_timed(connection, DECODED) for _ in range(asked["repeats"])]
        bare = PASS.format(logs="bronze_evm.logs")
        return {
            "transfers": int(_row(connection, DECODED)[0]),
            "decoded_s": runs,
            "bare_s": [_timed(connection, bare) for _ in range(asked["repeats"])],
            "log_bytes": [float(heap), float(indexes)],
        }


def _row(connection: warehouse.Connection, query: str) -> tuple[float, ...]:
    row = connection.execute(query.encode()).fetchone()
    return tuple(row or ())


def _timed(connection: warehouse.Connection, query: str) -> float:
    """What the server's process of this connection spent on the query."""
    fields = Path(f"/proc/{connection.info.backend_pid}/stat")
    before = _spent(fields)
    connection.execute(query.encode())
    return _spent(fields) - before


def _spent(fields: Path) -> float:
    told = fields.read_text("utf-8").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    answer(measure)
