"""`bullion load`: a source into bronze."""

from typing import Annotated

import typer

from pipelines.cli.refusals import exit_code_of
from pipelines.config.model import Priority
from pipelines.errors import SetupError
from pipelines.terminal.output import Json, Wait, say, show, told

EPILOG = """Example: `bullion load exchange --exchange kraken --symbol BTC/USD
--since 2024-01-01 --until 2024-01-02`

Example: `bullion load archive --symbol BTC/USDT --feed klines --since 2023-01-01
--until 2024-01-01`

Example: `bullion load evm --chain ethereum --from 17000000 --to 17000010`

Example: `bullion load evm --feed contract_reads`"""


def load(
    source: Annotated[
        str,
        typer.Argument(
            help="exchange: by REST; archive: verified bulk files; evm: chains' blocks."
        ),
    ],
    exchange: Annotated[
        list[str] | None, typer.Option(help="A venue; may be repeated.")
    ] = None,
    symbol: Annotated[
        list[str] | None,
        typer.Option(help="As BTC/USDT, BTC/USDT:USDT, BTC/USD:BTC; may be repeated."),
    ] = None,
    chain: Annotated[
        list[str] | None, typer.Option(help="evm: as ethereum; may be repeated.")
    ] = None,
    feed: Annotated[
        list[str] | None,
        typer.Option(
            help="exchange: candles (the default of a named symbol), trades or"
            " funding_rates; archive: klines (the default), agg_trades, trades or"
            " funding_rates; evm: blocks (the default) or contract_reads; may be"
            " repeated."
        ),
    ] = None,
    *,
    since: Annotated[
        str | None, typer.Option(help="From, ISO UTC, or so long ago: -P1D.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="To, ISO UTC, excluded.")] = None,
    first: Annotated[
        int | None, typer.Option("--from", help="evm: from this block on.")
    ] = None,
    end: Annotated[
        int | None, typer.Option("--to", help="evm: to this block, excluded.")
    ] = None,
    priority: Annotated[
        Priority | None,
        typer.Option(help="exchange, evm: in the upstream's request budget."),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="archive: read every checksum again.")
    ] = False,
    wait: Wait = 0,
    json: Json = False,
) -> None:
    """Load a source into bronze: what is configured, or what is named here.

    *exchange*: listings, candles, trades, funding rates. A span that was answered for
    before is not asked for again, but for the newest candles, which a second reading
    confirms. What changes of the configuration holds from the next request on, and a
    series that is taken out ends.

    *archive*: yesterday's files, or those of a span: whole months by the month, other
    days by the day. A file is loaded once, and again beside it when it was published
    anew. One that is refused is named; the others go on.

    *evm*: whole blocks of chains, each with what is proved of it: what is new, or a
    span by number. What gave way to other blocks behind the head is read again. With
    --feed contract_reads: symbol, name and decimals of tokens whose transfers were
    loaded, each once.
    """
    from pipelines.collector.load_once import load_once
    from pipelines.sources import loaded
    from pipelines.terminal.progress import load_bar
    from pipelines.upstream.options import LoadOptions

    spec = loaded().get(source)
    numbered = spec.numbered if spec else ""
    if spec and not numbered and (first, end, chain) != (None, None, None):
        raise SetupError(f"--chain, --from, --to: {source} has no blocks")
    if numbered and exchange:
        raise SetupError(f"--exchange: {source} has none; name one by --chain")
    if priority and spec and not spec.connector:
        raise SetupError(f"--priority: {source} has no request budget")
    if verify and spec and not spec.archive:
        raise SetupError(f"--verify: {source} has no files")
    options = LoadOptions.parse(
        chain or exchange,
        symbol,
        since,
        until,
        numbers=(first, end),
        feeds=feed,
        priority=priority,
        again=verify,
    )
    with load_bar(told, numbered) as progress:
        brought, facts = load_once(
            source, options, wait_s=wait, say=say, progress=progress
        )
    show([facts] if facts else [], "loaded", json=json)
    for failure in brought.failures:
        say(f"failed: {failure}")
    if brought.failures:
        raise typer.Exit(exit_code_of(brought.failures))
