"""The heartbeat: written into the WAL each few seconds, read at the chain's end."""

import base64
import json
from typing import Any

from pipelines.doctor.stream import access, services
from pipelines.local import debezium_service, replication_slot
from pipelines.local.debezium_properties import (
    HEARTBEAT_PREFIX,
    HEARTBEAT_S,
    MESSAGES_TOPIC,
)
from pipelines.upstream.health_check import FailedCheckError
from pipelines.warehouse import scalar

LATE_S = 6 * HEARTBEAT_S  # a connector that is started anew beats again after 16 s
SILENT_S = 24 * HEARTBEAT_S
NEWEST = 20  # messages that are looked through: others may write theirs into the WAL


def heartbeat() -> str:
    """How old the newest heartbeat is that came through the whole chain.

    Raises:
        FailedCheckError: it is late, or none ever came; with the part that is missing.
    """
    with access.broker() as broker:
        written_at = _newest(broker)
    with access.warehouse() as connection:
        # by the clock that wrote it
        now = scalar(connection, "select extract(epoch from clock_timestamp())")
        age_s = float(now) - (written_at or 0)
        is_read = bool((slot := replication_slot.slot(connection)) and slot.is_active)
    if age_s <= LATE_S:
        return f"{max(0, age_s):.0f} s old through Postgres, Debezium and Kafka"
    last = f"the last came {_span(age_s)} ago" if written_at else "none ever came"
    raise FailedCheckError(
        f"no heartbeat: {last}, and one is due each {HEARTBEAT_S} s; "
        + _missing(is_read=is_read),
        services.start_debezium(),
        is_warning=age_s <= SILENT_S,
    )


def _missing(*, is_read: bool) -> str:
    """Which part of the chain does not answer."""
    answer = debezium_service.health(debezium_service.known_address() or "")
    if answer != "UP":
        return f"Debezium {'does not answer' if answer is None else f'says {answer}'}"
    if not is_read:
        return "Debezium is UP and does not read its slot"
    return (
        "Debezium reads its slot, and what it reads does not reach Kafka: see its log"
    )


def _newest(broker: access.Broker) -> float | None:
    """When the newest heartbeat was written, in epoch seconds."""
    spans = broker.spans(broker.places([MESSAGES_TOPIC]))
    offsets = {
        place: max(first, end - NEWEST)
        for place, (first, end) in spans.items()
        if end > first
    }
    stamps = [
        stamp
        for messages in broker.messages(offsets).values()
        for message in messages
        if (stamp := _stamp(message.value)) is not None
    ]
    return max(stamps, default=None)


def _stamp(value: bytes | None) -> float | None:
    """What a heartbeat holds; None: it is another message."""
    try:
        message: Any = json.loads(value or b"")["message"]
        if message["prefix"] != HEARTBEAT_PREFIX:
            return None
        return float(base64.b64decode(message["content"]))
    except (ValueError, KeyError, TypeError):
        return None


def _span(seconds: float) -> str:
    for name, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"
