"""`bullion collect`: keeps loading what is configured."""

from json import dumps
from typing import Annotated, Any

import typer

from pipelines.terminal.output import Json, say, show


def collect(
    exchange: Annotated[
        list[str] | None, typer.Option(help="A venue; may be repeated; all by default.")
    ] = None,
    chain: Annotated[
        list[str] | None, typer.Option(help="A chain; may be repeated; all by default.")
    ] = None,
    *,
    every: Annotated[
        float,
        typer.Option(
            min=1, help="Seconds between a venue's live loads, at most its block time."
        ),
    ] = 60,
    after: Annotated[
        float, typer.Option(min=0, help="Seconds past the round instant: 12:01:02.")
    ] = 2,
    json: Json = False,
) -> None:
    """Keep loading all that is configured, live and its history, until Ctrl-C.

    A venue is asked for what is new every minute, a chain as often as it has a block.
    Changes of the configuration are taken up while it runs: a new series is loaded at
    once, and its history planned and loaded in the background; one that is taken out
    ends after its page. Who does not answer is named first, and asked until it does.
    With --json a line is printed for each load. Ctrl-C and SIGTERM end it after the
    current pages.
    """
    from pipelines.collector.collect import Collected, CollectOptions
    from pipelines.collector.collect import collect as run
    from pipelines.collector.targets import absent_of
    from pipelines.sources.connectors import Chosen
    from pipelines.sources.origin import settle_origin
    from pipelines.upstream.stopping import stopped_by_signals

    def report(load: dict[str, Any]) -> None:
        if json:
            typer.echo(dumps(load, default=str))
        else:
            say(_line(load))

    chosen = Chosen([*(exchange or ()), *(chain or ())])
    options = CollectOptions(chosen, every, after)
    settle_origin(say)
    for failure in absent_of(chosen):
        say(f"{failure}; asked again until it answers")
    with stopped_by_signals() as stop:
        done = run(stop, options, Collected(say=say, report=report))
    counts = {
        "loads_count": done.loads_count,
        "rows_count": done.rows_count,
        "failures_count": done.failures_count,
        "configurations_count": done.configurations_count,
    }
    if not json:
        show([counts], "collected", json=False)


def _line(load: dict[str, Any]) -> str:
    facts = {name: load[name] for name in load if name not in ("series", "failed")}
    counts = " ".join(f"{name}={value}" for name, value in facts.items())
    failed = f" failed={len(load['failed'])}" if load["failed"] else ""
    first, *others = load["series"]
    series = f"{first} and {len(others)} others" if others else first
    return f"live {series} {counts}{failed}"
