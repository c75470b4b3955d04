"""The stop event of a flow that runs until it is cancelled."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.upstream.stopping import stopped_by_signals


@contextmanager
def cancelled() -> Iterator[threading.Event]:
    """What a cancelled run sets: Prefect sends SIGTERM to the run's own process."""
    if threading.current_thread() is threading.main_thread():
        with stopped_by_signals() as stop:
            yield stop
    else:  # signals reach the main thread alone
        yield threading.Event()
