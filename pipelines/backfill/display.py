"""Plans and chunks as a person reads them; machines get every column by `--json`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pipelines.backfill.plan import Planned
from pipelines.upstream.extents import at
from pipelines.upstream.feed import ExtentUnit

MEGABYTE = 1_000_000


def planned(plans: Sequence[Planned]) -> list[dict[str, Any]]:
    """A row a plan: what bronze has, and what is left with its cost."""
    return [
        {
            "plan": plan.plan_id,
            "series": _series(plan.scope, plan.subject, plan.feed),
            "span": extent(plan.unit, plan.from_value, plan.until_value),
            "held": f"{plan.held_steps:,} of {steps(plan.unit, plan.steps)}",
            "chunks": plan.chunks_count,
            "files": plan.files_count,
            "requests": plan.requests_count,
            "bytes": size(plan.bytes_count),
            "time": f"about {duration(plan.seconds)}",
        }
        for plan in plans
    ]


def notes(plans: Sequence[Planned]) -> list[str]:
    """The figures behind the times, what no source has, and what quotas hold."""
    rates = dict.fromkeys(plan.rates for plan in plans)
    not_had = [
        f"plan {plan.plan_id}: {steps(plan.unit, plan.not_had_steps)} are not to be"
        f" had: {plan.not_had}"
        for plan in plans
        if plan.not_had
    ]
    quotas = [f"plan {plan.plan_id}: {plan.quota}" for plan in plans if plan.quota]
    return [f"time by: {rate}" for rate in rates] + not_had + quotas


def plans(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a plan: its chunks by state, and their sums."""
    return [
        {
            "plan": row["plan_id"],
            "series": _series(row["scope"], row["subject"], row["feed"]),
            "span": extent(row["unit"], row["from_value"], row["until_value"]),
            "chunks": row["chunks_count"],
            **{
                name: row[f"{name}_count"]
                for name in ("done", "running", "failed", "waiting")
            },
            "rows": row["rows_count"],
            "requests": row["requests_count"],
            "bytes": size(row["bytes_count"]),
        }
        for row in rows
    ]


def chunks(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a chunk: what became of it; the reason only where there is one."""
    table = [
        {
            "chunk": f"{row['plan_id']}.{row['chunk_id']}",
            "span": extent(row["unit"], row["from_value"], row["until_value"]),
            "by": row["route"],
            "files": row["files_count"],
            "state": row["state"],
            "tries": row["attempts_count"],
            "rows": row["rows_count"],
            "requests": row["requests_count"],
            "bytes": None if row["bytes_count"] is None else size(row["bytes_count"]),
            "s": row["seconds"],
            "sha256": (row["sha256"] or "")[:8],
            "reason": row["reason"],
        }
        for row in rows
    ]
    if not any(row["reason"] for row in table):
        for row in table:
            del row["reason"]
    return table


def extent(unit: ExtentUnit, start: int, end: int) -> str:
    """Two times, or numbers, as short as possible."""
    if unit == "number":
        return f"{start:,} to {end:,}"
    return f"{_time(start)} to {_time(end)}"


def steps(unit: ExtentUnit, count: int) -> str:
    """Minutes of a time; numbers have no name."""
    return f"{count:,}" if unit == "number" else f"{count:,} min"


def size(count: int) -> str:
    """Bytes in megabytes."""
    return f"{count / MEGABYTE:,.1f} MB"


def duration(seconds: int) -> str:
    """Seconds as days, hours, minutes."""
    return str(timedelta(seconds=seconds))


def _series(scope: str, subject: str, feed: str) -> str:
    return " ".join(filter(None, (subject, scope, feed)))


def _time(ms: int) -> str:
    time = at(ms)
    is_day = (time.hour, time.minute) == (0, 0)
    return time.strftime("%Y-%m-%d" if is_day else "%Y-%m-%dT%H:%M")
