"""Transform: dbt builds silver and gold. The one module that runs dbt.

Inside a flow every dbt node is a task of its own, so that a failed model is seen where
people look; from the command line dbt runs alone, without a Prefect server.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.events.base_types import EventLevel, EventMsg
from prefect import flow, get_run_logger, task
from prefect.settings import get_current_settings
from prefect_dbt import PrefectDbtRunner, PrefectDbtSettings

from pipelines import warehouse
from pipelines.errors import BadDataError, UpstreamError
from pipelines.settings import PROJECT_DIR, export, settings
from prefect_flows.retries import may_pass

DBT_DIR = PROJECT_DIR / "dbt"
FAILED = {"error", "fail", "runtime error", "partial success"}
WAIT_S = 600.0  # a scheduled run waits for the one before it, then says who holds it

Tests = Literal["none", "bounded", "all"]
NodeSeen = Callable[[str, int, int], None]


@dataclass(frozen=True)
class TransformFacts:
    """What a run of dbt did: nodes by status, and seconds."""

    nodes_count: int
    by_status: dict[str, int]
    seconds: float


def arguments(
    *,
    select: Sequence[str] = (),
    full_refresh: bool = False,
    drop_dependents: bool = False,
    tests: Tests = "bounded",
) -> list[str]:
    """dbt's command line for a build; unit tests belong to CI."""
    words = ["build", "--exclude-resource-type", "unit_test"]
    if tests == "none":
        words += ["--exclude-resource-type", "test"]
    if tests == "bounded":
        words += ["--exclude", "tag:whole_history"]
    if select:
        words += ["--select", *select]
    if full_refresh:
        words += ["--full-refresh"]
    if drop_dependents:
        words += ["--vars", "drop_dependents: true"]
    return words


def run_dbt(
    words: Sequence[str],
    *,
    as_tasks: bool = False,
    wait_s: float = 0,
    say: Callable[[str], None] = lambda _: None,
    seen: NodeSeen | None = None,
) -> TransformFacts:
    """Run a dbt command on the warehouse; as Prefect tasks inside a flow.

    `seen` is told of each node that begins: what it is, its number, and of how many.

    Raises:
        BusyError: another transform runs, and `wait_s` is over.
        BadDataError: a node failed; the message names each with its reason.
        UpstreamError: the warehouse went away meanwhile; what was not built is
            built by the next run.
    """
    export(warehouse.environment())
    with warehouse.locked(
        ["transform"], "transform", role="transformer", wait_s=wait_s, say=say
    ) as held:
        result = _invoke(list(words), as_tasks=as_tasks, seen=seen)
        if isinstance(result.exception, KeyboardInterrupt):
            raise result.exception
        try:
            return _facts(words[0], result)
        except BadDataError as error:
            _check_it_answers(held, error)
            raise


def _check_it_answers(held: warehouse.Connection, error: BadDataError) -> None:
    try:
        held.execute("select 1")
    except psycopg.OperationalError:
        raise UpstreamError(f"the warehouse went away: {error}") from error


def _invoke(
    words: list[str], *, as_tasks: bool, seen: NodeSeen | None
) -> dbtRunnerResult:
    target = _target()
    flags: dict[str, object] = {"project-dir": DBT_DIR, "profiles-dir": DBT_DIR}
    flags |= {"target-path": target, "log-path": target / "logs", "log-level": "none"}
    options = [str(w) for name, value in flags.items() for w in (f"--{name}", value)]
    if not as_tasks:
        callbacks = [_node_starts(seen)] if seen else []
        return dbtRunner(callbacks=callbacks).invoke([*words, *options])
    # the runner reads the manifest before it starts dbt
    parsed = dbtRunner().invoke(["parse", *options])
    if not parsed.success:
        return parsed
    known = PrefectDbtSettings(
        project_dir=DBT_DIR,
        profiles_dir=DBT_DIR,
        target_path=target,
        log_level=_event_level(),
    )
    runner = PrefectDbtRunner(settings=known, raise_on_failure=False)
    others = set(threading.enumerate())
    try:
        outcome: dbtRunnerResult = runner.invoke(words, log_path=str(target / "logs"))
    except ValueError as error:  # what it makes of every exception inside dbt
        return dbtRunnerResult(success=False, exception=error)
    finally:
        # the runner leaves its nodes' tasks to threads of their own; a process that
        # ended before them would lose their states, and was seen to abort
        for thread in set(threading.enumerate()) - others:
            if thread.name.endswith("(run_task)"):
                thread.join(timeout=60)
    return outcome


def _node_starts(seen: NodeSeen) -> Callable[[EventMsg], None]:
    """dbt's callback, called for every event; it says what begins at `LogStartLine`."""

    def heard(event: EventMsg) -> None:
        if event.info.name == "LogStartLine":
            seen(event.data.description, event.data.index, event.data.total)

    return heard


def _event_level() -> EventLevel:
    """Prefect's level in dbt's words: `WARNING` is none of them, and raises."""
    level = logging.getLevelName(get_current_settings().logging.level)
    return EventLevel.INFO if level <= logging.INFO else EventLevel.WARN


def _target() -> Path:
    return settings().data_dir.absolute() / "dbt_target"


def _facts(command: str, result: dbtRunnerResult) -> TransformFacts:
    outcome: Any = result.result
    results = getattr(outcome, "results", None) or []
    if not result.success and not results:
        raise BadDataError(f"dbt {command}: {result.exception}")
    failed = [r for r in results if str(r.status) in FAILED]
    if failed:
        told = "; ".join(f"{r.node.name}: {r.message}" for r in failed)
        raise BadDataError(f"dbt: {len(failed)} of {len(results)} nodes failed: {told}")
    by_status: dict[str, int] = {}
    for node in results:
        by_status[str(node.status)] = by_status.get(str(node.status), 0) + 1
    seconds = round(float(getattr(outcome, "elapsed_time", 0)), 3)
    return TransformFacts(len(results), by_status, seconds)


def write_docs() -> Path:
    """The dbt docs site of the warehouse, as one file to open in a browser."""
    run_dbt(["docs", "generate", "--static"])
    return _target() / "static_index.html"


@task(
    name="build",
    retries=1,
    retry_delay_seconds=30,
    retry_condition_fn=may_pass,
    tags=["dbt"],
)
def build(words: list[str]) -> TransformFacts:
    """Run dbt; its nodes are tasks below this one.

    Raises:
        BullionError: as `run_dbt`; only what may pass by itself is tried again.
    """
    return run_dbt(words, as_tasks=True, wait_s=WAIT_S, say=get_run_logger().info)


@flow(name="transform")
def transform(
    select: list[str] | None = None,
    *,
    full_refresh: bool = False,
    tests: Tests = "bounded",
) -> TransformFacts:
    """Build silver and gold from what was loaded; one task per dbt node.

    Args:
        select: dbt's selection syntax, such as `fct_candles+`; everything by default.
        full_refresh: build from nothing instead of from what was loaded since.
        tests: the data tests to run as well: `bounded` are those whose cost does not
            grow with history.

    Raises:
        BadDataError: a node of dbt failed.
    """
    words = arguments(select=select or (), full_refresh=full_refresh, tests=tests)
    return build(words)
