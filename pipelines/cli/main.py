"""`bullion`: the thin entry point. A command says what it does; others do it."""

import os
import sys
from typing import Annotated

import typer

from pipelines.cli.backfill import backfill_app
from pipelines.cli.collect import collect
from pipelines.cli.config import config_app
from pipelines.cli.explain import explain
from pipelines.cli.load import EPILOG, load
from pipelines.cli.refusals import INTERRUPTED, Commands
from pipelines.cli.sandbox import sandbox_app
from pipelines.cli.schedule import schedule_app
from pipelines.cli.score import EPILOG as SCORE_EPILOG
from pipelines.cli.score import score
from pipelines.cli.show import show_page
from pipelines.cli.sql import sql_app
from pipelines.cli.stack import stack_app
from pipelines.cli.stream import stream_app
from pipelines.cli.transform import quiet_prefect, transform_app
from pipelines.cli.verify import verify_app
from pipelines.terminal.output import out, say, tell_retries

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for flat in (stack_app, transform_app, sql_app):
    app.add_typer(flat)
app.command(epilog=EPILOG, no_args_is_help=True)(load)
app.add_typer(backfill_app, name="backfill")
app.add_typer(verify_app, name="verify")
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(schedule_app, name="schedule")
app.add_typer(stream_app, name="stream")
app.add_typer(config_app, name="config")
app.command("show", epilog="Example: `bullion show`")(show_page)
app.command(epilog="Example: `bullion collect --every 60 --exchange kraken`")(collect)
app.command(epilog=SCORE_EPILOG, no_args_is_help=True)(score)
app.command(epilog="Example: `bullion explain binance BTC/USDT 1m 2024-03-11T10:15`")(
    explain
)


def _version(asked: bool) -> None:  # noqa: FBT001  # typer's callback
    if asked:
        from importlib.metadata import version

        typer.echo(f"bullion {version('bullion')}")
        raise typer.Exit


@app.callback()
def main_options(
    *,
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """A crypto data warehouse in your own Postgres that can prove what it says."""
    from pipelines import telemetry
    from pipelines.settings import export

    export(telemetry.OFF)
    tell_retries()


@app.command(
    epilog="Example: `bullion demo --live`; `make demo` and `make live` run it"
)
def demo(
    *,
    live: Annotated[
        bool, typer.Option("--live", help="The venues themselves, no sandbox.")
    ] = False,
) -> None:
    """Run the main job, from nothing to printed gold tables.

    It ends with addresses for a browser: pictures, the docs site, the run in Prefect,
    whose server stays up until `bullion down`.
    """
    from pipelines import bootstrap
    from pipelines.local import stack
    from pipelines.local.prefect_services import PrefectServer
    from pipelines.settings import export, upstream_url
    from pipelines.sources.origin import settle_origin

    bootstrap.up(["postgres"] if live else ["postgres", "sandbox"], say)
    if not live:
        export(stack.sandbox_urls())
    settle_origin(say)
    from prefect_flows.demo_loads import demo_loads

    loads = demo_loads(say)
    if not upstream_url("PREFECT_API_URL"):  # flows would start a server of their own
        stack.up([PrefectServer.name], say)
    export(quiet_prefect())
    from prefect_flows.demo import demo as run

    run(loads, out, say)


def main() -> None:
    """Run a command; who stops it by Ctrl-C waits for no thread of it.

    Such a thread may wait a minute for an upstream, and what it would bring is of no
    load any more.
    """
    try:
        app()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            sys.stdout.flush()
            os._exit(INTERRUPTED)
        raise
