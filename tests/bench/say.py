"""Progress, on standard error: the tables have standard output to themselves."""

import sys
import time

BEGAN = time.monotonic()


def say(text: str) -> None:
    """A line, with the seconds since the start."""
    sys.stderr.write(f"{time.monotonic() - BEGAN:6.0f} s  {text}\n")
    sys.stderr.flush()
