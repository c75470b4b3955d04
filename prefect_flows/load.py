"""Load: a source into bronze, a task for each scope, then the build of the new rows."""

from typing import Any

from prefect import flow, get_run_logger, task
from prefect.futures import wait
from prefect.task_runners import ThreadPoolTaskRunner

from pipelines.bronze.load import LoadFacts
from pipelines.collector.load_once import load_once
from pipelines.config.rows import configuration
from pipelines.errors import UpstreamError
from pipelines.sources import source_spec
from pipelines.sources.origin import settle_origin
from pipelines.upstream.options import LoadOptions
from prefect_flows.alerts import alerting
from prefect_flows.last_transform import Tests
from prefect_flows.retries import may_pass, raise_failures
from prefect_flows.transform import transform

WAIT_S = 600.0  # for a load of the same series that is under way


@task(
    name="load scope",
    task_run_name="load {source} {scope}",
    retries=2,
    retry_delay_seconds=[10, 60],
    retry_condition_fn=may_pass,
)
def load_scope(
    source: str,
    scope: str,
    symbols: list[str],
    *,
    since: str | None = None,
    until: str | None = None,
    feeds: list[str] | None = None,
) -> LoadFacts | None:
    """Load series of one scope, all that are configured where none is named.

    Raises:
        UpstreamError: a part failed; the rest is loaded.
        BadDataError: the same, and another attempt would not help.
    """
    options = LoadOptions.parse([scope], symbols, since, until, feeds=feeds)
    say = get_run_logger().info
    loaded, facts = load_once(source, options, wait_s=WAIT_S, say=say)
    raise_failures(loaded.failures)
    return facts


# the decorator asks for a runner of any future, and Prefect's own is invariant in it
SCOPES_AT_ONCE: Any = ThreadPoolTaskRunner(max_workers=8)


@alerting
@flow(name="load", task_runner=SCOPES_AT_ONCE)
def load(
    source: str = "exchange",
    exchanges: list[str] | None = None,
    symbols: list[str] | None = None,
    *,
    since: str | None = None,
    until: str | None = None,
    feeds: list[str] | None = None,
    build: bool = False,
    tests: Tests = "none",
) -> None:
    """Load the chosen venues at once; one that fails does not stop the others.

    What could be loaded is built even where a part failed; the flow fails then, after
    the build.

    Args:
        source: `exchange`, by REST; `archive`, verified bulk files.
        exchanges: venues by id, such as `kraken`; all that are enabled by default.
        symbols: ccxt's unified symbols, such as `BTC/USD`; with `exchanges` each is
            loaded on each of them, by default what is configured.
        since: from, ISO UTC, included; or so long ago, such as `-P1D`. Of the archive
            yesterday by default.
        until: to, ISO UTC, excluded; up to the venue's now by default.
        feeds: of exchanges by default what is configured, and candles of a symbol that
            is named; of the archive klines.
        build: whether to transform; another flow's transform takes it up otherwise.
        tests: the data tests to run as well.

    Raises:
        UpstreamError: a part failed; the message has each with its reason.
        SetupError: the options name something unknown or not configured.
        BadDataError: a node of dbt failed.
    """
    settle_origin(get_run_logger().info)
    options = LoadOptions.parse(exchanges, symbols, since, until, feeds=feeds)
    subjects: dict[str, list[str]] = {}
    for scope, subject in source_spec(source).chosen(configuration(), options):
        subjects.setdefault(scope, []).append(subject)
    task_of_source = load_scope.with_options(tags=[source])
    futures = [
        task_of_source.submit(
            source,
            scope,
            named if symbols else [],
            since=since,
            until=until,
            feeds=feeds,
        )
        for scope, named in subjects.items()
    ]
    wait(futures)
    if build:
        transform(tests=tests)
    failed = [f for f in futures if not f.state.is_completed()]
    if failed:
        reasons = (str(future.result(raise_on_failure=False)) for future in failed)
        raise UpstreamError("; ".join(reasons))
