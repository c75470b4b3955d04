"""The machine: Python, the settings, room, and folders without an owner."""

import os
import shutil
import sys
from collections.abc import Iterator

from pipelines.errors import BullionError
from pipelines.local import place
from pipelines.settings import Settings, make_private, settings
from pipelines.upstream.health_check import CheckResult, HealthCheck

MIN_PYTHON = (3, 11)
MIN_FREE_GB = 2  # the demo's data and WAL (max_wal_size 2 GB) with room for a build


def strays() -> Iterator[CheckResult]:
    """Data of servers whose data directory is gone."""
    for folder in place.strays():
        yield CheckResult(
            "forgotten data",
            ok=False,
            meaning=f"{folder} belongs to a data directory that is gone",
            mend=(
                f"BULLION_DATA_DIR=$(cat {folder / place.ORIGIN}) bullion down --delete"
            ),
        )


def is_set(name: str) -> bool:
    """Whether the environment gives this setting."""
    return name in settings().model_fields_set


def _python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < MIN_PYTHON:
        raise BullionError(f"{version} is older than 3.11")
    return version


def _settings() -> str:
    given = [f.alias for n, f in Settings.model_fields.items() if is_set(n)]
    named = ", ".join(sorted(str(alias) for alias in given))
    return f"from the environment: {named}" if given else "all by default"


def _data_dir() -> str:
    folder = place.data_dir()
    make_private(folder)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} can not be written")
    outside = place.recorded(folder)
    return f"{folder} (servers' data in {outside})" if outside else str(folder)


def _disk() -> str:
    folder = place.recorded(place.data_dir()) or place.data_dir()
    while not folder.exists():
        folder = folder.parent
    free_gb = shutil.disk_usage(folder).free / 2**30
    meaning = f"{free_gb:.1f} GB free at {folder}"
    if free_gb < MIN_FREE_GB:
        raise BullionError(f"{meaning}: Postgres stops when it is full")
    return meaning


PYTHON = HealthCheck("python", _python, "make setup PYTHON=python3.11")
SETTINGS = HealthCheck(
    "settings", _settings, "correct the variable; .env.example has all"
)
DATA_DIR = HealthCheck("data directory", _data_dir, "set BULLION_DATA_DIR elsewhere")
DISK = HealthCheck(
    "disk",
    _disk,
    f"free {MIN_FREE_GB} GB there, or set BULLION_DATA_DIR to another disk",
)
