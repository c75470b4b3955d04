"""The consumer as a person or a flow runs it: on the broker of the settings."""

from collections.abc import Callable
from functools import partial
from threading import Event

from pipelines.local.debezium_properties import DEAD_LETTERS_TOPIC, PREFIX
from pipelines.local.kafka_service import bootstrap
from pipelines.sources.config_changes.batch import Batch
from pipelines.sources.config_changes.broker import KafkaLog, silence_client
from pipelines.sources.config_changes.follow import follow
from pipelines.sources.config_changes.ledger import Appended
from pipelines.sources.config_changes.session import Followed


def follow_config(
    stop: Event, say: Callable[[str], None], *, until_current: bool = False
) -> Followed:
    """Take changes into bronze until `stop`, or until what stands now is read.

    Each batch is told in a line.

    Raises:
        UnavailableError: no broker was given and none was ever started here.
        BusyError: another process follows.
        UpstreamError: of a run that should end: Kafka did not answer in time.
    """

    def appended(batch: Batch, done: Appended) -> None:
        say(
            f"batch load_id={done.load_id} changes={len(batch.landed)}"
            f" new={done.new_count} quarantined={len(batch.refused)}"
        )

    silence_client()
    return follow(
        partial(KafkaLog, bootstrap(), DEAD_LETTERS_TOPIC),
        PREFIX,
        stop,
        until_current=until_current,
        followed=Followed(say=say, appended=appended),
    )
