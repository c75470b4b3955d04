"""Opens a client of a Kafka broker; one that is not opened leaves nothing behind.

kafka-python 3.0.12 starts a client's thread and opens its sockets before it looks for a
broker, and ends neither where it finds none: a thread and 3 descriptors a try. Nor does
it close a socket that was not connected: such ones lie in cycles of references.
https://github.com/dpkp/kafka-python/blob/3.0.12/kafka/admin/client.py
https://github.com/dpkp/kafka-python/blob/3.0.12/kafka/net/inet.py
"""

import gc
from typing import Any

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from pipelines.local.kafka_access import Access


def opened(
    kind: Any, access: Access, bootstrap_ms: int, request_ms: int, **options: Any
) -> Any:
    """A client of this kind, such as `KafkaAdminClient`.

    Raises:
        KafkaError, OSError: the broker does not answer, or refuses.
    """
    made: list[KafkaNetClient] = []

    def net_client(**settings: Any) -> KafkaNetClient:
        made.append(KafkaNetClient(**settings))
        return made[0]

    try:
        return kind(
            **access.client_options,
            bootstrap_timeout_ms=bootstrap_ms,
            request_timeout_ms=request_ms,
            kafka_client=net_client,
            **options,
        )
    except (KafkaError, OSError):
        for client in made:
            client.close()
        gc.collect()
        raise
