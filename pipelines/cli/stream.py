"""`bullion stream`: what the stream of config changes needs, wherever it runs."""

from typing import Annotated

import typer

from pipelines.settings import settings
from pipelines.terminal import report
from pipelines.terminal.output import Json, say

stream_app = typer.Typer(no_args_is_help=True, help="The stream of config changes.")


@stream_app.command("prepare", epilog="Example: `bullion stream prepare`")
def stream_prepare(*, json: Json = False) -> None:
    """Make Kafka's topics for the published config tables, and let `cdc` log in.

    `bullion up debezium` does it by itself; a Debezium Server of your own needs it
    once, with BULLION_CDC_PASSWORD set, and after each new config table.
    """
    from pipelines.local.cdc_role import CdcRole
    from pipelines.local.debezium_service import Debezium

    service = Debezium.from_settings()
    made = service.make_topics(say)
    if service.password:
        CdcRole(service.owner()).give_password(service.password)
    if json:
        typer.echo(report.as_json([{"topic": name} for name in made]))


@stream_app.command("properties", epilog="Example: `bullion stream properties --env`")
def stream_properties(
    *, env: Annotated[bool, typer.Option("--env", help="By environment.")] = False
) -> None:
    """Print the properties of a Debezium Server of your own, passwords aside."""
    from pipelines.local import debezium_properties, java, kafka_service, postgres

    owner = postgres.warehouse_parameters()
    places = debezium_properties.Places(
        host=owner["host"],
        port=owner["port"],
        dbname=owner["dbname"],
        kafka=kafka_service.bootstrap(),
        http_host="0.0.0.0",  # noqa: S104  # in a container; which port is its own
        http_port=settings().debezium_port or 8080,
    )
    properties = debezium_properties.properties(places)
    if env:
        named = debezium_properties.as_environment(properties)
        typer.echo("\n".join(f"{name}={value}" for name, value in named.items()))
    else:
        typer.echo(java.properties_text(properties), nl=False)
