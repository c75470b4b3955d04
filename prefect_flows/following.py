"""Silver and gold as soon as something was loaded, for as long as it runs."""

from collections.abc import Callable
from threading import Event

from pipelines.collector.history import Pauses
from pipelines.errors import BullionError
from prefect_flows.dbt_run import (
    NodeSeen,
    ParsedProject,
    TransformFacts,
    arguments,
    run_dbt,
)
from prefect_flows.last_transform import Tests

LOOK_S = 1.0  # between looks for what was loaded, which take some 30 ms of CPU
WAIT_S = 600.0  # another transform ends first
FAILED = Pauses(first_s=5.0, most_s=300.0)


def follow(
    stop: Event,
    tests: Tests,
    built: Callable[[TransformFacts], None],
    say: Callable[[str], None],
    seen: NodeSeen | None = None,
) -> None:
    """Build what waits whenever a load has ended, until `stop` is set.

    What fails is said, and tried again after a pause that grows. dbt's project is
    parsed once. A build under way ends first.
    """
    words, project = arguments(tests=tests), ParsedProject()
    failures, pause_s = 0, 0.0
    while not stop.wait(pause_s):
        try:
            facts = run_dbt(words, wait_s=WAIT_S, say=say, seen=seen, project=project)
        except BullionError as error:
            failures += 1
            pause_s = FAILED.after(failures)
            say(f"{error}; tried again in {pause_s:.0f} s")
            continue
        failures, pause_s = 0, LOOK_S
        if facts.nodes_count:
            built(facts)
