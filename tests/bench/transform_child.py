"""dbt on one size of history, in a process of its own: its manifest is parsed once."""

import time
from dataclasses import dataclass
from typing import Any

from dbt.cli.main import dbtRunner

from pipelines import warehouse
from pipelines.settings import PROJECT_DIR
from tests.bench import history
from tests.bench.child import Facts, answer
from tests.bench.history import REREAD

PLACES = [
    word
    for name in ("project-dir", "profiles-dir")
    for word in (f"--{name}", str(PROJECT_DIR / "dbt"))
]
QUIET = ["--quiet", "--no-write-json", "--log-level-file", "none"]
BUILD = ["build", "--selector", "transform"]
PROBE = "select sum(sqrt(n::numeric)) from generate_series(1, 200000) as s (n)"
GOOD = {"success", "pass", "warn", "no-op"}


@dataclass
class Dbt:
    """dbt in this process."""

    target: str
    manifest: Any = None

    def run(self, *words: str) -> Facts:
        """Seconds of a command: in all, of its models, of its tests.

        Raises:
            SystemExit: a node failed.
        """
        runner = dbtRunner(manifest=self.manifest)
        began = time.perf_counter()
        outcome = runner.invoke([*QUIET, *words, *PLACES, "--target-path", self.target])
        whole_s = time.perf_counter() - began
        if words[0] == "parse":
            self.manifest = outcome.result
            return {"whole_s": whole_s}
        results = list(getattr(outcome.result, "results", None) or [])
        wrong = [f"{r.node.name}: {r.message}" for r in results if r.status not in GOOD]
        if wrong or not outcome.success:
            raise SystemExit(f"dbt {words}: {wrong} {outcome.exception}")
        return (
            {"whole_s": whole_s}
            | {
                f"{kind}_s": sum(
                    r.execution_time for r in results if r.node.resource_type == kind
                )
                for kind in ("model", "test")
            }
            | {
                "models": {
                    r.node.name: r.execution_time
                    for r in results
                    if r.node.resource_type == "model"
                }
            }
        )


def probe_s() -> float:
    """Seconds of a fixed work in Postgres: how fast the machine is just now."""
    with warehouse.connect("transformer", "bench") as connection:
        began = time.perf_counter()
        connection.execute(PROBE)
        return time.perf_counter() - began


def measure(asked: Facts) -> Facts:
    """Grow history to `wanted` minutes; rebuild; hours; nothing new; audit."""
    began = time.perf_counter()
    dbt = Dbt(asked["target"])
    start = dbt.run("parse")
    first, last = asked["held"], max(asked["held"], asked["wanted"])
    if not first:
        history.begin()
    if last > first:
        history.grow(first, last)
    grown_s = time.perf_counter() - began - start["whole_s"]
    found: Facts = {"parse": start, "grown_s": grown_s, "hours": []}
    found["full"] = dbt.run(*BUILD, "--full-refresh")
    for _ in range(asked["hours"]):
        history.grow(last - REREAD, last + 60)
        last += 60
        found["hours"].append({"probe_s": probe_s(), **dbt.run(*BUILD)})
    found["nothing"] = dbt.run(*BUILD)
    if asked["audit"]:
        found["audit"] = dbt.run("test", "--selector", "audit")
    return found | {"held": last}


if __name__ == "__main__":
    answer(measure)
