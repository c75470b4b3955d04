"""The one module that runs dbt, which builds silver and gold.

Inside a flow every dbt node is a task of its own, so that a failed model is seen where
people look; from the command line dbt runs alone, without a Prefect server. dbt and
Prefect are imported by what needs them: with nothing to build, that is nobody.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from pipelines import warehouse
from pipelines.bronze import ddl
from pipelines.errors import BadDataError, SetupError, UpstreamError, interrupt_of
from pipelines.settings import PROJECT_DIR, export, settings
from pipelines.sources import declared
from prefect_flows.column_words import ColumnWords, docs_site
from prefect_flows.last_transform import LastTransform, Tests, project_hash

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventLevel, EventMsg

DBT_DIR = PROJECT_DIR / "dbt"
NOTHING_IS_WRONG = '{"error": ["NoNodesForSelectionCriteria"]}'
FAILED = {"error", "fail", "runtime error", "partial success"}

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
        words += ["test"]  # of an option given twice Prefect's runner keeps the last
    if tests == "bounded":
        words += ["--exclude", "tag:whole_history"]
    if select:  # a word that selects nothing is refused before anything is built
        words += ["--select", *select, "--warn-error-options", NOTHING_IS_WRONG]
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
    project: "ParsedProject | None" = None,
) -> TransformFacts:
    """Run a dbt command on the warehouse; as Prefect tasks inside a flow.

    A build of everything builds what waits: after one that ended well, only the models
    that have not taken in all of their batches, with what stands on them and their
    tests. With nothing new dbt is not started.

    `seen` is message of each node that begins: what it is, its number, and of how many.
    A `project` that is given is kept for the next run in this process.

    Raises:
        BusyError: another transform runs, and `wait_s` is over.
        SetupError: a word of the selection selects nothing.
        BadDataError: a node failed; the message names each with its reason.
        UpstreamError: the warehouse did not answer; the next run builds the rest.
    """
    export(warehouse.environment())
    with warehouse.locked(
        ["transform"], "transform", role="transformer", wait_s=wait_s, say=say
    ) as connection:
        began = time.monotonic()
        whole = _whole(words)
        last = LastTransform.read(connection) if whole else None
        selected = None
        if whole and not whole.full_refresh and last and last.serves(whole.tests):
            selected = last.waiting(connection, whole.tests)
            if not selected:
                return TransformFacts(0, {}, round(time.monotonic() - began, 3))
            words = [*words, "--select", *selected]
        _declare_bronze()
        if as_tasks:
            result = _invoke_as_tasks(list(words))
        else:
            result = _invoke(words, seen, project)
        if stopped := interrupt_of(result.exception):
            raise stopped
        try:
            facts = _facts(words, result)
            if words[0] == "build":
                columns = project.words() if project else ColumnWords.read(_target())
                columns.persist()
            if whole:
                before = last if selected else None
                LastTransform.of(_results(result), whole.tests, before).remember(
                    connection
                )
        except BadDataError as error:
            _check_connection(connection, error)
            raise
    return facts


def _declare_bronze() -> None:
    """Make the bronze tables of this release that no load has made yet."""
    with warehouse.connect("loader", warehouse.process_name("transform")) as loader:
        ddl.declare(loader, declared())


@dataclass(frozen=True)
class _Whole:
    """A build of everything."""

    tests: Tests
    full_refresh: bool


def _whole(words: Sequence[str]) -> _Whole | None:
    """What kind of a build of everything the command is, if it is one."""
    kinds: tuple[Tests, ...] = ("none", "bounded")
    for tests, full_refresh, drop in product(kinds, (False, True), (False, True)):
        if list(words) == arguments(
            tests=tests, full_refresh=full_refresh, drop_dependents=drop
        ):
            return _Whole(tests, full_refresh)
    return None


def _check_connection(connection: warehouse.Connection, error: BadDataError) -> None:
    try:
        connection.execute("select 1")
    except psycopg.OperationalError:
        raise UpstreamError(f"the warehouse did not answer: {error}") from error


class ParsedProject:
    """dbt's manifest of the project, made again where its files are others."""

    def __init__(self) -> None:
        self._hash = ""
        self._manifest: Any = None
        self._words: ColumnWords | None = None

    def manifest(self) -> Any:
        """What dbt calls a manifest.

        Raises:
            BadDataError: the project can not be parsed.
        """
        if (now := project_hash()) != self._hash:
            parsed = _invoke(["parse"])
            if not parsed.success:
                raise BadDataError(f"dbt parse: {parsed.exception}")
            self._hash, self._manifest, self._words = now, parsed.result, None
        return self._manifest

    def words(self) -> ColumnWords:
        """Those of the project's columns."""
        if self._words is None:
            self._words = ColumnWords.read(_target())
        return self._words


