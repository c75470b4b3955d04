"""The consumer: config topics into `bronze_config`, as they are written.

One connection holds the lock and does all the writing, so that the one after a
process that died begins where that one's last commit ended. When anything fails, the
session ends, and a new one reads from bronze where to continue.
"""

import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from threading import Event

import psycopg

from pipelines import warehouse
from pipelines.errors import UpstreamError
from pipelines.local.debezium_properties import DEAD_LETTERS_TOPIC, PREFIX
from pipelines.local.kafka_service import access
from pipelines.sources.config_changes.batch import Batch
from pipelines.sources.config_changes.broker import KafkaLog, Log
from pipelines.sources.config_changes.ledger import Appended
from pipelines.sources.config_changes.session import Followed, Session

LOCK = "load config_changes"
WORK = "config follow"
PAUSES_S = (0.2, 0.5, 1.0, 2.0)  # between sessions; the last one from then on
PATIENCE_S = 30.0  # of a run that should end, and for a lost session's lock


def follow_config(
    stop: Event, say: Callable[[str], None], *, until_current: bool = False
) -> Followed:
    """Take changes from the broker of the settings into bronze, until `stop`.

    `until_current`: until what stands in the topics now is read.

    `say` gets a line for each batch.

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

    return follow(
        partial(KafkaLog, access(), DEAD_LETTERS_TOPIC),
        PREFIX,
        stop,
        until_current=until_current,
        followed=Followed(say=say, appended=appended),
    )


def follow(
    open_log: Callable[[], Log],
    prefix: str,
    stop: Event,
    *,
    until_current: bool = False,
    followed: Followed | None = None,
) -> Followed:
    """Read the config topics `<prefix>.<schema>.<table>` until `stop` is set.

    `until_current`: until what stood in the topics at first was read. An outage of
    Kafka or of the warehouse ends only such a run.

    Raises:
        BusyError: another process follows.
        UpstreamError: of a run that should end: Kafka did not answer in time.
        psycopg.OperationalError: the same of the warehouse.
    """
    done = followed or Followed()
    failures, wait_s, gives_up_at = 0, 1.0, time.monotonic() + PATIENCE_S
    while not stop.is_set():
        read = done.messages_count
        try:
            with (
                warehouse.locked([LOCK], WORK, wait_s=wait_s) as connection,
                closing(open_log()) as log,
            ):
                session = Session(connection, log, prefix, done)
                session.run(stop, until_current=until_current)
                return done
        except (UpstreamError, psycopg.OperationalError) as error:
            if until_current and time.monotonic() > gives_up_at:
                raise
            failures = 0 if done.messages_count > read else failures
            pause = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
            failures, wait_s = failures + 1, PATIENCE_S
            done.say(f"{' '.join(str(error).split())}; again in {pause} s")
            stop.wait(pause)
    return done
