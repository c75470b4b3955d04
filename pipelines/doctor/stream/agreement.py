"""History and tables: what the stream tells is what stands, when nothing is on its way.

Both are read in one snapshot, twice with a pause; only what differs both times counts.
"""

from pipelines.doctor.check import FailedCheckError
from pipelines.doctor.stream import consumer, sight
from pipelines.local import replication_slot
from pipelines.local.debezium_address import health
from pipelines.sources.config_changes.agreement import lasting_differences

TIMEOUT_S = 10.0  # of a statement: it reads whole tables
NAMED = 5  # differences that are told by their keys


def agreement() -> str:
    """Whether the folded history is what stands in the tables.

    Raises:
        FailedCheckError: it is not, though nothing is on its way.
    """
    with sight.warehouse(TIMEOUT_S) as connection:
        found = lasting_differences(connection)
        if not found:
            return "the folded history is what stands in every table"
        slot = replication_slot.slot(connection)
        if (
            not (slot and slot.is_active)
            or health(sight.debezium_place() or "") != "UP"
        ):
            return f"{len(found)} rows are on their way: Debezium does not read"
        with sight.broker() as broker:
            waiting = consumer.lag(connection, broker).count
        if waiting:
            return f"{len(found)} rows are on their way: {waiting} messages wait"
    told = "; ".join(map(str, found[:NAMED]))
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    raise FailedCheckError(f"history and tables differ: {told}{more}")
