"""dbt on trades, in a process of its own."""

import time
from pathlib import Path

from pipelines import warehouse
from tests.bench import history
from tests.bench.child import Facts, answer
from tests.bench.history import START_MS
from tests.bench.proofs import MODELS
from tests.bench.transform_child import Dbt

SERIES = 10
STATEMENTS = (Path(__file__).parent / "proofs.sql").read_text().split(";\n")
ANEW = ("run", "--full-refresh", "--vars", "drop_dependents: true", "--select")
PASS = """
select sum(volume) from (
    select sum(base_amount) as volume from bronze_exchange.trades
    group by exchange_id, symbol, traded_at_ns / 60000000000
) as minutes
"""


def grow(trades: int) -> None:
    """One load of so many trades."""
    known = {
        "load": f"{time.time():.6f}",
        "series": SERIES,
        "each": trades // SERIES,
        "start": START_MS,
    }
    with warehouse.connect("loader", "bench") as connection:
        for statement in STATEMENTS:
            connection.execute(statement.encode(), known)


def measure(asked: Facts) -> Facts:
    """Everything built on empty bronze, then the models that read trades anew."""
    history.begin()
    dbt = Dbt(asked["target"])
    dbt.run("parse")
    dbt.run("build", "--selector", "transform")
    grow(asked["trades"])
    took = {name: dbt.run(*ANEW, name)["models"][name] for name in MODELS}
    with warehouse.connect("transformer", "bench") as connection:
        began = time.perf_counter()
        connection.execute("set max_parallel_workers_per_gather = 0")
        connection.execute(PASS)
        bare_s = time.perf_counter() - began
        made = {
            name: _count(connection, f"{schema}.{name}")
            for name, schema in zip(MODELS, ("silver", "gold", "gold"), strict=True)
        }
    return {"trades": asked["trades"], "models": took, "made": made, "bare_s": bare_s}


def _count(connection: warehouse.Connection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}".encode()).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    answer(measure)
