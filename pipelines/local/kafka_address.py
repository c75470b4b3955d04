"""Where the broker is reached, and whether it answers."""

import socket

ANSWER_TIMEOUT_MS = 2_000
PORT = 9092  # where an address names none


def answers(address: str) -> str | None:
    """The id of the cluster that answers at `address`; None when none does."""
    if not listens(address):
        return None  # the client would try again until its time is up
    # not before it is needed: it takes longer than all else that `status` does
    from kafka.admin import KafkaAdminClient  # noqa: PLC0415
    from kafka.errors import KafkaError  # noqa: PLC0415

    try:
        client = KafkaAdminClient(
            bootstrap_servers=address,
            bootstrap_timeout_ms=ANSWER_TIMEOUT_MS,
            request_timeout_ms=ANSWER_TIMEOUT_MS,
        )
    except (KafkaError, OSError):
        return None
    try:
        found: str = client.describe_cluster()["cluster_id"]
    except (KafkaError, OSError):
        return None
    else:
        return found
    finally:
        client.close()


def listens(address: str) -> bool:
    """Whether something listens at one of the addresses."""
    return any(_listens(one.strip()) for one in address.split(","))


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    place = (host, int(port)) if host else (port, PORT)
    try:
        socket.create_connection(place, ANSWER_TIMEOUT_MS / 1000).close()
    except OSError:
        return False
    return True
