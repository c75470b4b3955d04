"""The settings of the embedded broker: KRaft, one node that is broker and controller.

Names and defaults: https://kafka.apache.org/documentation/#brokerconfigs
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.local import java
from pipelines.local.kafka_access import PLAIN, PROTOCOL, SCRAM, jaas
from pipelines.local.port import HOST

USER = "bullion"  # who administers the broker, and as whom it speaks to itself

# What Compose's broker has as well (a test compares them).
SHARED = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    # A controller can not use SCRAM, whose users stand in what it keeps; only the
    # broker speaks to it, which has bound both ports by then. Nobody may do what no
    # rule says: https://kafka.apache.org/documentation/#security_authz
    "sasl.enabled.mechanisms": SCRAM,
    "sasl.mechanism.inter.broker.protocol": SCRAM,
    "sasl.mechanism.controller.protocol": PLAIN,
    "listener.name.controller.sasl.enabled.mechanisms": PLAIN,
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    "super.users": f"User:{USER}",
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


def render(
    ports: Mapping[str, int], data: Path, password: str, mechanisms: Sequence[str] = ()
) -> str:
    """`server.properties` for the ports `kafka` and `controller`.

    `password` is that of `USER`; `mechanisms` are those of clients, if not SCRAM alone.
    """
    clients, controller = PROTOCOL, "CONTROLLER"
    address = f"{clients}://{HOST}:{ports['kafka']}"
    own = {
        "controller.quorum.voters": f"1@{HOST}:{ports['controller']}",
        "listeners": f"{address},{controller}://{HOST}:{ports['controller']}",
        "advertised.listeners": address,
        "inter.broker.listener.name": clients,
        "listener.security.protocol.map": (
            f"{clients}:{PROTOCOL},{controller}:{PROTOCOL}"
        ),
        _login(controller, PLAIN): jaas(PLAIN, USER, password),
        "log.dirs": str(data),
    }
    for mechanism in mechanisms or (SCRAM,):
        own[_login(clients, mechanism)] = jaas(mechanism, USER, password)
    if mechanisms:
        own["sasl.enabled.mechanisms"] = ",".join(mechanisms)
    return java.properties_text({**SHARED, **own})


def _login(listener: str, mechanism: str) -> str:
    return f"listener.name.{listener}.{mechanism}.sasl.jaas.config".lower()
