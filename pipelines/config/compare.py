"""Where the config tables and a folder of CSV files differ."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.config.csv_files import Key, by_key, files_of, read
from pipelines.config.declaration import Declaration
from pipelines.config.table import Values, rows, word
from pipelines.warehouse import Connection


@dataclass(frozen=True)
class Difference:
    """A cell that differs; None: there is no such row on that side."""

    table: str
    key: str
    column: str
    warehouse: str | None
    folder: str | None


def compare(connection: Connection, folder: Path) -> list[Difference]:
    """Where the tables and the folder's files differ, by key.

    Raises:
        SetupError: the folder has no file of a config table.
        BadDataError: a cell is refused.
    """
    found = []
    for table in files_of(connection, folder):
        here = by_key(table, rows(connection, table))
        there = by_key(table, read(connection, table, folder))
        for key in sorted(here.keys() | there.keys(), key=str):
            found += _differences(table, key, here.get(key), there.get(key))
    return found


def _differences(
    table: Declaration, key: Key, here: Values | None, there: Values | None
) -> list[Difference]:
    given = there if there is not None else here or {}
    found = []
    for name in given.keys() - set(table.key):
        ours, theirs = (
            None if side is None else word(side[name]) for side in (here, there)
        )
        if ours != theirs:
            named = " ".join(map(word, key))
            found.append(Difference(table.name, named, name, ours, theirs))
    return sorted(found, key=lambda d: list(table.columns).index(d.column))
