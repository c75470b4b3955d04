"""One `up` or `down` at a time on a data directory; a kill frees the lock."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import BusyError
from pipelines.local.service import Say, silent

POLL_S = 0.1


@contextmanager
def held(path: Path, say: Say = silent, *, wait_s: float = 300) -> Iterator[None]:
    """Hold the lock file `path`; the kernel frees it when this process ends.

    Raises:
        BusyError: another process still holds it after `wait_s` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_s
    told = False
    with path.open("a+", encoding="utf-8") as file:
        while not _try(file.fileno()):
            file.seek(0)
            holder = f"{path} is held by pid {file.read().strip() or 'unknown'}"
            if time.monotonic() > deadline:
                raise BusyError(f"{holder} for more than {wait_s} s; try again later")
            if not told:
                say(f"waiting: {holder}")
                told = True
            time.sleep(POLL_S)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
