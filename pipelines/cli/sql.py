"""`bullion sql|list|url`: gold, as analyst: psql, what it holds, where clients go."""

import subprocess
from typing import Annotated, Literal

import typer

from pipelines.errors import BullionError, SetupError, UpstreamError
from pipelines.terminal import report
from pipelines.terminal.output import Json, show

sql_app = typer.Typer()

NO_SERVER = 2  # psql's exit code


@sql_app.command("list", epilog="Example: `bullion list --json`")
def list_series(*, json: Json = False) -> None:
    """Every series that is held: first, last, rows, completeness."""
    from psycopg.errors import UndefinedTable

    from pipelines import warehouse
    from pipelines.settings import PROJECT_DIR

    text = (PROJECT_DIR / "sql" / "queries" / "held_series.sql").read_text("utf-8")
    with warehouse.connect("analyst", warehouse.process_name("list")) as connection:
        try:
            series = warehouse.query(connection, text)
        except UndefinedTable:
            mend = "`bullion load exchange`, then `bullion transform`"
            raise SetupError(f"nothing is built yet: {mend}") from None
    show(series, "held series", json=json)


@sql_app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog='Example: `bullion sql -c "select * from fct_candles limit 3" --csv`',
)
def sql(
    context: typer.Context,
    command: Annotated[
        list[str] | None,
        typer.Option("-c", help="Run this, print the answer, end; may be repeated."),
    ] = None,
    *,
    csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV, numbers without padding zeros.")
    ] = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="--csv: every digit that Postgres prints.")
    ] = False,
) -> None:
    """Open psql as analyst, on gold; read only.

    Every other option is psql's own: `bullion sql -x`, `bullion sql -f FILE -v n=3`.
    """
    commands = command or []
    if csv and commands and not exact and not context.args:
        _print_csv(commands)
        return
    words = [*(["--csv"] if csv else []), *context.args]
    exit_code = _psql(commands, words)
    raise typer.Exit(UpstreamError.exit_code if exit_code == NO_SERVER else exit_code)


@sql_app.command("url", epilog='Example: `psql "$(bullion url --form libpq)"`')
def url(
    *,
    role: Annotated[
        Literal["analyst", "operator", "loader", "transformer"],
        typer.Option(help="What it may do: analyst reads gold."),
    ] = "analyst",
    form: Annotated[
        Literal["libpq", "sqlalchemy", "jdbc"] | None,
        typer.Option(help="This address alone, for a command line."),
    ] = None,
    json: Json = False,
) -> None:
    """Print the addresses by which clients reach the warehouse, with the password.

    libpq's for psql, psycopg, DuckDB, polars; SQLAlchemy's for pandas; JDBC's for
    DBeaver. An analyst's sessions are read only, with gold on the search path.
    """
    from pipelines import warehouse

    addresses = warehouse.addresses(role)
    if form:
        typer.echo(addresses[form])
    elif json:
        typer.echo(report.as_json([addresses]))
    else:
        typer.echo("\n".join(addresses.values()))


def _print_csv(commands: list[str]) -> None:
    """Print every answer as psql's `--csv` does, but for zeros that pad a number.

    Raises:
        BullionError: Postgres refuses one.
    """
    import psycopg

    from pipelines import warehouse

    known = warehouse.parameters("analyst", warehouse.process_name("sql"))
    known["options"] = warehouse.READER_OPTIONS
    with psycopg.connect(**known, autocommit=True) as connection:
        for command in commands:
            try:
                cursor = connection.execute(command.encode())
            except psycopg.OperationalError:
                raise
            except psycopg.Error as error:
                raise BullionError(str(error)) from None
            while True:
                report.write_csv(cursor.pgresult)
                if not cursor.nextset():
                    break


def _psql(commands: list[str], words: list[str]) -> int:
    """Open psql with options, or run `commands` in it; psql's exit code.

    Raises:
        SetupError: the warehouse is not there.
    """
    from pipelines import warehouse
    from pipelines.local.postgres_distribution import installed
    from pipelines.settings import child_environment

    program = str(installed().program("psql"))
    # an operator's own psqlrc could add words to what a script reads
    script = ["--no-psqlrc", "-v", "ON_ERROR_STOP=1"] if commands else []
    asked = [word for command in commands for word in ("-c", command)]
    variables = {
        **warehouse.environment("analyst"),
        "PGOPTIONS": warehouse.READER_OPTIONS,
    }
    return subprocess.run(
        [program, *words, *script, *asked],
        env=child_environment(variables),
        check=False,
    ).returncode
