"""Reconcile: yesterday by REST against the archive's file of it, as an artifact."""

from dataclasses import asdict
from datetime import date

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact

from pipelines.backfill import reconcile as comparison
from pipelines.backfill.reconcile import Reconciled
from prefect_flows.alerts import alerting
from prefect_flows.load import load


@task(name="compare")
def compare(day: date, exchanges: list[str], symbols: list[str]) -> list[Reconciled]:
    """What the archive changed of the day, by series."""
    compared = comparison.reconcile(day, exchanges, symbols)
    for one in compared:
        get_run_logger().info("day=%s %s", day, one)
    return compared


@alerting
@flow(name="reconcile")
def reconcile(
    day: date | None = None,
    exchanges: list[str] | None = None,
    symbols: list[str] | None = None,
) -> list[Reconciled]:
    """Load a day's files where they are new, and say what they change of its candles.

    The table of what was compared, equal and changed, and by how much, is an artifact
    of the run.

    Args:
        day: a UTC day such as `2024-03-01`; yesterday by default.
        exchanges: only these venues.
        symbols: only these symbols, which need not be configured.

    Raises:
        UpstreamError: the archive did not answer; the files in bronze are compared.
    """
    of = day or comparison.yesterday()
    loaded = load(
        "archive",
        symbols=symbols,
        since=of.isoformat(),
        until=comparison.day_after(of).isoformat(),
        feeds=["klines"],
        return_state=True,
    )
    compared = compare(of, exchanges or [], symbols or [])
    create_table_artifact(
        table=[{k: str(v) for k, v in asdict(one).items()} for one in compared],
        key="reconcile",
        description=f"Candles of {of} by REST against the archive's files",
    )
    loaded.result()
    return compared
