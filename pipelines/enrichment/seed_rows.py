"""Rows of the reviewed reference data, and what names their content."""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from pipelines.settings import PROJECT_DIR

SEEDS = PROJECT_DIR / "seeds"
DIGITS = 8


def path_of(name: str) -> Path:
    """The file of a seed."""
    return SEEDS / f"{name}.csv"


def rows_of(name: str) -> Sequence[Mapping[str, str]]:
    """The rows of a seed."""
    with path_of(name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def digest(*names: str) -> str:
    """What the seeds say, as a few digits: part of the version of what reads them."""
    content = b"".join(path_of(name).read_bytes() for name in names)
    return sha256(content).hexdigest()[:DIGITS]
