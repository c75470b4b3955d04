"""`bullion backfill`: history, planned and loaded in chunks."""

from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.cli.transform import quiet_prefect
from pipelines.errors import SetupError
from pipelines.terminal.output import Json, Wait, say, show, told

backfill_app = typer.Typer(no_args_is_help=True, help="History, in chunks.")

Exchanges = Annotated[
    list[str] | None, typer.Option("--exchange", help="A venue; may be repeated.")
]
Symbols = Annotated[
    list[str] | None, typer.Option("--symbol", help="As BTC/USDT; may be repeated.")
]
Chains = Annotated[
    list[str] | None, typer.Option("--chain", help="As ethereum; may be repeated.")
]
First = Annotated[
    int | None, typer.Option("--from", help="Of a chain: from this block on.")
]
End = Annotated[
    int | None, typer.Option("--to", help="To this block, excluded; the head.")
]
Plans = Annotated[
    list[int] | None, typer.Argument(help="Plans by number; all by default.")
]
Parallel = Annotated[
    int, typer.Option(min=1, max=16, help="Chunks that run at the same time.")
]


@backfill_app.command(
    "plan",
    epilog="Example: `bullion backfill plan --exchange binance --symbol BTC/USDT "
    "--since 2021-01-01 --until 2024-01-01`\n\nExample: `bullion backfill plan "
    "--chain ethereum --from 17000000 --to 17100000`",
)
def backfill_plan(
    since: Annotated[
        str | None, typer.Option(help="From, ISO UTC, or so long ago: -P90D.")
    ] = None,
    exchange: Exchanges = None,
    symbol: Symbols = None,
    feed: Annotated[
        list[str] | None,
        typer.Option(help="candles (the default), trades, funding_rates; repeatable."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="To, ISO UTC, excluded; the venue's now.")
    ] = None,
    *,
    chain: Chains = None,
    first: First = None,
    end: End = None,
    parallel: Parallel = 2,
    json: Json = False,
) -> None:
    """Plan the load of a span, and print what it will take; fetches nothing.

    From the archive where it has it, from the venue's REST interface otherwise; blocks
    of a chain from its endpoints. What is held is not planned; planned again, the same
    plan is reused or widened.
    """
    from pipelines.backfill import display
    from pipelines.backfill.plan import plan
    from pipelines.backfill.plan_request import parse, parse_numbers
    from pipelines.config.rows import configuration
    from pipelines.sources.connectors import connected
    from pipelines.sources.origin import settle_origin

    config = configuration()
    if chain:
        wanted = parse_numbers(chain, (first, end), feed)
    else:
        wanted = parse(config, exchange, symbol, feeds=feed, since=since, until=until)
    settle_origin(say, loads=False)
    with connected(config) as connectors:
        plans = [plan(one, connectors, parallel=parallel) for one in wanted]
    show(plans if json else display.planned(plans), "planned", json=json)
    if not json:
        for note in display.notes(plans):
            say(note)
        ids = " ".join(str(one.plan_id) for one in plans if one.chunks_count)
        say(f"next: bullion backfill apply {ids}" if ids else "nothing is left to do")


@backfill_app.command(
    "apply", epilog="Example: `bullion backfill apply 1 --parallel 4`"
)
def backfill_apply(
    plan: Plans = None,
    *,
    parallel: Parallel = 2,
    json: Json = False,
) -> None:
    """Load what is left of plans, after live work and within the venues' limits.

    Killed or stopped, the same command continues from there; repeated, it does nothing.
    `bullion transform` builds what it loaded. Whether those answer that will be asked
    is looked at first: who does not is named, and its chunks stay planned.
    """
    from pipelines import warehouse
    from pipelines.backfill import ledger
    from pipelines.backfill.apply import apply
    from pipelines.backfill.asked import away
    from pipelines.cli.refusals import end_with
    from pipelines.config.rows import configuration
    from pipelines.sources.connectors import connected
    from pipelines.sources.origin import settle_origin
    from pipelines.terminal.progress import load_bar

    config = configuration()
    with warehouse.connect("loader", warehouse.process_name("backfill")) as connection:
        plans = ledger.plans(connection, plan or [])
        settle_origin(say)
        left_out = away(connection, plans, config, say)
    with load_bar(told) as progress, connected(config) as connectors:
        done = apply(
            connectors,
            plans,
            parallel=parallel,
            progress=progress,
            say=say,
            left_out=left_out,
        )
    facts = asdict(done)
    failures = facts.pop("failures")
    applied = facts | {"failed_count": len(failures)}
    failures = [*left_out.values(), *failures]
    end_with(failures, lambda: show([applied], "applied", json=json))


@backfill_app.command("status", epilog="Example: `bullion backfill status 1 --chunks`")
def backfill_status(
    plan: Plans = None,
    *,
    chain: Chains = None,
    chunks: Annotated[bool, typer.Option(help="Every chunk of them.")] = False,
    json: Json = False,
) -> None:
    """How far plans are, and what they loaded."""
    from pipelines import warehouse
    from pipelines.backfill import display, ledger, status

    with warehouse.connect("loader", warehouse.process_name("backfill")) as connection:
        known = ledger.plans(connection, plan or [])
        ids = [one.plan_id for one in known if not chain or one.scope in chain]
        find = status.chunks if chunks else status.plans
        rows = find(connection, ids) if ids else []
    shown = rows if json else (display.chunks if chunks else display.plans)(rows)
    show(shown, "chunks" if chunks else "plans", json=json)


@backfill_app.command(
    "replay",
    epilog="Example: `bullion backfill replay --symbol BTC/USDT --since 2024-01-01 "
    "--until 2024-02-01`\n\nExample: `bullion backfill replay --chain ethereum --from "
    "17000000 --to 17001000`",
)
def backfill_replay(
    since: Annotated[str | None, typer.Option(help="From, ISO UTC, included.")] = None,
    until: Annotated[str | None, typer.Option(help="To, ISO UTC, excluded.")] = None,
    symbol: Symbols = None,
    exchange: Exchanges = None,
    *,
    chain: Chains = None,
    first: First = None,
    end: End = None,
    wait: Wait = 600,
    json: Json = False,
) -> None:
    """Build a span of silver and gold again from bronze; exit code 1: it changed."""
    from pipelines.backfill.replay import parse_numbers, parse_scope, replay
    from pipelines.settings import export

    export(quiet_prefect())
    from prefect_flows.dbt_run import arguments, run_dbt

    words = arguments(tests="none")
    if chain and not (since or until or symbol or exchange):
        scope = parse_numbers(chain, first, end)
    elif since and until and not chain:
        scope = parse_scope(since, until, symbol, exchange)
    else:
        raise SetupError("a replay is of --since and --until, or of --chain")
    done = replay(scope, lambda: run_dbt(words, wait_s=wait, say=say), say=say)
    if json:
        show([done], "replayed", json=True)
    elif done.changed:
        show(done.changed, "changed", json=False)
    say(done.sentence)
    if done.changed:
        raise typer.Exit(1)
