"""dbt: a full build, one new hour of 50 instruments, nothing new, all data tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import child
from tests.bench.history import INSTRUMENTS
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Memory, Server
from tests.bench.tables import Table

HOUR = (
    "In a process whose manifest is parsed: `dbt build --selector transform`, which is"
    " seeds, models, and the tests that run with every transform. *Probe*: a fixed work"
    " in Postgres just before each hour, which tells how busy the machine was."
)


@dataclass(frozen=True)
class Size:
    """What dbt took on one size of history."""

    candles: int
    took: dict[str, Any]
    memory: Memory

    def hours(self, name: str) -> list[float]:
        """One figure of every new hour."""
        return [hour[name] for hour in self.took["hours"]]

    def median(self, name: str) -> float:
        """The middle one of them."""
        return median(self.hours(name))

    @property
    def in_probes(self) -> float:
        """The hour as a multiple of what the probe before it took."""
        pairs = zip(self.hours("whole_s"), self.hours("probe_s"), strict=True)
        return median(whole_s / probe_s for whole_s, probe_s in pairs)


def sizes(server: Server, options: Options, folder: Path) -> list[Size]:
    """Every size on one warehouse, smallest first; without `dbt`, only the largest."""
    held, found = 0, []
    is_measured = "dbt" in options.only
    for candles in options.candles if is_measured else options.candles[-1:]:
        asked = {
            "held": held,
            "wanted": candles // INSTRUMENTS,
            "hours": options.repeats if is_measured else 0,
            "audit": is_measured,
            "target": str(folder / "dbt_target"),
        }
        with server.watched() as memory:
            took = child.run("tests.bench.transform_child", asked)
        held = took["held"]
        found.append(Size(candles, took, memory))
        full_s = took["full"]["whole_s"]
        hours = ", ".join(f"{hour['whole_s']:.2f} s" for hour in took["hours"])
        say(f"dbt {candles:,} candles: full {full_s:.1f} s; hours {hours or 'none'}")
    return found


def tables(found: list[Size]) -> Iterator[Table]:
    """What dbt took on each size, the hour as a multiple of the smallest one's."""
    yield _hours(found)
    yield _models(found)
    yield _full(found)
    yield Table(
        "Memory of dbt and of Postgres under it, peaks in MB",
        ("1m candles", "dbt", "largest Postgres process", "all Postgres processes"),
        [
            (s.candles, s.took["peak_mb"], s.memory.one_mb, s.memory.all_mb)
            for s in found
        ],
        ("Postgres: private memory, beside shared_buffers.",),
    )


def _hours(found: list[Size]) -> Table:
    smallest = found[0]
    return Table(
        f"One new hour of {INSTRUMENTS} instruments, seconds, medians",
        (
            *("1m candles of history", "hours", "in all", "slowest", "models", "tests"),
            *("nothing new", "probe", "times the smallest", "the same by probe"),
        ),
        [
            (
                size.candles,
                len(size.took["hours"]),
                size.median("whole_s"),
                max(size.hours("whole_s")),
                size.median("model_s"),
                size.median("test_s"),
                size.took["nothing"]["whole_s"],
                size.median("probe_s"),
                size.median("whole_s") / smallest.median("whole_s"),
                size.in_probes / smallest.in_probes,
            )
            for size in found
        ],
        (HOUR,),
    )


def _models(found: list[Size]) -> Table:
    """The hour and the full build by model, at the largest size."""
    took = found[-1].took
    names = [n for n in took["full"]["models"] if not n.startswith("stg_")]
    return Table(
        f"Seconds by model at {found[-1].candles:,} candles".replace(",", " "),
        ("model", "new hour", "full build"),
        [
            (
                name,
                median(hour["models"][name] for hour in took["hours"]),
                took["full"]["models"][name],
            )
            for name in names
        ],
    )


def _full(found: list[Size]) -> Table:
    return Table(
        "Full build, and every data test over all of history, seconds",
        (
            *("1m candles", "full build", "1m candles/s"),
            *("all data tests", "tests, summed", "parse"),
        ),
        [
            (
                size.candles,
                size.took["full"]["whole_s"],
                size.candles / size.took["full"]["whole_s"],
                size.took["audit"]["whole_s"],
                size.took["audit"]["test_s"],
                size.took["parse"]["whole_s"],
            )
            for size in found
        ],
    )
