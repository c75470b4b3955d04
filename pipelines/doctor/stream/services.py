"""The servers of the stream: Java, Kafka, Debezium Server."""

from pathlib import Path

from pipelines.doctor.check import FailedCheckError
from pipelines.doctor.stream import sight
from pipelines.local import java, kafka_address
from pipelines.local.debezium_address import health
from pipelines.local.debezium_service import Debezium
from pipelines.settings import settings

WAITS = "changes of configuration wait in Postgres, whose WAL grows meanwhile"


def start_kafka() -> str:
    """What starts the broker, given or ours."""
    if settings().kafka:
        return "start the broker that BULLION_KAFKA names"
    return "bullion up kafka"


def start_debezium() -> str:
    """What starts Debezium Server, given or ours."""
    if settings().debezium:
        return "start the Debezium Server that BULLION_DEBEZIUM names"
    return "bullion up debezium"


def runtime() -> str:
    """The Java that Kafka and Debezium run on.

    Raises:
        BullionError: there is none, or it is too old.
    """
    return f"Java {java.verify()} in {java.java().parent.parent}"


def kafka() -> str:
    """What the broker answers.

    Raises:
        FailedCheckError: it does not.
    """
    address = sight.kafka_place()
    if address is None:
        raise FailedCheckError(f"no Kafka was started here: {WAITS}", start_kafka())
    cluster = kafka_address.answers(address)
    if cluster is None:
        raise FailedCheckError(f"no Kafka answers at {address}: {WAITS}", start_kafka())
    return f"answers at {address}, cluster {cluster}"


def debezium() -> str:
    """What Debezium's health says.

    Raises:
        FailedCheckError: it is not UP.
    """
    address = sight.debezium_place()
    if address is None:
        raise FailedCheckError(
            f"no Debezium Server was started here: {WAITS}", start_debezium()
        )
    found = health(address)
    if found != "UP":
        said = "does not answer" if found is None else f"says {found}"
        log = "" if settings().debezium else f"; its log is {_log()}"
        raise FailedCheckError(
            f"Debezium at {address} {said}: {WAITS}{log}", start_debezium()
        )
    return f"UP at {address}"


def _log() -> Path:
    return Debezium.from_settings().log
