"""An upstream's clock is believed within bounds, and no further."""

from datetime import timedelta

import pytest

from pipelines.errors import UpstreamError
from pipelines.settings import VIRTUAL_CLOCK
from pipelines.upstream.upstream_clock import UpstreamClock
from tests.fakes.venue_server import NOW, NOW_MS, FakeClock

SECOND, HOUR, DAY = 1000, 3_600_000, 86_400_000
YEAR_9999 = 253_402_300_799_000


@pytest.mark.parametrize("is_stand_in", [True, False])
@pytest.mark.parametrize(
    "ahead_ms", [121 * SECOND, HOUR, DAY, YEAR_9999 - NOW_MS, 10**18]
)
def test_a_clock_far_ahead_of_ours_is_refused(ahead_ms, is_stand_in):
    clock = UpstreamClock(FakeClock())
    with pytest.raises(UpstreamError, match="ahead of ours; more than 120 s are not"):
        clock.check(NOW_MS + ahead_ms, {}, is_stand_in=is_stand_in)


@pytest.mark.parametrize("off_ms", [0, 119 * SECOND, -119 * SECOND, -HOUR])
def test_a_clock_near_ours_is_believed(off_ms):
    UpstreamClock(FakeClock()).check(NOW_MS + off_ms, {}, is_stand_in=False)


def test_a_clock_a_day_behind_is_a_past_that_only_a_stand_in_replays():
    clock = UpstreamClock(FakeClock())
    clock.check(NOW_MS - 2 * DAY, {}, is_stand_in=True)
    with pytest.raises(UpstreamError, match="behind ours"):
        clock.check(NOW_MS - 2 * DAY, {}, is_stand_in=False)


def test_a_clock_that_leaps_from_one_answer_to_the_next_is_refused_once():
    ours = FakeClock()
    clock = UpstreamClock(ours)
    clock.set(NOW_MS - HOUR)
    ours.sleep(100)
    clock.check(NOW_MS - HOUR + 159 * SECOND, {}, is_stand_in=True)
    with pytest.raises(UpstreamError, match="ahead of its last; more than 60 s"):
        clock.check(NOW_MS - HOUR + 161 * SECOND, {}, is_stand_in=True)
    clock.check(NOW_MS - HOUR + 161 * SECOND, {}, is_stand_in=True)


def test_a_virtual_clock_is_that_of_an_address_which_a_setting_names():
    clock = UpstreamClock(FakeClock(NOW - timedelta(days=365)))
    virtual = {VIRTUAL_CLOCK: "true"}
    clock.check(NOW_MS, virtual, is_stand_in=True)
    with pytest.raises(UpstreamError):
        clock.check(NOW_MS, virtual, is_stand_in=False)
