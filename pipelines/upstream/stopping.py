"""How a process is stopped: at a clean end, or by a Ctrl-C that is not lost."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread, get_ident
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
AGAIN_S = 5


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """An event that SIGTERM and Ctrl-C set; a second one ends the process at once."""
    stop = Event()

    def stop_once(number: int, _frame: object) -> None:
        signal.signal(number, before[signal.Signals(number)])
        stop.set()

    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, stop_once)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interruptible() -> Iterator[Event]:
    """A block of the main thread that a Ctrl-C ends, whatever code in it drops one.

    It is raised again every few seconds until the block ends. Prefect's engine drops
    one that comes after a run's final state; Python, one within `__del__`. The event
    tells that it came.

    Raises:
        KeyboardInterrupt: it came, and the block went on to its end or failed.
    """
    stopped, ended, main_thread = Event(), Event(), get_ident()

    def again() -> None:
        while not ended.wait(AGAIN_S):
            signal.pthread_kill(main_thread, signal.SIGINT)  # wakes one that waits

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        Thread(target=again, daemon=True).start()
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
        _raise_if(stopped)
    except Exception:
        _raise_if(stopped)
        raise
    finally:
        ended.set()
        signal.signal(signal.SIGINT, before)


def _raise_if(stopped: Event) -> None:
    if stopped.is_set():
        raise KeyboardInterrupt
