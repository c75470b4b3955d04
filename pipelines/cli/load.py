"""`bullion load`: a source into bronze."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.refusals import end_with
from pipelines.config.model import Priority, parse_time
from pipelines.errors import SetupError
from pipelines.terminal.output import Json, Wait, say, show, told

if TYPE_CHECKING:  # which a command that loads nothing does not wait for
    from pipelines.bronze.load import LoadFacts
    from pipelines.upstream.options import LoadOptions
    from pipelines.upstream.source_spec import SourceSpec

EPILOG = """Example: `bullion load exchange --exchange kraken --symbol BTC/USD
--since 2024-01-01 --until 2024-01-02`

Example: `bullion load archive --symbol BTC/USDT --feed klines --since 2023-01-01
--until 2024-01-01`

Example: `bullion load archive --feed symbols`

Example: `bullion load evm --chain ethereum --from 17000000 --to 17000010`

Example: `bullion load evm --feed contract_reads`

Example: `bullion load sentiment --recordings recorded --now 2026-11-28T12:00Z`"""


def load(
    source: Annotated[
        str,
        typer.Argument(
            help="exchange: by REST; archive: verified bulk files; evm: chains' blocks;"
            " sentiment: what people say, or one of its sources, as reddit."
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
            " funding_rates; archive: klines (the default), agg_trades, trades,"
            " funding_rates, metrics, symbols and more (README.md); evm: blocks (the"
            " default) or contract_reads; may be repeated."
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
    only: Annotated[
        list[str] | None,
        typer.Option("--source", help="sentiment: as github; may be repeated."),
    ] = None,
    recordings: Annotated[
        Path | None,
        typer.Option(help="sentiment: a folder of recorded bodies, by source."),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(help="reddit: posts and comments, newline JSON as FILE.zst."),
    ] = None,
    now: Annotated[
        str | None, typer.Option(help="When undated recordings were fetched, ISO UTC.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="archive: read every checksum again.")
    ] = False,
    wait: Wait = 0,
    json: Json = False,
) -> None:
    """Load a source into bronze: what is configured, or what is named here.

    Whether those answer that will be asked is looked at first: who does not is named
    and left out.

    *exchange*: listings, candles, trades, funding rates. A span that was answered for
    before is not asked for again, but for the newest candles, which a second reading
    confirms. What changes of the configuration holds from the next request on, and a
    series that is taken out ends.

    *archive*: yesterday's files, or those of a span: whole months by the month, other
    days by the day. A file is loaded once, and again beside it when it was published
    anew. One that is refused is named; the others go on. With --feed symbols: the first
    and the last file of every symbol, delisted ones too, by three requests a symbol.

    *evm*: whole blocks of chains, each with what is proved of it: what is new, or a
    span by number. What gave way to other blocks behind the head is read again. With
    --feed contract_reads: symbol, name and decimals of tokens whose transfers were
    loaded, each once.

    *sentiment*: indexes, news, posts, repositories and coins of all sources that are
    on, or those that --source names. --recordings DIR asks nobody, and loads
    DIR/SOURCE/NNN.json or .xml, with NNN.meta.json beside it (docs/sentiment.md).
    """
    from pipelines.sources.origin import settle_origin
    from pipelines.upstream.options import LoadOptions

    _check_options(source, exchange, (first, end, chain), priority)
    if verify and not _is_of(source, lambda spec: spec.archive):
        raise SetupError(f"--verify: {source} has no files")
    if archive and source != "reddit":
        raise SetupError("--archive: of reddit alone")
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
    options = replace(options, recordings=recordings, archive=archive, now=_time(now))
    if not (recordings or archive):
        settle_origin(say)
    names = _named(source, only)
    if recordings:
        _check_recordings(recordings, source)
    loads_of, absent = _answering(names, options)
    loads, failures = _loaded(loads_of, wait)
    loads += _scored(names)  # also what a load that was killed left unscored
    end_with([*absent, *failures], lambda: show(loads, "loaded", json=json))


def _answering(
    names: Sequence[str], options: "LoadOptions"
) -> tuple[Mapping[str, "LoadOptions"], Sequence[Exception]]:
    """What is loaded of each source that is on, or recorded; who does not answer.

    Raises:
        UpstreamError: nobody does.
    """
    from pipelines.config.rows import configuration
    from pipelines.sources import source_spec
    from pipelines.sources.preflight import preflight

    if options.recordings or options.archive:
        return dict.fromkeys(names, options), ()
    off = {name: source_spec(name).off() for name in names}
    for name, why in off.items():
        if why:
            say(f"{name} is {why}")
    asked = [name for name in names if not off[name]]
    found = preflight(dict.fromkeys(asked, options), configuration())
    for failure in found.failures:
        say(f"left out: {failure}")
    return found.loads, found.failures


def _loaded(
    loads_of: Mapping[str, "LoadOptions"], wait_s: float
) -> tuple[list["LoadFacts"], list[Exception]]:
    """Load each source; what came of it."""
    from pipelines.collector.load_once import load_once
    from pipelines.sources import source_spec
    from pipelines.terminal.progress import load_bar

    loads: list[LoadFacts] = []
    failures: list[Exception] = []
    for name, options in loads_of.items():
        with load_bar(told, source_spec(name).numbered) as progress:
            brought, facts = load_once(
                name, options, wait_s=wait_s, say=say, progress=progress
            )
        loads += [facts] if facts else []
        failures += brought.failures
    return loads, failures


def _scored(names: Sequence[str]) -> list["LoadFacts"]:
    """What became of the texts that sources of sentiment brought."""
    from pipelines.sources import members

    if not {*names} & {*members("sentiment")}:
        return []
    from pipelines.sources.sentiment.texts import score_items

    return score_items(names)


def _check_recordings(folder: Path, source: str) -> None:
    """A folder of recordings that no source reads is no silent nothing."""
    from pipelines.sources import loaded, members

    if not folder.is_dir():
        raise SetupError(f"--recordings: {folder} is no folder")
    spec = loaded().get(source)
    known = members((spec and spec.group) or source)
    folders = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if unknown := [name for name in folders if name not in known]:
        raise SetupError(
            f"--recordings: {unknown[0]} is no source; known: {', '.join(known)}"
        )


def _is_of(source: str, has: "Callable[[SourceSpec], object]") -> bool:
    """Whether the source has this; of one that is none nothing is said here."""
    from pipelines.sources import loaded

    spec = loaded().get(source)
    return spec is None or bool(has(spec))


def _check_options(
    source: str,
    exchange: Sequence[str] | None,
    numbers: tuple[int | None, int | None, Sequence[str] | None],
    priority: Priority | None,
) -> None:
    from pipelines.sources import loaded

    spec = loaded().get(source)
    if spec and not spec.numbered and numbers != (None, None, None):
        raise SetupError(f"--chain, --from, --to: {source} has no blocks")
    if spec and spec.numbered and exchange:
        raise SetupError(f"--exchange: {source} has none; name one by --chain")
    if priority and not _is_of(source, lambda spec: spec.connector):
        raise SetupError(f"--priority: {source} has no request budget")


def _time(text: str | None) -> datetime | None:
    try:
        return parse_time(text) if text else None
    except ValueError as error:
        raise SetupError(f"--now: {error}") from None


def _named(source: str, only: Sequence[str] | None) -> Sequence[str]:
    """The sources of this name, or those of them that are wanted alone."""
    from pipelines.sources import members

    names = members(source)
    unknown = [name for name in only or () if name not in names]
    if unknown:
        raise SetupError(f"--source: unknown {unknown[0]}; known: {', '.join(names)}")
    return [name for name in names if not only or name in only]
