"""Transform: silver and gold from what was loaded."""

from prefect import flow, get_run_logger, task

from prefect_flows.alerts import alerting
from prefect_flows.dbt_run import TransformFacts, arguments, run_dbt
from prefect_flows.last_transform import Tests
from prefect_flows.retries import may_pass

WAIT_S = 600.0  # a scheduled run waits for the one before it, then says who holds it


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


@alerting
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
