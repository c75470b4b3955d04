"""The checks of the stream, in the order in which to mend what fails."""

from collections.abc import Iterator

import psycopg

from pipelines.doctor.stream import (
    access,
    changes,
    heartbeat,
    publication,
    services,
    slot,
    topics,
)
from pipelines.errors import BullionError
from pipelines.local import debezium_service, kafka_service
from pipelines.upstream.health_check import CheckResult, HealthCheck
from pipelines.warehouse import has_table, scalar

RUNTIME = HealthCheck("java", services.runtime, "make setup")
CHECKS = {
    check.name: check
    for check in (
        HealthCheck("kafka", services.kafka, "bullion up kafka"),
        HealthCheck("topics", topics.topics, "bullion stream prepare"),
        HealthCheck("publication", publication.publication, "bullion up postgres"),
        HealthCheck("slot", slot.slot, "bullion up postgres"),
        HealthCheck("debezium", services.debezium, "bullion up debezium"),
        HealthCheck("heartbeat", heartbeat.heartbeat, "bullion up debezium"),
        HealthCheck("consumer", topics.consumer, "bullion config follow"),
        HealthCheck("dead letters", changes.dead_letters, "bullion up postgres"),
        HealthCheck("history", changes.history, "bullion config resync"),
        HealthCheck("effects", changes.effects, "bullion up postgres"),
    )
}
WITHOUT_WAREHOUSE = ("kafka", "debezium")


def is_in_use() -> bool:
    """Whether there is a stream: a server of it was given or started, or was read."""
    addresses = (kafka_service.known_address(), debezium_service.known_address())
    return any(addresses) or _was_read()


def checks(*, has_warehouse: bool = True) -> Iterator[CheckResult]:
    """The runtime, and every check where the stream is in use.

    Without a warehouse only what needs none.
    """
    yield RUNTIME.run()
    if not is_in_use():
        return
    for name, check in CHECKS.items():
        if has_warehouse or name in WITHOUT_WAREHOUSE:
            yield check.run()


def _was_read() -> bool:
    """Whether bronze holds what was read of the stream."""
    try:
        with access.warehouse() as connection:
            return has_table(connection, "bronze_config.pages") and bool(
                scalar(connection, "select true from bronze_config.pages limit 1")
            )
    except (BullionError, psycopg.Error):
        return False
