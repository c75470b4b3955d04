"""`bullion config`: rows added, changed, removed; plain SQL is equal."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.config.app import (
    Folder,
    KeyWords,
    Table,
    acting,
    config_app,
    printable,
)
from pipelines.terminal.output import Json, say, show

if TYPE_CHECKING:  # psycopg is slow to import
    from pipelines.config.declaration import Declaration
    from pipelines.config.edit import Changed
    from pipelines.warehouse import Connection

    Edit = Callable[[Connection, Declaration], Changed]

Words = Annotated[list[str], typer.Argument(help="The key's words, then COLUMN=VALUE.")]
Wait = Annotated[
    bool,
    typer.Option(
        "--wait", help="Return when it has taken effect; else say why it has not."
    ),
]
WaitSeconds = Annotated[float, typer.Option(help="How long --wait waits.", min=0)]
WAIT_S = 30.0
Written = tuple[Sequence[Any], int]  # what to show, and how many rows were changed


@config_app.command(
    "set",
    epilog="Example: `bullion config set instruments kraken BTC/USD since=-P7D "
    "feeds=candles,trades --wait`",
)
def config_set(
    table: Table,
    words: Words,
    *,
    wait: Wait = False,
    wait_s: WaitSeconds = WAIT_S,
    json: Json = False,
) -> None:
    """Change columns of a row; it takes effect without a restart.

    With --wait, what is printed is the path of the change: milliseconds from its commit
    until it was captured, consumed, applied, and until the first row of a series that
    it chose. Exit code 65: it is rejected; 69: a step of the path does not come.
    """
    from pipelines.config import edit
    from pipelines.config.table import split

    def change(connection: "Connection", declared: "Declaration") -> "Changed":
        return edit.change(connection, declared, *split(declared, words))

    _edit("set", change, table, table, wait_s if wait else None, json=json)


@config_app.command(
    "add", epilog="Example: `bullion config add instruments kraken ETH/USD since=-P7D`"
)
def config_add(
    table: Table,
    words: Words,
    *,
    wait: Wait = False,
    wait_s: WaitSeconds = WAIT_S,
    json: Json = False,
) -> None:
    """Add a row; columns that are not named have the table's defaults."""
    from pipelines.config import edit
    from pipelines.config.table import split

    def add(connection: "Connection", declared: "Declaration") -> "Changed":
        return edit.add(connection, declared, *split(declared, words))

    _edit("add", add, table, table, wait_s if wait else None, json=json)
    key = [word for word in words if "=" not in word]
    if table == "instruments" and not wait:
        _foretell(*key[:2])


@config_app.command(
    "remove", epilog="Example: `bullion config remove instruments kraken ETH/USD`"
)
def config_remove(
    table: Table,
    key: KeyWords,
    *,
    wait: Wait = False,
    wait_s: WaitSeconds = WAIT_S,
    json: Json = False,
) -> None:
    """Remove a row, and show what it was."""
    from pipelines.config import edit
    from pipelines.config.table import key_of

    def remove(connection: "Connection", declared: "Declaration") -> "Changed":
        return edit.remove(connection, declared, key_of(declared, key))

    _edit("remove", remove, table, "removed", wait_s if wait else None, json=json)


@config_app.command("import", epilog="Example: `bullion config import`")
def config_import(
    folder: Folder = None,
    *,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Make tables that hold rows what the files say."
        ),
    ] = False,
    wait: Wait = False,
    wait_s: WaitSeconds = WAIT_S,
    json: Json = False,
) -> None:
    """Fill empty config tables from CSV files, all or nothing.

    A table that holds rows is the operator's: it stays as it is.
    """
    from pipelines.config.csv_import import import_folder
    from pipelines.settings import settings

    def write(connection: "Connection") -> Written:
        done = import_folder(
            connection, folder or settings().seeds_dir, replace=replace
        )
        count = sum(t.added_count + t.changed_count + t.removed_count for t in done)
        if not count and not replace:
            say("every table holds rows, and keeps them; --replace changes them")
        return done, count

    _commit("import", write, "imported", wait_s if wait else None, json=json)


def _foretell(exchange_id: str, symbol: str) -> None:
    """Say at once what will become of an instrument that was added."""
    with acting("add") as connection:
        statement = "select ops.is_listed(%s, %s), ops.process_of('collect')"
        row = connection.execute(statement, (exchange_id, symbol)).fetchone()
        is_listed, collector = row or (None, None)
    if is_listed is False and "*" not in symbol:
        say(f"{exchange_id} does not list {symbol}: nothing comes of it until it does")
    elif collector is None:
        say("nobody collects now: `bullion collect`, or the next load, takes it up")


def _edit(
    work: str, edit: "Edit", table: str, title: str, wait_s: float | None, *, json: bool
) -> None:
    """Edit one row of a table, as `_commit`."""
    from pipelines.config import table as tables

    def write(connection: "Connection") -> Written:
        done = edit(connection, tables.table(connection, table))
        if not done.is_new:
            say("nothing to change: it is so already")
        return [printable(done.row, json=json)], int(done.is_new)

    _commit(work, write, title, wait_s, json=json)


def _commit(
    work: str,
    write: Callable[["Connection"], Written],
    title: str,
    wait_s: float | None,
    *,
    json: bool,
) -> None:
    """Run `write` as one transaction, and show it; with `wait_s`, each change's path.

    Of two JSON documents, the path is the one.

    Raises:
        BadDataError: a change is rejected.
        UpstreamError: a step has not come in time; says which, and its remedy.
    """
    from pipelines import warehouse
    from pipelines.config import diagnosis, wait
    from pipelines.config.path import path

    with acting(work) as connection:
        with wait.committing(connection) as committed:
            rows, committed.changes_count = write(connection)
        if wait_s is None or not json:
            show(rows, title, json=json)
        if wait_s is None:
            return
        if not committed.changes_count:
            say("nothing to wait for: nothing was changed")
        with warehouse.connect("operator", warehouse.process_name("wait")) as listener:
            result = wait.wait_for_changes(connection, listener, committed, wait_s)
        if result.statuses or json:
            show([path(change) for change in result.statuses], "path", json=json)
        if error := diagnosis.failure(connection, result):
            raise error
