"""`bullion load`: a source into bronze."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.refusals import exit_code_of
from pipelines.config.model import Priority
from pipelines.terminal.output import Json, Wait, say, show, told

if TYPE_CHECKING:  # dlt and polars take two seconds to import
    from pipelines.bronze.delivery import Source
    from pipelines.bronze.load import LoadFacts

load_app = typer.Typer(no_args_is_help=True, help="Load a source into bronze.")


@load_app.command(
    "exchange",
    epilog="Example: `bullion load exchange --exchange kraken --symbol BTC/USD "
    "--since 2024-01-01 --until 2024-01-02`",
)
def load_exchange(
    exchange: Annotated[
        list[str] | None, typer.Option(help="A venue; may be repeated.")
    ] = None,
    symbol: Annotated[
        list[str] | None, typer.Option(help="As BTC/USDT; may be repeated.")
    ] = None,
    feed: Annotated[
        list[str] | None,
        typer.Option(
            help="candles (the default of a named symbol), trades or funding_rates;"
            " may be repeated."
        ),
    ] = None,
    since: Annotated[str | None, typer.Option(help="From, ISO UTC, included.")] = None,
    until: Annotated[str | None, typer.Option(help="To, ISO UTC, excluded.")] = None,
    *,
    priority: Annotated[
        Priority | None, typer.Option(help="In the venue's request budget.")
    ] = None,
    wait: Wait = 0,
    json: Json = False,
) -> None:
    """Load listings, 1m candles, trades: what is configured, or what is named here.

    A span that was answered for before is not asked for again, but for the newest
    candles, which a second reading confirms. What changes of the configuration holds
    from the next request on, and a series that is taken out ends. Of a futures
    contract (BTC/USDT:USDT) the listing alone is to be had here.
    """
    from pipelines.collector.load_once import load_exchange as load
    from pipelines.sources.exchange.choices import ExchangeOptions
    from pipelines.terminal.progress import load_bar

    options = ExchangeOptions.parse(
        exchange, symbol, since, until, priority, feeds=feed
    )
    with load_bar(told) as progress:
        source, facts = load(options, wait_s=wait, say=say, progress=progress)
    _end(source, facts, json=json)


@load_app.command(
    "archive",
    epilog="Example: `bullion load archive --exchange binance --symbol BTC/USDT "
    "--feed klines --since 2023-01-01 --until 2024-01-01`",
)
def load_archive(
    exchange: Annotated[
        list[str] | None, typer.Option(help="Whose archive; may be repeated.")
    ] = None,
    symbol: Annotated[
        list[str] | None,
        typer.Option(help="As BTC/USDT, BTC/USDT:USDT, BTC/USD:BTC; may be repeated."),
    ] = None,
    feed: Annotated[
        list[str] | None,
        typer.Option(
            help="klines (the default), agg_trades, trades or funding_rates;"
            " may be repeated."
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="From, ISO UTC; yesterday by default.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="To, ISO UTC, excluded.")] = None,
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every checksum again.")
    ] = False,
    wait: Wait = 0,
    json: Json = False,
) -> None:
    """Load verified bulk files: whole months by the month, other days by the day.

    A file is loaded once, and again beside it when it was published anew. One that is
    refused is named; the others go on.
    """
    from pipelines.config.rows import configuration
    from pipelines.sources.archive import ArchiveOptions, ArchiveSource
    from pipelines.sources.load import load
    from pipelines.terminal.progress import load_bar

    options = ArchiveOptions.parse(exchange, symbol, feed, since, until, verify=verify)
    with load_bar(told) as progress:
        source = ArchiveSource(configuration(), options, progress=progress)
        facts = load(source, wait_s=wait, say=say)
    _end(source, facts, json=json)


def _end(source: "Source", facts: "LoadFacts | None", *, json: bool) -> None:
    """Show what was loaded, and end with what failed."""
    show([facts] if facts else [], "loaded", json=json)
    for failure in source.failures:
        say(f"failed: {failure}")
    if source.failures:
        raise typer.Exit(exit_code_of(source.failures))
