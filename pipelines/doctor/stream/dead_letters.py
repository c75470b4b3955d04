"""Dead letters: messages that were refused and wait for a person."""

from typing import LiteralString

from pipelines.doctor.check import TroubleError
from pipelines.doctor.stream import sight

RETRY = "mend what it says, then: bullion config dead-letters --retry"
WAITING: LiteralString = """
with waiting as (
    select distinct on (q.topic_id, q.topic_partition, q.topic_offset)
        q.topic, q.topic_partition, q.topic_offset, q.reason, q.received_at
    from bronze_config.quarantine as q
    where not exists (
        select from bronze_config.mended as m
        where
            m.topic_id = q.topic_id
            and m.topic_partition = q.topic_partition
            and m.topic_offset = q.topic_offset
    )
    order by q.topic_id, q.topic_partition, q.topic_offset, q.received_at desc
)

select
    count(*) over (),
    w.topic || ' ' || w.topic_partition || '/' || w.topic_offset || ': ' || w.reason
from waiting as w
order by w.received_at desc, w.topic_offset desc
limit 1
"""


def dead_letters() -> str:
    """How many wait.

    Raises:
        TroubleError: some do; with the newest one's reason.
    """
    with sight.warehouse() as connection:
        if not sight.has_table(connection, "bronze_config.quarantine"):
            return "none"
        row = connection.execute(WAITING).fetchone()
    if row is None:
        return "none"
    count, newest = row
    raise TroubleError(
        f"{count} {'waits' if count == 1 else 'wait'}, the newest {newest}; what they "
        "told is not in the history",
        RETRY,
    )
