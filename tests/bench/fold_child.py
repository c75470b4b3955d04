"""The consumer on topics that are full, in a process of its own."""

import logging
import time
from threading import Event

from pipelines.local.debezium_properties import DEAD_LETTERS_TOPIC, PREFIX
from pipelines.local.kafka_service import access
from pipelines.sources.config_changes.broker import KafkaLog
from pipelines.sources.config_changes.follow import follow
from pipelines.sources.config_changes.session import Followed
from tests.bench.child import Facts, answer


def measure(_: Facts) -> Facts:
    """What `bullion config follow --until-current` does, to its last batch.

    The start of a process is not counted, nor the look whether more is to come.
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    asked = access()
    ended_at: list[float] = []
    began, cpu_began_s = time.perf_counter(), time.process_time()
    done = follow(
        lambda: KafkaLog(asked, DEAD_LETTERS_TOPIC),
        PREFIX,
        Event(),
        until_current=True,
        followed=Followed(appended=lambda *_: ended_at.append(time.perf_counter())),
    )
    seconds = ended_at[-1] - began if ended_at else 0.0
    counts = {"new": done.new_count, "batches": done.batches_count}
    cpu_s = time.process_time() - cpu_began_s
    told = {"seconds": seconds, "cpu_s": cpu_s, "refused": done.refused_count}
    return {**told, **counts}


if __name__ == "__main__":
    answer(measure)
