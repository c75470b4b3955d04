"""A clean end of a process that runs until it is stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

SIGNALS = (signal.SIGTERM, signal.SIGINT)


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
