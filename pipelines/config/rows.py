"""The operator's choices as they stand: rows of the schema `config`, in one query."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg.errors import InvalidSchemaName, UndefinedFunction, UndefinedTable

from pipelines import warehouse
from pipelines.config import csv_files
from pipelines.config.cells import KEYS, Row, read_configuration
from pipelines.config.model import Configuration
from pipelines.config.table import UNMADE_MESSAGE, worded
from pipelines.errors import SetupError
from pipelines.settings import settings

STANDING = Path(__file__).with_name("rows.sql").read_text("utf-8")
UNMADE = (InvalidSchemaName, UndefinedFunction, UndefinedTable)


def configuration(folder: Path | None = None) -> Configuration:
    """The choices that stand in the warehouse; of `folder`'s files where one is named.

    Where no server runs nothing can be loaded; what was asked is checked against the
    seeds, with which a warehouse begins. Patterns are what they match in the listing
    that is held.

    Raises:
        SetupError: the warehouse has no config tables; a wrong cell, all at once.
        psycopg.OperationalError: the warehouse does not answer.
    """
    if folder is not None:
        return csv_files.configuration_of(folder)
    name = warehouse.process_name("configuration")
    try:
        connected = warehouse.connect("loader", name)
    except SetupError:
        return csv_files.configuration_of(settings().seeds_dir)
    with connected as connection:
        return standing(connection)


def standing(connection: warehouse.Connection) -> Configuration:
    """What stands in the tables now, read in one statement.

    Raises:
        SetupError: the warehouse has no config tables.
    """
    try:
        row = connection.execute(STANDING.encode()).fetchone()
    except UNMADE:
        raise SetupError(UNMADE_MESSAGE) from None
    tables: Mapping[str, list[dict[str, Any]]] = row[0] if row else {}
    return read_configuration(
        {
            table: [_row(table, columns) for columns in rows]
            for table, rows in tables.items()
        }
    )


def _row(table: str, columns: Mapping[str, Any]) -> Row:
    words = worded(columns)
    return f"config.{table} {' '.join(words[name] for name in KEYS[table])}", words
