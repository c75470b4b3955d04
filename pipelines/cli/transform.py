"""`bullion transform|docs`: silver and gold built, and their documentation."""

from typing import Annotated, Literal

import typer

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
    wait: Wait = 0,
    json: Json = False,
) -> None:
    """Build silver and gold from what was loaded."""
    from pipelines.settings import export
    from pipelines.terminal.progress import node_bar

    export(quiet_prefect())
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
