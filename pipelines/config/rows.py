"""The operator's choices as rows of the schema `config`, read in one query."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from psycopg.errors import InvalidSchemaName, UndefinedFunction, UndefinedTable

from pipelines import warehouse
from pipelines.config.files import of_files
from pipelines.config.model import (
    Configuration,
    EndpointChoice,
    ExchangeChoice,
    InstrumentChoice,
    Thresholds,
    parse_feeds,
    parse_since,
)
from pipelines.errors import SetupError
from pipelines.settings import settings

STANDING = Path(__file__).with_name("rows.sql").read_text("utf-8")
UNMADE = (InvalidSchemaName, UndefinedFunction, UndefinedTable)


def chosen_rows() -> dict[str, list[dict[str, Any]]] | None:
    """The rows by table, all as of one moment; None: no exchange is chosen there.

    That is so too where the warehouse was not bootstrapped with these tables, and where
    the embedded server does not run: without it nothing can be loaded anyway, but what
    was asked can be checked.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    name = warehouse.process_name("configuration")
    try:
        connected = warehouse.connect("loader", name)
    except SetupError:
        return None
    with connected as connection:
        return rows_of(connection)


def rows_of(connection: warehouse.Connection) -> dict[str, list[dict[str, Any]]] | None:
    """The rows by table, read in one statement; None: no exchange is chosen there."""
    try:
        row = connection.execute(STANDING.encode()).fetchone()
    except UNMADE:
        return None
    found: dict[str, list[dict[str, Any]]] = row[0] if row else {}
    return found if found.get("exchanges") else None


def standing(connection: warehouse.Connection) -> Configuration:
    """What stands in the tables now; the seeds while no exchange is chosen there.

    Raises:
        SetupError: a cell of the seeds is wrong.
    """
    seeds = of_files(settings().seeds_dir)
    rows = rows_of(connection)
    return of_rows(rows, seeds) if rows else seeds


def of_rows(rows: Mapping[str, Any], seeds: Configuration) -> Configuration:
    """What the tables' rows say; their constraints have held them to be right."""
    exchanges = [
        ExchangeChoice(
            row["exchange_id"],
            row["is_enabled"],
            float(row["budget_share"]),
            tuple(row["market_types"]),
        )
        for row in rows["exchanges"]
    ]
    instruments = [
        InstrumentChoice(
            row["exchange_id"],
            row["symbol"],
            parse_since(row["since"]),
            row["priority"],
            row["is_enabled"],
            parse_feeds(" ".join(row["feeds"])),
            tuple(row["timeframes"]),
        )
        for row in rows["instruments"]
    ]
    turned = {row["threshold"]: int(row["amount"]) for row in rows["thresholds"]}
    return Configuration(
        {choice.exchange_id: choice for choice in exchanges},
        instruments,
        Thresholds(**{**asdict(seeds.thresholds), **turned}),
        {row["endpoint"]: EndpointChoice(**row) for row in rows["endpoints"]},
    )
