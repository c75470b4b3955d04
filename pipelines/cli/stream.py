"""`bullion stream`: what the stream of config changes needs, wherever it runs."""

from typing import Annotated

import typer

from pipelines.terminal import report
from pipelines.terminal.output import Json, say

stream_app = typer.Typer(no_args_is_help=True, help="The stream of config changes.")


@stream_app.command("prepare", epilog="Example: `bullion stream prepare`")
def stream_prepare(
    *,
    admit: Annotated[
        bool,
        typer.Option(
            "--admit",
            help="Make Kafka's users: BULLION_KAFKA_USER, whom it knows by PLAIN alone,"
            " and `debezium`.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Make Kafka's topics for the published config tables, and let Debezium log in.

    `bullion up debezium` does it by itself; a Debezium Server of your own needs it
    once, and after each new config table. BULLION_CDC_PASSWORD is what it logs in with:
    to Postgres as `cdc`, and with `--admit` to Kafka as `debezium`.
    """
    from pipelines.local import kafka_users
    from pipelines.local.cdc_role import CdcRole
    from pipelines.local.debezium_service import Debezium

    service = Debezium.from_settings()
    if admit:
        kafka_users.admit(service.kafka())
    made = service.make_topics(say)
    if service.password:
        CdcRole(service.owner()).give_password(service.password)
        if admit:
            kafka_users.writer(service.kafka(), service.password)
    if json:
        typer.echo(report.as_json([{"topic": name} for name in made]))


@stream_app.command("properties", epilog="Example: `bullion stream properties --env`")
def stream_properties(
    *, env: Annotated[bool, typer.Option("--env", help="By environment.")] = False
) -> None:
    """Print the properties of a Debezium Server of your own, passwords aside."""
    from pipelines.local import debezium_properties, java, kafka_service, postgres
    from pipelines.settings import settings

    owner = postgres.warehouse_parameters()
    places = debezium_properties.Places(
        host=owner["host"],
        port=owner["port"],
        dbname=owner["dbname"],
        kafka=kafka_service.access(),
        http_host="0.0.0.0",  # noqa: S104  # in a container; which port is its own
        http_port=settings().debezium_port or 8080,
    )
    properties = debezium_properties.properties(places)
    if env:
        named = debezium_properties.as_environment(properties)
        typer.echo("\n".join(f"{name}={value}" for name, value in named.items()))
    else:
        typer.echo(java.properties_text(properties), nl=False)
