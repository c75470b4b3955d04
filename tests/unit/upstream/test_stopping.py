"""A Ctrl-C that other code drops ends its block all the same."""

import signal
import time
from collections import deque
from contextlib import suppress
from threading import Event

import pytest

from pipelines.upstream import stopping
from pipelines.upstream.stopping import interruptible


@pytest.fixture(autouse=True)
def again_s(monkeypatch):
    monkeypatch.setattr(stopping, "AGAIN_S", 0.05)


def press():
    signal.raise_signal(signal.SIGINT)


def press_and_drop():
    with suppress(KeyboardInterrupt):
        press()


def wait():
    Event().wait(20)


def wait_and_drop():
    with suppress(KeyboardInterrupt):
        wait()


def seconds_until_stopped(*steps):
    """What a block of these steps takes, which a Ctrl-C ends."""
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), interruptible():
        deque(step() for step in steps)
    return time.monotonic() - began


@pytest.mark.parametrize("times", [0, 1, 4])
def test_a_dropped_ctrl_c_comes_again_until_the_block_ends(times):
    steps = [press_and_drop, *times * [wait_and_drop], wait]
    assert seconds_until_stopped(*steps) < 10


def test_it_is_raised_at_once():
    said = []
    seconds_until_stopped(press, lambda: said.append("it went on"))
    assert not said


def test_what_fails_on_the_way_out_is_no_error_of_its_own():
    seconds_until_stopped(press_and_drop, lambda: 1 / 0)


def test_without_a_ctrl_c_it_is():
    with pytest.raises(ZeroDivisionError), interruptible():
        1 / 0  # noqa: B018


def test_a_second_one_does_not_wait(monkeypatch):
    monkeypatch.setattr(stopping, "AGAIN_S", 60)
    assert seconds_until_stopped(press_and_drop, press, wait) < 10


def test_what_goes_on_to_its_end_is_stopped_there():
    before = signal.getsignal(signal.SIGINT)
    seconds_until_stopped(press_and_drop)
    assert signal.getsignal(signal.SIGINT) is before


def test_after_the_block_nothing_is_raised():
    with interruptible():
        pass
    seconds_until_stopped(press)
    time.sleep(0.2)
