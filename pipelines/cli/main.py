"""`bullion`: the thin entry point. A command says what it does; others do it."""

from typing import Annotated

import typer

from pipelines import telemetry
from pipelines.cli.backfill import backfill_app
from pipelines.cli.collect import collect
from pipelines.cli.config import config_app
from pipelines.cli.explain import explain
from pipelines.cli.load import EPILOG, load
from pipelines.cli.refusals import Commands
from pipelines.cli.sandbox import sandbox_app
from pipelines.cli.sql import sql_app
from pipelines.cli.stack import stack_app
from pipelines.cli.stream import stream_app
from pipelines.cli.transform import quiet_prefect, transform_app
from pipelines.cli.verify import verify_app
from pipelines.settings import export
from pipelines.terminal.output import out, say

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
app.add_typer(stream_app, name="stream")
app.add_typer(config_app, name="config")
app.command(epilog="Example: `bullion collect --every 60 --exchange kraken`")(collect)
app.command(epilog="Example: `bullion explain binance BTC/USDT 1m 2024-03-11T10:15`")(
    explain
)


@app.callback()
def main_options() -> None:
    """A crypto data warehouse in your own Postgres that can prove what it says."""
    export(telemetry.OFF)


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
    export(quiet_prefect())
    from prefect_flows.demo import demo as run

    run(out, say)


def main() -> None:
    """Run a command."""
    app()
