"""`bullion up|down|status|doctor`: the local stack, and what is wrong with it."""

from typing import Annotated

import typer

from pipelines.terminal.output import Json, say, show

stack_app = typer.Typer()


@stack_app.command(epilog="Example: `bullion up postgres`")
def up(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            help="postgres, sandbox, kafka, debezium, prefect-server, prefect-worker;"
            " the first two by default."
        ),
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Start the local stack, and make roles, schemas and grants.

    Postgres and the simulated upstreams by default. Kafka and Debezium Server, which
    changes of the configuration go through, start by name, as their first start
    downloads 750 MB.
    """
    from pipelines import bootstrap

    show(bootstrap.up(services or None, say), "local stack", json=json)


@stack_app.command(epilog="Example: `bullion down --delete`")
def down(
    *,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete the data as well.")
    ] = False,
    json: Json = False,
) -> None:
    """Stop the local stack; its data stays."""
    from pipelines.local import stack

    show(stack.down(delete=delete, say=say), "local stack", json=json)


@stack_app.command(epilog="Example: `bullion status --json`")
def status(*, json: Json = False) -> None:
    """What runs of the local stack, and where."""
    from pipelines.local import place, stack

    show(stack.status(), "local stack", json=json)
    home = place.data_dir()
    if outside := place.recorded(home):
        say(place.moved(home, outside))


@stack_app.command(epilog="Example: `bullion doctor`")
def doctor(*, json: Json = False) -> None:
    """Check everything; each failure says what it means and what mends it."""
    from pipelines.doctor.examination import examination

    results = examination()
    show(results, "checks", json=json)
    if not all(check.ok for check in results):
        raise typer.Exit(1)
