"""Asking a running Debezium Server to read the config tables anew.

A signal through Kafka: streaming pauses, the tables are read, streaming goes on. It is
read once the connector lives, also when it was sent before.
https://debezium.io/documentation/reference/3.6/configuration/signalling.html
"""

import json
from uuid import uuid4

from kafka import KafkaProducer

from pipelines.local.debezium_properties import PREFIX, SCHEMA, SIGNALS_TOPIC
from pipelines.sources.config_changes.broker import unavailable

TIMEOUT_S = 10


def ask_for_snapshot(address: str) -> None:
    """Have every streamed table read; returns when the broker holds the signal.

    Raises:
        UpstreamError: the broker does not answer.
    """
    told = {
        "id": str(uuid4()),
        "type": "execute-snapshot",
        "data": {"type": "BLOCKING", "data-collections": [f"{SCHEMA}[.].*"]},
    }
    with unavailable(address):
        producer = KafkaProducer(
            bootstrap_servers=address,
            bootstrap_timeout_ms=TIMEOUT_S * 1000,
            acks="all",
            allow_auto_create_topics=False,
        )
        try:
            message = json.dumps(told).encode()
            sent = producer.send(SIGNALS_TOPIC, key=PREFIX.encode(), value=message)
            sent.get(TIMEOUT_S)
        finally:
            producer.close()
