"""The slot of a resync: a lost one is dropped, the connector of another cut off."""

from collections.abc import Callable

import psycopg

from pipelines.local import postgres, replication_slot
from pipelines.local.debezium_properties import ROLE
from pipelines.settings import settings
from pipelines.sources.config_changes import resync_facts as facts
from pipelines.warehouse import Connection

CONNECT_TIMEOUT_S = 5

Say = Callable[[str], None]


def mend_slot(connection: Connection, say: Say) -> bool:
    """Drop a slot that is lost; whether the connector has to make one.

    One that finds none makes it and reads the tables anew, without being asked.

    Raises:
        SetupError: this login may not.
    """
    found = replication_slot.slot(connection)
    if found and not found.is_lost:
        return False
    before = facts.newest_commit(connection)
    if found:
        say(f"the slot is lost ({found.reason or found.wal_status}): it is dropped")
        with _privileged() as owner:
            replication_slot.drop(owner)
    else:
        say("there is no slot: the connector makes one")
    say(
        f"changes committed after {before or 'the beginning'} and before the snapshot "
        "are known by what they left; which they were stood in the WAL alone"
    )
    return True


def cut_off_connector(wait_s: float) -> None:
    """Have the connector begin anew from its slot; returns when it has.

    While it lives, one that made its slot dates every snapshot by that moment.

    Raises:
        SetupError: this login may not.
    """
    with _privileged() as owner:
        replication_slot.cut_off(owner, wait_s)


def _privileged() -> Connection:
    """A connection that may end the connector's sessions and drop its slot."""
    owner = postgres.warehouse_parameters()
    given = settings().cdc_password
    if given:
        owner |= {"user": ROLE, "password": given.get_secret_value()}
    return psycopg.connect(**owner, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S)
