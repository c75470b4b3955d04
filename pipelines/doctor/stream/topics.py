"""The topics: one a streamed table, and the stream's own, set as declared."""

from pipelines.doctor.check import FailedCheckError
from pipelines.doctor.stream import sight
from pipelines.local.change_topics import declared, topic_of
from pipelines.settings import settings

PREPARE = "bullion stream prepare"
RESYNC = "bullion config resync"


def topics() -> str:
    """Whether every topic is there and keeps what it should.

    Raises:
        FailedCheckError: one is gone, or keeps less.
    """
    with sight.warehouse() as connection:
        tables = sight.published(connection)
    wanted = declared(tables, settings().changes_kept_days)
    with sight.broker() as broker:
        there = {place.topic for place in broker.places(list(wanted))}
        found = broker.settings(there)
    missing = sorted(set(wanted) - there)
    if missing:
        of_tables = {topic_of(table) for table in tables}
        is_content = bool(of_tables.intersection(missing))
        raise FailedCheckError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} gone: "
            + ("what it held unread is lost, and " if is_content else "")
            + "Debezium can not go on",
            RESYNC if is_content else PREPARE,
        )
    wrong = sorted(
        f"{topic} has {name}={found[topic].get(name, 'its default')}, not {value}"
        for topic, values in wanted.items()
        for name, value in values.items()
        if found[topic].get(name) != value
    )
    if wrong:
        raise FailedCheckError(
            f"{'; '.join(wrong)}: a value may go before it was read", PREPARE
        )
    days = settings().changes_kept_days
    return f"{len(wanted)} there; nothing is compacted away within {days} days"
