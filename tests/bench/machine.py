"""The machine's facts: a figure says nothing without them."""

import os
import platform
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("dlt", "polars", "dbt-core", "ccxt", "kafka-python")


def facts(postgres: str) -> list[str]:
    """What the figures were measured on; `postgres` is what the server calls itself."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    system = f"{platform.system()} {platform.machine()}"
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"load average before: {loads()} on {os.cpu_count()} cores",
        f"{cpu_model()}, {memory_gb():.0f} GB, {system}",
        f"Python {platform.python_version()}, {postgres}, {libraries}",
    ]


def loads() -> str:
    """The load averages of 1, 5 and 15 minutes: who else was at work."""
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def cpu_model() -> str:
    """What the processor calls itself."""
    found = _first(Path("/proc/cpuinfo"), r"model name\s*:\s*(.+)")
    return found or platform.processor() or "processor unknown"


def memory_gb() -> float:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def peak_mb(pid: int | None = None) -> float:
    """The most memory that this process has held, or that of `pid` (Linux).

    `ru_maxrss` begins with what the parent held at the fork: Linux's own high-water
    mark of the process does not.
    """
    status = Path(f"/proc/{pid or 'self'}/status")
    kilobytes = _first(status, r"VmHWM:\s*(\d+)")
    if kilobytes or pid:
        return int(kilobytes or 0) / 1024
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _first(path: Path, pattern: str) -> str | None:
    try:
        found = re.search(pattern, path.read_text(encoding="utf-8"))
    except OSError:
        return None
    return found[1] if found else None
