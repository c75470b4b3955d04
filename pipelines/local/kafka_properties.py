"""The settings of the embedded broker: KRaft, one node that is broker and controller.

Names and defaults: https://kafka.apache.org/documentation/#brokerconfigs
"""

from collections.abc import Mapping
from pathlib import Path

from pipelines.local import java
from pipelines.local.port import HOST

# What Compose's broker has as well (a test compares them).
SHARED = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    # the connector and the command that makes topics say what they want; a typing
    # mistake makes nothing
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # a changed value of 1 MB is an event of two of them, and their key
    "message.max.bytes": "10485760",
    "replica.fetch.max.bytes": "10485760",
    # of the 128 MB that it takes by default out of a heap of 256
    "log.cleaner.dedupe.buffer.size": "16777216",
    "num.network.threads": "2",
    "num.io.threads": "2",
    "background.threads": "2",
    # killed, it is let in again when the session of the killed one is over (9 s)
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # a record that nothing happened, two a second, is for followers: there are none
    "metadata.max.idle.interval.ms": "60000",
}


def render(ports: Mapping[str, int], data: Path) -> str:
    """`server.properties` for the ports `kafka` and `controller`."""
    own = {
        "controller.quorum.voters": f"1@{HOST}:{ports['controller']}",
        "listeners": (
            f"PLAINTEXT://{HOST}:{ports['kafka']},"
            f"CONTROLLER://{HOST}:{ports['controller']}"
        ),
        "advertised.listeners": f"PLAINTEXT://{HOST}:{ports['kafka']}",
        "log.dirs": str(data),
    }
    return java.properties_text({**SHARED, **own})
