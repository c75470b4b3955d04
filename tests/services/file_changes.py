"""A kill right before the nth change of a file system: every moment, not a random one.

Python tells of each change before it makes it: https://docs.python.org/3/library/audit_events.html
"""

import os
import signal
import sys
import threading
from typing import Any

CHANGES = {"os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.utime"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def die_before_change(nth: int) -> None:
    """Let this process be killed before its nth change of the file system from now."""
    lock = threading.Lock()
    seen = 0

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        if event not in CHANGES and not (event == "open" and args[2] & WRITES):
            return
        with lock:
            seen += 1
            if seen == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
