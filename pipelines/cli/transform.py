"""`bullion transform|docs`: silver and gold built, and their documentation."""

from typing import Annotated, Literal

import typer

from pipelines.errors import SetupError
from pipelines.terminal.output import Json, Wait, out, say, show, told

transform_app = typer.Typer()

Tests = Literal["none", "bounded", "all"]


@transform_app.command(epilog="Example: `bullion transform --select fct_candles+`")
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
    follows: Annotated[
        bool,
        typer.Option("--follow", help="Build whatever is loaded, until Ctrl-C."),
    ] = False,
    wait: Wait = 0,
    json: Json = False,
) -> None:
    """Build silver and gold from what was loaded.

    With --follow it goes on: whenever a load has ended, what it changed is built, and
    a line says so. Ctrl-C and SIGTERM end it after the build under way.
    """
    from pipelines.settings import export
    from pipelines.terminal.progress import node_bar

    if follows and (select or full_refresh or drop_dependents):
        raise SetupError("--follow: builds what waits, without another option of what")
    export(quiet_prefect())
    if follows:
        follow_loads(tests, json=json)
        return
    from prefect_flows.dbt_run import arguments, run_dbt

    words = arguments(
        select=select or (),
        full_refresh=full_refresh,
        drop_dependents=drop_dependents,
        tests=tests,
    )
    with node_bar(told) as progress:
        facts = run_dbt(words, wait_s=wait, say=say, seen=progress)
    show([facts], "built", json=json)


def follow_loads(tests: Tests, *, json: bool) -> None:
    """Build what is loaded until a signal comes; a line for each build."""
    from dataclasses import asdict
    from json import dumps

    from pipelines.upstream.stopping import stopped_by_signals
    from prefect_flows.dbt_run import TransformFacts
    from prefect_flows.following import follow

    def built(facts: TransformFacts) -> None:
        if json:
            typer.echo(dumps(asdict(facts)))
        else:
            say(f"built {facts.nodes_count} nodes in {facts.seconds:.1f} s")

    with stopped_by_signals() as stop:
        follow(stop, tests, built, say)


@transform_app.command(epilog="Example: `bullion docs`")
def docs() -> None:
    """Write the dbt docs site of the warehouse, and say where it is."""
    from pipelines.settings import export

    export(quiet_prefect())
    from prefect_flows.dbt_run import write_docs

    out.print(write_docs().as_uri(), soft_wrap=True)


def quiet_prefect() -> dict[str, str]:
    """Prefect keeps its state with ours and logs what fails."""
    from pipelines.local.prefect_services import api_of_ours
    from pipelines.settings import settings

    own = api_of_ours()  # beside it a second server would write the same file
    return {
        **({"PREFECT_API_URL": own} if own else {}),
        "PREFECT_HOME": str(settings().folder("prefect")),
        "PREFECT_LOGGING_LEVEL": "WARNING",
        # its own server was seen to take 14 to 20 s; by default it is given up after 20
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    }
