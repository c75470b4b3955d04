"""`bullion config`: what became of changes, by row and the newest of all."""

from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.cli.config.app import KeyWords, Table, acting, config_app
from pipelines.terminal.output import Json, show

# of a change; a terminal has no room for the stamps as well
ONLY_JSON = {
    "attempts_count",
    "captured_at",
    "consumed_at",
    "applied_at",
    "first_row_at",
    "transaction_id",
    "received_at",
}


@config_app.command(
    "history", epilog="Example: `bullion config history instruments kraken BTC/USD`"
)
def config_history(table: Table, key: KeyWords, *, json: Json = False) -> None:
    """Show the history of one row: each change that `config follow` has taken in.

    Who made it, what it changed, and the milliseconds from its commit until it was
    captured by Debezium, consumed into bronze, applied to what runs, and until the
    first row that was loaded because of it. --json has the stamps as well.
    """
    from pipelines.config import table as tables
    from pipelines.sources.config_changes.row_history import row_history

    with acting("history", "loader") as connection:
        declared = tables.table(connection, table)
        named = tables.key_of(declared, key)
        changes = [asdict(one) for one in row_history(connection, declared, named)]
    if not json:
        changes = [
            {name: value for name, value in change.items() if name not in ONLY_JSON}
            for change in changes
        ]
    show(changes, f"{table} {' '.join(named.values())}", json=json)


@config_app.command("effects", epilog="Example: `bullion config effects --open`")
def config_effects(
    *,
    table: Annotated[str | None, typer.Option(help="Of this config table.")] = None,
    is_open: Annotated[
        bool, typer.Option("--open", help="Those that wait or are rejected.")
    ] = False,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
    json: Json = False,
) -> None:
    """List the newest changes of the configuration, and what became of each."""
    from pipelines.config import table as tables
    from pipelines.config.path import path
    from pipelines.config.status import newest_changes

    with acting("effects") as connection:
        if table is not None:
            tables.table(connection, table)
        changes = newest_changes(connection, table, is_open=is_open, limit=limit)
    show([path(change) for change in changes], "effects, the newest first", json=json)
