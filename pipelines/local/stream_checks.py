"""What could keep the stream of config changes from flowing."""

from pipelines.errors import BullionError
from pipelines.local import java, kafka_address
from pipelines.local.debezium_address import health
from pipelines.local.debezium_service import Debezium
from pipelines.local.kafka_service import Kafka
from pipelines.settings import settings


def runtime() -> str:
    """The Java that Kafka and Debezium run on.

    Raises:
        BullionError: there is none, or it is too old.
    """
    return f"Java {java.verify()} in {java.java().parent.parent}"


def kafka_place() -> str | None:
    """Where the broker is, given or once started here; None: there is none."""
    return settings().kafka or Kafka.from_settings().address


def debezium_place() -> str | None:
    """Where Debezium Server is, given or once started here; None: there is none."""
    return settings().debezium or Debezium.from_settings().address


def broker() -> str:
    """What the broker answers.

    Raises:
        BullionError: it does not.
    """
    address = kafka_place() or ""
    cluster = kafka_address.answers(address)
    if cluster is None:
        raise BullionError(
            f"no Kafka answers at {address}: changes of configuration wait in "
            "Postgres, whose WAL grows meanwhile"
        )
    return f"answers at {address}, cluster {cluster}"


def connector() -> str:
    """What Debezium's health says.

    Raises:
        BullionError: it is not UP.
    """
    address = debezium_place() or ""
    found = health(address)
    if found != "UP":
        said = "does not answer" if found is None else f"says {found}"
        raise BullionError(
            f"Debezium at {address} {said}: changes of configuration wait in Postgres, "
            f"whose WAL grows meanwhile; its log is {Debezium.from_settings().log}"
        )
    return f"UP at {address}"
