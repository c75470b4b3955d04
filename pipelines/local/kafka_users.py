"""The users of a Kafka broker: `bullion` administers it, `debezium` writes changes.

A broker keeps no password, but what checks one. Debezium's is given anew at each of its
starts; it may do what its producer and its consumer of signals need, and nothing else.
No user is ever removed: a broker of 4.3.0 that starts on a log with a removal lets none
of its users in (seen), until a snapshot of its metadata, an hour after, has none of it.
https://kafka.apache.org/documentation/#security_authz
"""

from collections.abc import Iterator
from dataclasses import replace

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
    UserScramCredentialUpsertion,
)

from pipelines.errors import UpstreamError
from pipelines.local.change_topics import topic_of
from pipelines.local.debezium_properties import (
    HEARTBEAT_TOPIC,
    MESSAGES_TOPIC,
    SCHEMA,
    SIGNALS_TOPIC,
    TRANSACTIONS_TOPIC,
)
from pipelines.local.kafka_access import PLAIN, SCRAM, Access
from pipelines.local.kafka_admin import administering
from pipelines.local.kafka_cluster import cluster_id

WRITER = "debezium"
SIGNALS_GROUP = "kafka-signal"  # of Debezium's consumer of signals, by default


def give(access: Access, user: str, password: str) -> None:
    """Have the broker know `user` by this password, a new one or another than before.

    Raises:
        UpstreamError: it does not answer, or does not let `access` do so.
    """
    change = UserScramCredentialUpsertion(user, SCRAM, password)
    with administering(access, f"the user {user}") as client:
        refusal = client.alter_user_scram_credentials([change])[user]
    if refusal:
        raise UpstreamError(
            f"the user {user} could not be made at {access.address}: {refusal}"
        )


def admit(access: Access) -> None:
    """Have a broker that knows a user by PLAIN know it by SCRAM as well.

    Raises:
        UpstreamError: it knows it by neither.
    """
    if access.user and cluster_id(access) is None:
        give(replace(access, mechanism=PLAIN), access.user, access.password)


def writer(access: Access, password: str) -> Access:
    """Debezium's login, which has this password and its rights from now on.

    Raises:
        UpstreamError: the broker does not answer, or does not let `access` do so.
    """
    give(access, WRITER, password)
    what = f"the rights of {WRITER}"
    with administering(access, what) as client:
        if refused := client.create_acls(list(_rights()))["failed"]:
            raise refused[0]
    return replace(access, user=WRITER, password=password)


def has_writer(access: Access) -> bool:
    """Whether the broker knows Debezium's user.

    Raises:
        UpstreamError: it does not answer.
    """
    with administering(access, f"the user {WRITER}") as client:
        told = client.describe_user_scram_credentials([WRITER])
    return bool(told[WRITER]["credential_infos"])


def _rights() -> Iterator[ACL]:
    topic, group = ResourceType.TOPIC, ResourceType.GROUP
    literal, write = ACLResourcePatternType.LITERAL, ACLOperation.WRITE
    tables = f"{topic_of(SCHEMA)}."
    yield _right(write, topic, tables, ACLResourcePatternType.PREFIXED)
    for name in (TRANSACTIONS_TOPIC, MESSAGES_TOPIC, HEARTBEAT_TOPIC):
        yield _right(write, topic, name, literal)
    yield _right(ACLOperation.READ, topic, SIGNALS_TOPIC, literal)
    yield _right(ACLOperation.READ, group, SIGNALS_GROUP, literal)


def _right(
    operation: ACLOperation,
    kind: ResourceType,
    name: str,
    pattern: ACLResourcePatternType,
) -> ACL:
    return ACL(
        principal=f"User:{WRITER}",
        host="*",
        operation=operation,
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(kind, name, pattern),
    )
