"""`bullion sql|list`: gold, as analyst: psql, and what series it holds."""

import subprocess
from typing import Annotated

import typer

from pipelines.errors import SetupError
from pipelines.settings import PROJECT_DIR, child_environment
from pipelines.terminal.output import Json, show

sql_app = typer.Typer()

OPTIONS = (
    "-c role=analyst -c search_path=gold -c timezone=UTC"
    " -c default_transaction_read_only=on"
)


@sql_app.command("list", epilog="Example: `bullion list --json`")
def list_series(*, json: Json = False) -> None:
    """Every series that is held: first, last, rows, completeness."""
    from psycopg.errors import UndefinedTable

    from pipelines import warehouse

    text = (PROJECT_DIR / "sql" / "queries" / "held_series.sql").read_text("utf-8")
    with warehouse.connect("analyst", warehouse.process_name("list")) as connection:
        try:
            series = warehouse.query(connection, text)
        except UndefinedTable:
            mend = "`bullion load exchange`, then `bullion transform`"
            raise SetupError(f"nothing is built yet: {mend}") from None
    show(series, "held series", json=json)


@sql_app.command(
    context_settings={"ignore_unknown_options": True},
    epilog='Example: `bullion sql -c "select * from fct_candles limit 3" --csv`',
)
def sql(
    command: Annotated[
        str | None, typer.Option("-c", help="Run this, print the answer, end.")
    ] = None,
    *,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Open psql as analyst, on gold; read only."""
    raise typer.Exit(_psql(command, csv=csv))


def _psql(command: str | None, *, csv: bool) -> int:
    """Open psql, or run `command` in it; psql's exit code.

    Raises:
        SetupError: the warehouse is not there.
    """
    from pipelines import warehouse
    from pipelines.local.postgres_distribution import installed

    program = str(installed().program("psql"))
    # an operator's own psqlrc could add words to what a script reads
    words = ["--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-c", command] if command else []
    variables = {**warehouse.environment("analyst"), "PGOPTIONS": OPTIONS}
    return subprocess.run(
        [program, *(["--csv"] if csv else []), *words],
        env=child_environment(variables),
        check=False,
    ).returncode
