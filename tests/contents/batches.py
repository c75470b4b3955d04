"""Rows of a model that drives others, put there as if the model had made them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.warehouse import Connection


def put(
    connection: Connection,
    relation: str,
    key: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Insert or update the rows, as one batch of the model; all have one shape."""
    if not rows:
        return
    names = ", ".join(rows[0])
    moved = ", ".join(f"{name} = excluded.{name}" for name in (*rows[0], "changed_in"))
    with connection.transaction():
        connection.execute(
            "create temporary table given on commit drop as"
            f" select {names} from {relation} limit 0"
        )
        with connection.cursor().copy(f"copy given ({names}) from stdin") as copy:
            for row in rows:
                copy.write_row(list(row.values()))
        batch = connection.execute(
            "insert into ops.batches (feed) values (%s) returning batch_id",
            (relation.partition(".")[2],),
        ).fetchone()
        connection.execute(
            f"insert into {relation} ({names}, changed_in)"
            f" select {names}, %s from given"
            f" on conflict ({', '.join(key)}) do update set {moved}",
            batch,
        )
