"""`bullion schedule up|status|down|deploy`: flows by the clock, and Prefect's pages."""

from typing import Annotated

import typer

from pipelines.terminal.output import Json, say, show

NAMES = ("prefect-server", "prefect-worker")
NOWHERE = "http://127.0.0.1:4200"  # where Prefect's own commands start a server

schedule_app = typer.Typer(
    help="Flows by the clock: Prefect's server and a worker on this machine.",
    no_args_is_help=True,
)


@schedule_app.command("up", epilog="Example: `bullion schedule up --only-server`")
def schedule_up(
    *,
    only_server: Annotated[
        bool, typer.Option("--only-server", help="To look at runs: none is started.")
    ] = False,
    json: Json = False,
) -> None:
    """Start Prefect's server on 127.0.0.1, deploy every flow, and start a worker.

    What prefect_flows/prefect.yaml schedules runs from then on, with the settings of
    this command. The server shows the runs of `bullion demo`, too.
    """
    from pipelines import bootstrap
    from pipelines.local import stack
    from pipelines.local.prefect_services import PrefectServer
    from pipelines.sources.origin import settle_origin
    from prefect_flows.deploying import deploy

    if not only_server:
        bootstrap.up(["postgres"], say)
        settle_origin(say, loads=False)
    statuses = stack.up(NAMES[:1], say)
    server = PrefectServer.from_settings()
    if not only_server:
        deploy(f"{server.address}/api", server.environment(), say)
        statuses += stack.up(NAMES[1:], say)
        if not all(one.is_ready for one in stack.status(["kafka", "debezium"])):
            say("config-stream and stream-check fail until `bullion up kafka debezium`")
    show(statuses, "schedule", json=json)
    say(f"its pages: {server.address}")


@schedule_app.command("status", epilog="Example: `bullion schedule status --json`")
def schedule_status(*, json: Json = False) -> None:
    """What runs of them, and where."""
    from pipelines.local import stack

    show(stack.status(NAMES), "schedule", json=json)


@schedule_app.command("down", epilog="Example: `bullion schedule down`")
def schedule_down(*, json: Json = False) -> None:
    """Stop the worker and the server; the history of runs stays."""
    from pipelines.local import stack

    show(stack.down(NAMES, say=say), "schedule", json=json)


@schedule_app.command("deploy", epilog="Example: `bullion schedule deploy`")
def schedule_deploy() -> None:
    """Deploy every flow to the server that PREFECT_API_URL names, or to ours.

    A worker of the pool `bullion`, where Bullion is installed, runs them:
    `prefect worker start --pool bullion`.
    """
    from pipelines.local.prefect_services import PrefectServer
    from pipelines.settings import child_environment, upstream_url
    from prefect_flows.deploying import deploy

    server = PrefectServer.from_settings()
    if given := upstream_url("PREFECT_API_URL"):
        deploy(given, child_environment(), say)
    else:
        deploy(f"{server.address or NOWHERE}/api", server.environment(), say)
