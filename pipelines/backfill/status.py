"""How far plans are, and the result of each chunk."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from pipelines import warehouse

PLANS = Path(__file__).with_name("plans.sql").read_bytes()
CHUNKS = Path(__file__).with_name("chunks.sql").read_bytes()


def plans(
    connection: warehouse.Connection, plan_ids: Sequence[int] = ()
) -> list[dict[str, Any]]:
    """A row for each of these plans, all by default: chunks by state, and sums."""
    return _rows(connection, PLANS, plan_ids)


def chunks(
    connection: warehouse.Connection, plan_ids: Sequence[int] = ()
) -> list[dict[str, Any]]:
    """A row for each chunk of these plans, of all by default.

    One that says `running` and that no process works on was cut short: the next apply
    goes on with it.
    """
    return _rows(connection, CHUNKS, plan_ids)


def _rows(
    connection: warehouse.Connection, query: bytes, plan_ids: Sequence[int]
) -> list[dict[str, Any]]:
    with psycopg.RawCursor(connection, row_factory=dict_row) as cursor:
        return cursor.execute(query, (list(plan_ids),)).fetchall()
