"""What providers count for a call: `seeds/rpc_method_units.csv`, with its sources."""

import csv
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from pipelines.settings import PROJECT_DIR

UNITS = PROJECT_DIR / "seeds" / "rpc_method_units.csv"
ANY = "*"


class MethodUnits(NamedTuple):
    """Of one call: what it takes of a day's quota, and of a second's rate."""

    quota: int = 1
    throughput: int = 1


def units_of(provider: str, method: str) -> MethodUnits:
    """The units of the method; one where nothing is said of it."""
    known = _known()
    return known.get((provider, method)) or known.get((provider, ANY)) or MethodUnits()


@cache
def _known() -> Mapping[tuple[str, str], MethodUnits]:
    with UNITS.open(newline="", encoding="utf-8") as file:
        return {
            (row["provider"], row["method"]): MethodUnits(
                int(row["units"]), int(row["throughput_units"])
            )
            for row in csv.DictReader(file)
        }
