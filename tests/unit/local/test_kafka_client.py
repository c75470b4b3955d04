"""A client of Kafka that finds no broker leaves no thread and no descriptor behind."""

import gc
import socket
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError

from pipelines.local.kafka_access import Access
from pipelines.local.kafka_client import opened

TRIES = 5


@pytest.fixture(scope="module", autouse=True)
def small_heap():
    """Each try collects garbage: not that of all that this process has imported."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@contextmanager
def closed_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@contextmanager
def silent_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def left_open():
    return len(list(Path("/dev/fd").iterdir())), threading.active_count()


@pytest.mark.parametrize("kind", [KafkaAdminClient, KafkaConsumer, KafkaProducer])
@pytest.mark.parametrize("port", [closed_port, silent_port])
def test_tries_that_fail_leave_nothing_open(kind, port):
    with port() as number:
        access = Access(f"127.0.0.1:{number}")
        gc.collect()  # of what other tests left
        before = left_open()
        for _ in range(TRIES):
            with pytest.raises(KafkaError):
                opened(kind, access, 50, 1_000)
        descriptors, threads = left_open()
    assert threads == before[1]
    # those of the last try, whose error is at hand
    assert descriptors <= before[0] + 2
