"""Backfill: plan a span, apply the plan, build the new rows."""

from prefect import flow, get_run_logger, task

from pipelines.backfill import ledger
from pipelines.backfill.apply import Applied, apply
from pipelines.backfill.asked import away
from pipelines.backfill.plan import Planned, plan
from pipelines.backfill.plan_request import PlanRequest, parse, parse_numbers
from pipelines.config.rows import configuration
from pipelines.sources.connectors import connected
from pipelines.sources.origin import settle_origin
from pipelines.warehouse import connect, process_name
from prefect_flows.alerts import DOUBTED, alert, alerting
from prefect_flows.last_transform import Tests
from prefect_flows.retries import may_pass, raise_failures
from prefect_flows.transform import transform


@task(
    name="plan",
    retries=2,
    retry_delay_seconds=[10, 60],
    retry_condition_fn=may_pass,
    tags=["backfill"],
)
def make_plans(requests: list[PlanRequest]) -> list[Planned]:
    """Write down which chunks the spans take; a plan for each series and feed."""
    settle_origin(get_run_logger().info, loads=False)
    with connected(configuration()) as connectors:
        planned = [plan(one, connectors) for one in requests]
    for one in planned:
        get_run_logger().info("%s", one)
    return planned


@task(
    name="apply",
    retries=2,
    retry_delay_seconds=[60, 600],
    retry_condition_fn=may_pass,
    tags=["backfill"],
)
def apply_plans(plan_ids: list[int], parallel: int) -> Applied:
    """Run what is left of the plans; an attempt goes on where the one before stopped.

    Raises:
        UpstreamError: someone does not answer, or chunks failed; the others are loaded.
        BadDataError: the same, and another attempt would not help.
    """
    logger, config = get_run_logger(), configuration()
    say = logger.info
    with connect("loader", process_name("backfill")) as connection:
        plans = ledger.plans(connection, plan_ids)
        settle_origin(say)
        left_out = away(connection, plans, config, say)
    with connected(config) as connectors:
        applied = apply(
            connectors,
            plans,
            parallel=parallel,
            say=say,
            left_out=left_out,
            doubted=lambda doubts: alert(logger, DOUBTED, "; ".join(doubts)),
        )
    raise_failures([*left_out.values(), *applied.failures])
    return applied


@alerting
@flow(name="backfill")
def backfill(
    since: str,
    until: str | None = None,
    exchanges: list[str] | None = None,
    symbols: list[str] | None = None,
    feeds: list[str] | None = None,
    *,
    parallel: int = 2,
    tests: Tests = "bounded",
) -> None:
    """Plan a span of series, apply the plans, then transform.

    What could be loaded is built even where a chunk failed; the flow fails then, after
    the build.

    Args:
        since: from, ISO UTC, included; or so long ago, such as `-P90D`.
        until: to, ISO UTC, excluded; up to the venue's now by default.
        exchanges: venues by id, such as `kraken`; all that are enabled by default.
        symbols: ccxt's unified symbols, such as `BTC/USD`; what is configured by
            default.
        feeds: `candles`, `trades`, `funding_rates`; candles by default.
        parallel: chunks that run at the same time.
        tests: the data tests to run as well.

    Raises:
        UpstreamError: chunks failed; the rest is loaded and built.
        SetupError: the options name something unknown or not configured.
    """
    requests = parse(
        configuration(), exchanges, symbols, feeds=feeds, since=since, until=until
    )
    _load(requests, parallel, tests)


@alerting
@flow(name="backfill chain")
def backfill_chain(
    chains: list[str],
    first: int = 0,
    end: int | None = None,
    *,
    parallel: int = 2,
    tests: Tests = "bounded",
) -> None:
    """Plan blocks of chains by number, apply the plans, then transform.

    What could be loaded is built even where a chunk failed; the flow fails then, after
    the build.

    Args:
        chains: as `config.chains` has them.
        first: from this block, included.
        end: to this block, excluded; up to the newest by default.
        parallel: chunks that run at the same time.
        tests: the data tests to run as well.

    Raises:
        UpstreamError: chunks failed; the rest is loaded and built.
        SetupError: a chain is not known, or the span is empty.
    """
    _load(parse_numbers(chains, (first, end), None), parallel, tests)


def _load(requests: list[PlanRequest], parallel: int, tests: Tests) -> None:
    plans = make_plans(requests)
    plan_ids = [one.plan_id for one in plans]
    applied = apply_plans(plan_ids, parallel, return_state=True)
    transform(tests=tests)
    applied.result()
