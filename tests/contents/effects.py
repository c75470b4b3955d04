"""What the tests of effects share: changes as the log tells them, and their effects."""

import json
import threading
from typing import Any

from pipelines import warehouse
from pipelines.config import status
from pipelines.sources.config_changes import follow
from pipelines.sources.config_changes.session import Followed
from tests.contents.roles import run
from tests.fakes.memory_log import PREFIX, event

EFFECTS = """
select table_name, row_key, op, outcome from ops.config_effects order by effect_id
"""


def change(
    op: str,
    lsn: int,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    *,
    transaction_id: int | None = None,
    position: int = 1,
) -> bytes:
    """A change of `config.things` from one row to another."""
    document = json.loads(event(1, lsn, op=op, position=position))
    document |= {"before": old, "after": new}
    document["source"]["txId"] = transaction_id or lsn // 10
    return json.dumps(document).encode()


def row(key: int, **columns: Any) -> dict[str, Any]:
    """A row of `config.things`."""
    return {"id": key, "value": "one", "share": "0.5000", **columns}


def read(broker: Any) -> Followed:
    """Follow until all is read."""
    stop = threading.Event()
    return follow.follow(broker.open, PREFIX, stop, until_current=True)


def effects(database: dict[str, Any]) -> list[Any]:
    """Table, key, op and outcome of each effect."""
    return list(run(database, "transformer", EFFECTS))


def outcomes(database: dict[str, Any]) -> dict[tuple[str, str], str]:
    """The outcome by key and op."""
    return {(key, op): outcome for _, key, op, outcome in effects(database)}


def loader() -> warehouse.Connection:
    """A connection of whoever is configured."""
    return warehouse.connect("loader", "bullion collect, a test")


def open_keys() -> list[str]:
    """The keys of the open effects, the oldest first."""
    with loader() as connection:
        return [effect.row_key for effect in status.open_changes(connection)]
