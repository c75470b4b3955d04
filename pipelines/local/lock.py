"""Lock files: one process at a time; the kernel frees them at a kill."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pipelines.errors import BusyError
from pipelines.local.service import Say, silent
from pipelines.settings import make_private

POLL_S = 0.1


@contextmanager
def held(path: Path, say: Say = silent, *, wait_s: float = 300) -> Iterator[None]:
    """Hold the lock file `path`; the kernel frees it when this process ends.

    Raises:
        BusyError: another process still holds it after `wait_s` seconds.
    """
    make_private(path.parent)
    deadline = time.monotonic() + wait_s
    is_said = False
    with path.open("a+", encoding="utf-8") as file:
        while not take(file):
            file.seek(0)
            holder = f"{path} is held by pid {file.read().strip() or 'unknown'}"
            if time.monotonic() > deadline:
                raise BusyError(f"{holder} for more than {wait_s} s; try again later")
            if not is_said:
                say(f"waiting: {holder}")
                is_said = True
            time.sleep(POLL_S)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def is_held(path: Path) -> bool:
    """Whether a process holds the lock `path`."""
    try:
        with path.open("a") as file:
            return not take(file)
    except FileNotFoundError:
        return False


def take(file: IO[Any], *, wait: bool = False) -> bool:
    """Take the lock of an open file; False when another has it and we do not wait."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
