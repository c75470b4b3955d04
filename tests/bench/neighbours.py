"""How many cores others took while something was measured (Linux).

A load average tells who waited, this tells what was taken: the machine's busy time
without our own process, its children and the server under measurement.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

TICKS = os.sysconf("SC_CLK_TCK")
# of the first line of /proc/stat: user, nice, system, irq, softirq, steal
BUSY = (1, 2, 3, 6, 7, 8)
OWN = slice(11, 15)  # utime, stime and those of children waited for, after the name


@dataclass
class Taken:
    """Cores that others took, on average; None where it can not be known."""

    cores: float | None = None


@contextmanager
def taken(*trees: int) -> Iterator[Taken]:
    """What others than this process and the process `trees` took during the block.

    A child of ours counts once it has ended and was waited for.
    """
    found = Taken()
    began, before = time.monotonic(), _foreign_s(trees)
    yield found
    after, elapsed = _foreign_s(trees), time.monotonic() - began
    if before is not None and after is not None and elapsed > 0:
        found.cores = max(0.0, (after - before) / elapsed)


def middle(found: Iterable[float | None]) -> float | None:
    """The median of what is known."""
    known = [cores for cores in found if cores is not None]
    return median(known) if known else None


def _foreign_s(trees: tuple[int, ...]) -> float | None:
    try:
        fields = Path("/proc/stat").read_text("ascii").splitlines()[0].split()
    except OSError:
        return None
    busy_s = sum(int(fields[i]) for i in BUSY) / TICKS
    return busy_s - sum(os.times()[:4]) - sum(map(_tree_s, set(trees)))


def _tree_s(pid: int) -> float:
    """Seconds of a process, of its children, and of theirs that have ended."""
    found = 0.0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text("utf-8").rpartition(")")
        except OSError:  # it has just ended
            continue
        told = rest.split()
        if pid in (int(name.split()[0]), int(told[1])):
            found += sum(map(int, told[OWN])) / TICKS
    return found