def _invoke(
    words: Sequence[str],
    seen: NodeSeen | None = None,
    project: ParsedProject | None = None,
) -> "dbtRunnerResult":
    from dbt.cli.main import dbtRunner

    target = _target()
    flags: dict[str, object] = {"project-dir": DBT_DIR, "profiles-dir": DBT_DIR}
    flags |= {"target-path": target, "log-path": target / "logs", "log-level": "none"}
    options = [str(w) for name, value in flags.items() for w in (f"--{name}", value)]
    callbacks = [_node_starts(seen)] if seen else []
    manifest = project.manifest() if project else None
    runner = dbtRunner(manifest, callbacks)
    return _or_parsed_anew(lambda: runner.invoke([*words, *options]))


def _or_parsed_anew(invoke: "Callable[[], dbtRunnerResult]") -> "dbtRunnerResult":
    """What dbt did; where no node ran, once more without what it kept of a parse.

    To that, the words of a model that moved to another YAML file are there twice.
    """
    result = invoke()
    kept = _target() / "partial_parse.msgpack"
    if _is_refused_parse(result) and kept.exists():
        kept.unlink()
        return invoke()
    return result


def _is_refused_parse(result: "dbtRunnerResult") -> bool:
    from dbt_common.exceptions import CompilationError

    error = result.exception
    return isinstance(error, CompilationError) and not _is_selection(error)


def _invoke_as_tasks(words: list[str]) -> "dbtRunnerResult":
    return _or_parsed_anew(lambda: _run_as_tasks(words))


def _run_as_tasks(words: list[str]) -> "dbtRunnerResult":
    from dbt.cli.main import dbtRunnerResult
    from prefect_dbt import PrefectDbtSettings

    from prefect_flows.dbt_tasks import NodeRunner

    target = _target()
    dbt_settings = PrefectDbtSettings(
        project_dir=DBT_DIR,
        profiles_dir=DBT_DIR,
        target_path=target,
        log_level=_event_level(),
    )
    runner = NodeRunner(settings=dbt_settings, raise_on_failure=False)
    try:
        outcome: dbtRunnerResult = runner.invoke(words, log_path=str(target / "logs"))
    except ValueError as error:  # what it makes of every exception inside dbt
        return runner.outcome or dbtRunnerResult(success=False, exception=error)
    finally:
        runner.join(timeout_s=60)  # a process that ended before was seen to abort
    return outcome


def _node_starts(seen: NodeSeen) -> "Callable[[EventMsg], None]":
    """dbt's callback, called for every event; it says what begins at `LogStartLine`."""

    def report_start(event: "EventMsg") -> None:
        if event.info.name == "LogStartLine":
            seen(event.data.description, event.data.index, event.data.total)

    return report_start


def _event_level() -> "EventLevel":
    """Prefect's level in dbt's words: `WARNING` is none of them, and raises."""
    from dbt_common.events.base_types import EventLevel
    from prefect.settings import get_current_settings

    level = logging.getLevelName(get_current_settings().logging.level)
    return EventLevel.INFO if level <= logging.INFO else EventLevel.WARN


def _target() -> Path:
    return settings().folder("dbt_target")


def _facts(words: Sequence[str], result: "dbtRunnerResult") -> TransformFacts:
    results = _results(result)
    if not result.success and not results:
        if _is_selection(result.exception):
            raise SetupError(str(result.exception).strip().splitlines()[-1].strip())
        raise BadDataError(f"dbt {words[0]}: {result.exception}")
    if not results and "--select" in words:
        raise SetupError("the selection holds nothing to build")
    failed = [r for r in results if str(r.status) in FAILED]
    if failed:
        message = "; ".join(f"{r.node.name}: {r.message}" for r in failed)
        raise BadDataError(
            f"dbt: {len(failed)} of {len(results)} nodes failed: {message}"
        )
    by_status = dict(Counter(str(node.status) for node in results))
    seconds = round(float(getattr(result.result, "elapsed_time", 0)), 3)
    return TransformFacts(len(results), by_status, seconds)


def _is_selection(error: BaseException | None) -> bool:
    """Whether the words of a selection are what dbt refuses."""
    from dbt.exceptions import InvalidSelectorError
    from dbt_common.exceptions import EventCompilationError

    return isinstance(error, InvalidSelectorError | EventCompilationError)


def _results(result: "dbtRunnerResult") -> list[Any]:
    return list(getattr(result.result, "results", None) or [])


def write_docs() -> Path:
    """The dbt docs site of the warehouse, as one file to open in a browser."""
    run_dbt(["docs", "generate"])
    return docs_site(_target())
