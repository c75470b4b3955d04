"""Load sentiment: a task for every source that is on, their texts scored, the build."""

from collections.abc import Sequence
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.futures import wait
from prefect.task_runners import ThreadPoolTaskRunner

from pipelines.bronze.load import LoadFacts
from pipelines.collector.load_once import load_once
from pipelines.errors import UpstreamError
from pipelines.sources import members, source_spec
from pipelines.sources.sentiment.texts import score_items
from pipelines.upstream.options import LoadOptions
from prefect_flows.alerts import alerting
from prefect_flows.last_transform import Tests
from prefect_flows.load import WAIT_S
from prefect_flows.retries import may_pass, raise_failures
from prefect_flows.transform import transform

GROUP = "sentiment"


@task(
    name="load source",
    task_run_name="load {source}",
    retries=2,
    retry_delay_seconds=[10, 60],
    retry_condition_fn=may_pass,
)
def load_source(source: str) -> LoadFacts | None:
    """Load what is configured of one source; nothing of one that is off.

    Raises:
        UpstreamError: a part failed; the rest is loaded.
        BadDataError: the same, and another attempt would not help.
    """
    say = get_run_logger().info
    if off := source_spec(source).off():
        say(f"{source} is {off}")
        return None
    loaded, facts = load_once(source, LoadOptions(), wait_s=WAIT_S, say=say)
    raise_failures(loaded.failures)
    return facts


@task(name="score texts")
def score_texts(sources: Sequence[str]) -> list[LoadFacts]:
    """Score what these sources' items say and was not scored.

    Raises:
        BusyError, BadDataError, UpstreamError: as a load does.
    """
    return score_items(sources)


# the decorator asks for a runner of any future, and Prefect's own is invariant in it
SOURCES_AT_ONCE: Any = ThreadPoolTaskRunner(max_workers=8)


@alerting
@flow(name="load sentiment", task_runner=SOURCES_AT_ONCE)
def load_sentiment(
    sources: list[str] | None = None, *, build: bool = False, tests: Tests = "none"
) -> None:
    """Load the sources at once; one that fails does not stop the others.

    Args:
        sources: such as `github`; all that are on by default.
        build: whether to transform; another flow's transform takes it up otherwise.
        tests: the data tests to run as well.

    Raises:
        UpstreamError: a part failed; the message has each with its reason.
        BadDataError: a node of dbt failed.
    """
    names = sources or members(GROUP)
    futures = [load_source.submit(name) for name in names]
    wait(futures)
    score_texts(names)
    if build:
        transform(tests=tests)
    failed = [f for f in futures if not f.state.is_completed()]
    if failed:
        reasons = (str(future.result(raise_on_failure=False)) for future in failed)
        raise UpstreamError("; ".join(reasons))
