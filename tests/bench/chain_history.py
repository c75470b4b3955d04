"""A chain's history in bronze, made by SQL: blocks of 100 transactions and 200 logs."""

import time
from pathlib import Path

from pipelines import warehouse
from tests.contents.bronze import create_tables

LOGS = 200  # of a block
FINAL = 64  # blocks behind the head
STATEMENTS = (Path(__file__).parent / "chain_history.sql").read_text().split(";\n")
TABLES = ("blocks", "transactions", "logs", "proofs", "heads", "pages")


def begin() -> None:
    """The tables of bronze, empty."""
    with warehouse.connect("loader", "bench") as connection:
        create_tables(connection, anew=True)


def grow(first: int, end: int, branch: str = "") -> None:
    """One load: blocks [first, end) of a branch, the first on the chain itself."""
    known = {
        "load": f"{time.time():.6f}",
        "first": first,
        "end": end,
        "branch": branch,
        "logs": LOGS,
        "final": max(first - FINAL, 0) if branch else max(end - 1 - FINAL, 0),
    }
    with warehouse.connect("loader", "bench") as connection:
        with connection.transaction():
            for statement in STATEMENTS:
                if statement.strip():
                    connection.execute(statement.encode(), known)
        if end - first > 1000:  # what autovacuum does after a large load
            for table in TABLES:
                connection.execute(f"analyze bronze_evm.{table}".encode())
