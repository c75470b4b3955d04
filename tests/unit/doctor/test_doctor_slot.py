"""What doctor says of a replication slot, by what Postgres tells of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.doctor.stream.slot import slot_state
from pipelines.local.replication_slot import Slot
from pipelines.upstream.health_check import HealthCheck

GB = 1 << 30
WELL = Slot(
    is_active=True,
    wal_status="reserved",
    retained_bytes=1 << 20,
    inactive_since=None,
    reason=None,
    limit_bytes=4 * GB,
)


def check(found):
    return HealthCheck("slot", lambda: slot_state(found), "none of its own").run()


def test_a_slot_that_is_read_and_small_is_well_with_its_size():
    found = check(WELL)
    assert (found.ok, found.mend) == (True, "")
    assert "1.0 MB of WAL of 4.0 GB" in found.meaning


def test_without_a_slot_and_with_a_lost_one_resync_mends():
    lost = replace(WELL, wal_status="lost", retained_bytes=None, is_active=False)
    idle = replace(lost, wal_status="reserved", reason="idle_timeout")
    for broken in (None, lost, idle):
        found = check(broken)
        assert (found.ok, found.mend) == (False, "bullion config resync")
    assert "idle_timeout" in check(idle).meaning


def test_a_slot_that_is_about_to_be_lost_fails_while_it_can_still_be_read():
    found = check(
        replace(WELL, wal_status="unreserved", retained_bytes=5 * GB, is_active=False)
    )
    assert not found.ok
    assert "next checkpoint makes it lost" in found.meaning
    assert found.mend.startswith("bullion up debezium")


def test_nobody_reads_it_says_since_when_and_warns_while_that_may_be_a_restart():
    now = datetime.now(UTC)
    idle = replace(WELL, is_active=False, inactive_since=now)
    assert check(idle).is_warning
    long_ago = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    found = check(replace(idle, inactive_since=long_ago))
    assert not found.ok
    assert "since 2026-01-02 03:04:05 UTC" in found.meaning
    assert check(replace(idle, inactive_since=now - timedelta(minutes=1))).ok is False


@pytest.mark.parametrize(
    ("limit", "held", "warns"),
    [(4 * GB, 2 * GB, False), (4 * GB, 2 * GB + 1, True), (None, 3 * GB, True)],
)
def test_half_of_what_it_may_hold_back_is_a_warning(limit, held, warns):
    found = check(replace(WELL, limit_bytes=limit, retained_bytes=held))
    assert found.ok
    assert found.is_warning is warns
    assert bool(found.mend) is warns
