"""What a venue lets one address spend."""

import pytest

from pipelines.sandbox import limits
from pipelines.sandbox.limits import FORGIVEN, Bucket, Window
from pipelines.sandbox.venues.binance_limits import BINANCE, BINANCE_US, weight


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 600.0

    def time(self) -> float:
        return self.now

    monotonic = time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    held = Time()
    monkeypatch.setattr(limits, "time", held)
    return held


def test_a_window_refuses_until_its_minute_ends(clock: Time) -> None:
    window = Window(10)
    clock.now += 15
    assert window.spend(10).is_allowed
    refused = window.spend(1)
    assert not refused.is_allowed
    assert (refused.retry_after_s, refused.used, refused.is_banned) == (45, 11, False)
    clock.now += 45
    assert window.spend(1).used == 1


def test_who_goes_on_after_429_is_banned(clock: Time) -> None:
    window = Window(1)
    verdicts = [window.spend(1) for _ in range(FORGIVEN + 3)]
    assert [v.is_banned for v in verdicts[-2:]] == [False, True]
    clock.now += 60
    assert window.spend(1).is_banned, "a new minute does not lift a ban"
    clock.now += 61
    assert window.spend(1).is_allowed


def test_a_bucket_refills_steadily_up_to_its_burst(clock: Time) -> None:
    bucket = Bucket(per_second=10, burst=15)
    assert [bucket.spend(1).is_allowed for _ in range(16)] == [True] * 15 + [False]
    clock.now += 0.1
    assert bucket.spend(1).is_allowed
    assert bucket.spend(1).retry_after_s == 1
    clock.now += 60
    assert sum(bucket.spend(1).is_allowed for _ in range(20)) == 15


@pytest.mark.parametrize(
    ("endpoint", "params", "theirs", "us"),
    [
        ("klines", {}, 2, 1),
        ("exchangeInfo", {}, 20, 10),
        ("depth", {}, 5, 1),
        ("depth", {"limit": "101"}, 25, 5),
        ("depth", {"limit": "5000"}, 250, 50),
        ("ticker/24hr", {"symbol": "BTCUSDT"}, 2, 1),
        ("ticker/24hr", {}, 80, 40),
        ("time", {}, 1, 1),
    ],
)
def test_a_request_weighs_what_is_documented(
    endpoint: str, params: dict[str, str], theirs: int, us: int
) -> None:
    assert weight(BINANCE, endpoint, params) == theirs
    assert weight(BINANCE_US, endpoint, params) == us
