"""The virtual clock."""

import time

import pytest

from pipelines.errors import SetupError
from pipelines.sandbox.clock import Clock, iso, parse_instant
from pipelines.settings import VIRTUAL_CLOCK


def test_a_clock_runs_on_from_where_it_starts() -> None:
    start = parse_instant("2023-03-01T12:00:00Z")
    clock = Clock(start)
    time.sleep(0.02)
    assert 20 <= clock.now_ms() - start < 5000


def test_a_frozen_clock_stands_still_and_can_be_set_forward() -> None:
    start = parse_instant("2023-03-01T12:00:00Z")
    clock = Clock(start, is_frozen=True)
    time.sleep(0.01)
    assert clock.now_ms() == start
    clock.set(start + 60_000)
    assert clock.now_ms() == start + 60_000


def test_a_clock_never_goes_back() -> None:
    clock = Clock(parse_instant("2023-03-01T12:00:00Z"), is_frozen=True)
    with pytest.raises(SetupError, match="only goes forward: it is 2023-03-01T12:00"):
        clock.set(parse_instant("2023-03-01T11:59:59Z"))


def test_the_http_date_is_the_virtual_now() -> None:
    clock = Clock(parse_instant("2023-03-01T12:00:30Z"), is_frozen=True)
    assert clock.http_date() == "Wed, 01 Mar 2023 12:00:30 GMT"


@pytest.mark.parametrize(
    "text",
    ["2023-03-01T12:00:00Z", "2023-03-01T12:00:00", "2023-03-01T13:00:00+01:00"],
)
def test_an_instant_without_an_offset_is_utc(text: str) -> None:
    assert iso(parse_instant(text)) == "2023-03-01T12:00:00.000Z"


def test_what_is_no_instant_is_refused() -> None:
    with pytest.raises(SetupError, match="expected an ISO instant"):
        parse_instant("yesterday")


def test_a_clock_that_was_set_says_that_it_is_virtual() -> None:
    real = Clock()
    assert VIRTUAL_CLOCK not in real.headers()
    real.set(real.now_ms() + 86_400_000)
    assert VIRTUAL_CLOCK in real.headers()
    assert VIRTUAL_CLOCK in Clock(0).headers()
    assert VIRTUAL_CLOCK in Clock(is_frozen=True).headers()
