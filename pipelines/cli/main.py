"""`bullion`: the thin entry point. A command says what it does; others do it."""

from typing import Annotated, Literal

import typer

from pipelines import telemetry
from pipelines.cli.backfill import backfill_app
from pipelines.cli.collect import collect
from pipelines.cli.config.changes import config_app
from pipelines.cli.explain import explain
from pipelines.cli.load import load_app
from pipelines.cli.refusals import Commands
from pipelines.cli.sandbox import sandbox_app
from pipelines.cli.stream import stream_app
from pipelines.errors import SetupError
from pipelines.settings import PROJECT_DIR, export, settings
from pipelines.terminal.output import Json, Wait, out, say, show, told

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(load_app, name="load")
app.add_typer(backfill_app, name="backfill")
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(stream_app, name="stream")
app.add_typer(config_app, name="config")
app.command(epilog="Example: `bullion collect --every 60 --exchange kraken`")(collect)
app.command(epilog="Example: `bullion explain binance BTC/USDT 1m 2024-03-11T10:15`")(
    explain
)

Tests = Literal["none", "bounded", "all"]


@app.callback()
def main_options() -> None:
    """A crypto data warehouse in your own Postgres that can prove what it says."""
    export(telemetry.OFF)


@app.command(epilog="Example: `bullion up postgres`")
def up(
    services: Annotated[
        list[str] | None, typer.Argument(help="Only these; all by default.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Start the local stack, and bring roles, schemas and grants about."""
    from pipelines import bootstrap

    show(bootstrap.up(services or None, say), "local stack", json=json)


@app.command(epilog="Example: `bullion down --delete`")
def down(
    *,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete the data as well.")
    ] = False,
    json: Json = False,
) -> None:
    """Stop the local stack; its data stays."""
    from pipelines.local import stack

    show(stack.down(delete=delete, say=say), "local stack", json=json)


@app.command(epilog="Example: `bullion status --json`")
def status(*, json: Json = False) -> None:
    """What runs of the local stack, and where."""
    from pipelines.local import stack

    show(stack.status(), "local stack", json=json)


@app.command(epilog="Example: `bullion doctor`")
def doctor(*, json: Json = False) -> None:
    """Check everything; each failure says what it means and what mends it."""
    from pipelines.doctor.examination import examination

    found = examination()
    show(found, "checks", json=json)
    if not all(check.ok for check in found):
        raise typer.Exit(1)


@app.command(epilog="Example: `bullion transform --select fct_candles+`")
def transform(
    select: Annotated[
        list[str] | None, typer.Option(help="dbt's selection syntax.")
    ] = None,
    *,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build from nothing.")
    ] = False,
    drop_dependents: Annotated[
        bool,
        typer.Option(help="Let a full refresh drop relations that dbt does not own."),
    ] = False,
    tests: Annotated[
        Tests, typer.Option(help="bounded: those whose cost does not grow.")
    ] = "bounded",
    wait: Wait = 0,
    json: Json = False,
) -> None:
    """Build silver and gold from what was loaded."""
    from pipelines.terminal.progress import node_bar

    export(_quiet_prefect())
    from prefect_flows.dbt_run import arguments, run_dbt

    words = arguments(
        select=select or (),
        full_refresh=full_refresh,
        drop_dependents=drop_dependents,
        tests=tests,
    )
    with node_bar(told) as seen:
        facts = run_dbt(words, wait_s=wait, say=say, seen=seen)
    show([facts], "built", json=json)


@backfill_app.command(
    "replay",
    epilog="Example: `bullion backfill replay --symbol BTC/USDT --since 2024-01-01 "
    "--until 2024-02-01`",
)
def backfill_replay(
    since: Annotated[str, typer.Option(help="From, ISO UTC, included.")],
    until: Annotated[str, typer.Option(help="To, ISO UTC, excluded.")],
    symbol: Annotated[
        list[str] | None, typer.Option(help="As BTC/USDT; may be repeated.")
    ] = None,
    exchange: Annotated[
        list[str] | None, typer.Option(help="A venue; may be repeated.")
    ] = None,
    *,
    wait: Wait = 600,
    json: Json = False,
) -> None:
    """Build a span of silver and gold again from bronze; exit code 1: it changed."""
    from pipelines.backfill.replay import parse_scope, replay

    export(_quiet_prefect())
    from prefect_flows.dbt_run import arguments, run_dbt

    words = arguments(tests="none")
    scope = parse_scope(since, until, symbol, exchange)
    done = replay(scope, lambda: run_dbt(words, wait_s=wait, say=say), say=say)
    if json:
        show([done], "replayed", json=True)
    elif done.changed:
        show(done.changed, "changed", json=False)
    say(done.sentence)
    if done.changed:
        raise typer.Exit(1)


@app.command("list", epilog="Example: `bullion list --json`")
def list_series(*, json: Json = False) -> None:
    """Every series that is held: first, last, rows, completeness."""
    from psycopg.errors import UndefinedTable

    from pipelines import warehouse

    text = (PROJECT_DIR / "sql" / "queries" / "held_series.sql").read_text("utf-8")
    with warehouse.connect("analyst", warehouse.process_name("list")) as connection:
        try:
            held = warehouse.query(connection, text)
        except UndefinedTable:
            mend = "`bullion load exchange`, then `bullion transform`"
            raise SetupError(f"nothing is built yet: {mend}") from None
    show(held, "held series", json=json)


@app.command(
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
    from pipelines.cli.psql import run

    raise typer.Exit(run(command, csv=csv))


@app.command(epilog="Example: `bullion docs`")
def docs() -> None:
    """Write the dbt docs site of the warehouse, and say where it is."""
    export(_quiet_prefect())
    from prefect_flows.dbt_run import write_docs

    out.print(write_docs(), soft_wrap=True)


@app.command(
    epilog="Example: `bullion demo --live`; `make demo` and `make live` run it"
)
def demo(
    *,
    live: Annotated[
        bool, typer.Option("--live", help="The venues themselves, no sandbox.")
    ] = False,
) -> None:
    """Run the main job, from nothing to printed gold tables."""
    from pipelines import bootstrap
    from pipelines.local import stack

    bootstrap.up(["postgres"] if live else ["postgres", "sandbox"], say)
    if not live:
        export(stack.sandbox_urls())
    export(_quiet_prefect())
    from prefect_flows.demo import demo as run

    run(out, say)


def _quiet_prefect() -> dict[str, str]:
    """Prefect keeps its state with ours and logs what fails."""
    return {
        "PREFECT_HOME": str(settings().data_dir.absolute() / "prefect"),
        "PREFECT_LOGGING_LEVEL": "WARNING",
        # its own server was seen to take 14 to 20 s; by default it is given up after 20
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    }


def main() -> None:
    """Run a command."""
    app()
