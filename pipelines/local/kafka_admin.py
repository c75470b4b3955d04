"""The client that administers a Kafka broker, its errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from pipelines.errors import UpstreamError
from pipelines.local.kafka_access import Access, listens
from pipelines.local.kafka_client import opened

CONNECT_TIMEOUT_MS = 10_000
TIMEOUT_MS = 30_000


@contextmanager
def administering(access: Access, what: str) -> Iterator[KafkaAdminClient]:
    """A client while the block runs; `what` could not be made where it fails.

    Raises:
        UpstreamError: the broker does not answer, or refuses.
    """
    address = access.address
    if not listens(address):
        raise UpstreamError(
            f"Kafka at {address} does not answer: run `bullion up kafka`"
        )
    try:
        client = opened(KafkaAdminClient, access, CONNECT_TIMEOUT_MS, TIMEOUT_MS)
    except (KafkaError, OSError) as error:
        raise UpstreamError(f"Kafka at {address} {access.silence} ({error})") from None
    try:
        yield client
    except (KafkaError, OSError) as error:
        raise UpstreamError(f"{what} could not be made at {address}: {error}") from None
    finally:
        client.close()
