"""All that is looked at of the stream, in the order in which to mend it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg

from pipelines.doctor.check import Check, looked
from pipelines.doctor.stream import (
    agreement,
    consumer,
    dead_letters,
    effects,
    heartbeat,
    publication,
    services,
    sight,
    slot,
    topics,
)
from pipelines.errors import BullionError
from pipelines.warehouse import has_table


@dataclass(frozen=True)
class Look:
    """Something to look at: `look` says what it found, or raises what is wrong.

    `mend` is what helps where the trouble names nothing of its own.
    """

    name: str
    look: Callable[[], str]
    mend: str

    def check(self) -> Check:
        """What was found."""
        return looked(self.name, self.look, self.mend)


RUNTIME = Look("java", services.runtime, "make setup")
LOOKS = {
    look.name: look
    for look in (
        Look("kafka", services.kafka, "bullion up kafka"),
        Look("topics", topics.topics, "bullion stream prepare"),
        Look("publication", publication.publication, "bullion up postgres"),
        Look("slot", slot.slot, "bullion up postgres"),
        Look("debezium", services.debezium, "bullion up debezium"),
        Look("heartbeat", heartbeat.heartbeat, "bullion up debezium"),
        Look("consumer", consumer.consumer, "bullion config follow"),
        Look("dead letters", dead_letters.dead_letters, "bullion up postgres"),
        Look("history", agreement.agreement, "bullion config resync"),
        Look("effects", effects.effects, "bullion up postgres"),
    )
}
WITHOUT_WAREHOUSE = ("kafka", "debezium")


def is_in_use() -> bool:
    """Whether there is a stream: a server of it was given or started, or was read."""
    return bool(sight.kafka_place() or sight.debezium_place()) or _was_read()


def checks(*, has_warehouse: bool = True) -> Iterator[Check]:
    """The runtime, and every look where the stream is in use.

    Without a warehouse only what needs none.
    """
    yield RUNTIME.check()
    if not is_in_use():
        return
    for name, look in LOOKS.items():
        if has_warehouse or name in WITHOUT_WAREHOUSE:
            yield look.check()


def _was_read() -> bool:
    """Whether bronze holds what was read of the stream."""
    try:
        with sight.warehouse() as connection:
            return has_table(connection, "bronze_config.pages") and bool(
                sight.one(connection, "select true from bronze_config.pages limit 1")
            )
    except (BullionError, psycopg.Error):
        return False
