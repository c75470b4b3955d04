"""The servers of the stream: Java, Kafka, Debezium Server."""

from pipelines.local import debezium_service, java, kafka_service
from pipelines.local.debezium_service import Debezium
from pipelines.local.kafka_access import listens
from pipelines.local.kafka_cluster import cluster_id
from pipelines.settings import settings
from pipelines.upstream.health_check import FailedCheckError

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
    """Whether the broker answers, and whether it asks who one is.

    Raises:
        FailedCheckError: it does not answer.
    """
    access = kafka_service.known_access()
    if access is None:
        raise FailedCheckError(
            f"no Kafka that asks for a password was started here: {WAITS}",
            start_kafka(),
        )
    cluster = cluster_id(access)
    if cluster is None:
        heard = access.silence if listens(access.address) else "does not answer"
        raise FailedCheckError(
            f"Kafka at {access.address} {heard}: {WAITS}", start_kafka()
        )
    to = (
        f"the user {access.user}, by password"
        if access.user
        else "anybody: who reaches it can forge changes of the configuration"
    )
    return f"answers at {access.address}, cluster {cluster}, to {to}"


def debezium() -> str:
    """Whether Debezium's health is UP.

    Raises:
        FailedCheckError: it is not.
    """
    address = debezium_service.known_address()
    if address is None:
        raise FailedCheckError(
            f"no Debezium Server was started here: {WAITS}", start_debezium()
        )
    health = debezium_service.health(address)
    if health != "UP":
        answer = "does not answer" if health is None else f"says {health}"
        is_given = settings().debezium
        log = "" if is_given else f"; its log is {Debezium.from_settings().log}"
        raise FailedCheckError(
            f"Debezium at {address} {answer}: {WAITS}{log}", start_debezium()
        )
    return f"UP at {address}"
