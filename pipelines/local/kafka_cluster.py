"""Which Kafka cluster it is that answers."""

from pipelines.local.kafka_access import ANSWER_TIMEOUT_MS, Access, listens


def cluster_id(access: Access) -> str | None:
    """The id of the cluster that answers; None when none does, or it refuses."""
    if not listens(access.address):
        return None  # the client would try again until its time is up
    # not before it is needed: it takes longer than all else that `status` does
    from kafka.admin import KafkaAdminClient  # noqa: PLC0415
    from kafka.errors import KafkaError  # noqa: PLC0415

    from pipelines.local.kafka_client import opened  # noqa: PLC0415

    timeouts = (ANSWER_TIMEOUT_MS, ANSWER_TIMEOUT_MS)
    try:
        client = opened(KafkaAdminClient, access, *timeouts)
    except (KafkaError, OSError):
        return None
    try:
        return str(client.describe_cluster()["cluster_id"])
    except (KafkaError, OSError):
        return None
    finally:
        client.close()
