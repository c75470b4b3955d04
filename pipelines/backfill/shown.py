"""Plans and chunks as a person reads them; machines get every column by `--json`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pipelines.backfill.plan import Planned

MEGABYTE = 1_000_000


def planned(found: Sequence[Planned]) -> list[dict[str, Any]]:
    """A row a plan: what is held, and what is left with what it will take."""
    return [
        {
            "plan": one.plan_id,
            "series": f"{one.symbol} {one.exchange_id} {one.feed}",
            "span": span(one.since_at, one.until_at),
            "held": f"{one.held_minutes:,} of {one.minutes:,} min",
            "chunks": one.chunks_count,
            "files": one.files_count,
            "requests": one.requests_count,
            "bytes": size(one.bytes_count),
            "time": f"about {duration(one.seconds)}",
        }
        for one in found
    ]


def notes(found: Sequence[Planned]) -> list[str]:
    """On which figures the times stand, and what nobody has."""
    told = [f"time by: {rates}" for rates in dict.fromkeys(one.rates for one in found)]
    told += [
        f"plan {one.plan_id}: {one.not_had_minutes:,} min are not to be had:"
        f" {one.not_had}"
        for one in found
        if one.not_had
    ]
    return told


def plans(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a plan: its chunks by state, and what they brought."""
    return [
        {
            "plan": row["plan_id"],
            "series": f"{row['symbol']} {row['exchange_id']} {row['feed']}",
            "span": span(row["since_at"], row["until_at"]),
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
    shown = [
        {
            "chunk": f"{row['plan_id']}.{row['chunk_id']}",
            "span": span(row["since_at"], row["until_at"]),
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
    is_told = any(row["reason"] for row in shown)
    return [{k: v for k, v in row.items() if is_told or k != "reason"} for row in shown]


def span(start: datetime, end: datetime) -> str:
    """Two times, as short as they can be told."""
    return f"{_time(start)} to {_time(end)}"


def size(count: int) -> str:
    """Bytes in megabytes."""
    return f"{count / MEGABYTE:,.1f} MB"


def duration(seconds: int) -> str:
    """Seconds as days, hours, minutes."""
    return str(timedelta(seconds=seconds))


def _time(time: datetime) -> str:
    is_day = (time.hour, time.minute) == (0, 0)
    return time.strftime("%Y-%m-%d" if is_day else "%Y-%m-%dT%H:%M")
