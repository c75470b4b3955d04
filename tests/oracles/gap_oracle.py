"""What gaps and instruments must be, in plain Python."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from tests.histories.candle_histories import MINUTE, Load, Row
from tests.oracles.candle_oracle import Account, accounts, silent
from tests.oracles.config_oracle import Configured
from tests.oracles.evidence_oracle import at, graded, rows
from tests.oracles.life_oracle import lives

STATE = ("status", "is_active")


def gaps(
    loads: Sequence[Load], configured: Configured | None = None
) -> list[tuple[Any, ...]]:
    """The rows of fct_gaps: key, end, minutes and cause, ordered by key."""
    stands, unasked = graded(loads), unasked_minutes(loads, configured)
    told = lives(loads)
    found = []
    for key, account in accounts(loads).items():
        minutes = stands.get(key, {})
        empty = _spoken_for(account) - minutes.keys()
        silences = silent(minutes, account)
        by_stamp = {
            stamp: "silent, unproven"
            if stamp in silences - account.full
            else _cause(stamp, account, minutes)
            for stamp in empty
        }
        first = min(minutes, default=max(empty, default=0) + 1)
        for stamp in empty if key in told else ():
            outside = told[key].cause(stamp, is_before_candles=stamp < first)
            by_stamp[stamp] = outside or by_stamp[stamp]
        by_stamp |= unasked.get(key, {})
        causes = [(s, at(s).date(), by_stamp[s]) for s in sorted(by_stamp)]
        numbered = enumerate(causes)
        for (_, _, cause), group in groupby(
            numbered, lambda n: (n[1][0] - n[0] * MINUTE, n[1][1], n[1][2])
        ):
            stamps = [stamp for _, (stamp, _, _) in group]
            end = at(stamps[-1]) + timedelta(minutes=1)
            found.append((*key, at(stamps[0]), end, len(stamps), cause))
    return sorted(found)


def unasked_minutes(
    loads: Sequence[Load], configured: Configured | None
) -> dict[Any, dict[int, str]]:
    """By series, the minutes of its life that nobody asked for, with their cause."""
    if configured is None:
        return {}
    stands = graded(loads)
    found: dict[Any, dict[int, str]] = {}
    for key, account in accounts(loads).items():
        known = _spoken_for(account) | stands.get(key, {}).keys()
        life = range(min(known), max(known), MINUTE) if known else range(0)
        causes = {
            stamp: configured.cause(*key, stamp * 1000)
            for stamp in life
            if stamp not in known
        }
        found[key] = {stamp: cause for stamp, cause in causes.items() if cause}
    return found


def unasked_counts(
    loads: Sequence[Load], configured: Configured
) -> list[tuple[Any, ...]]:
    """What rpt_completeness counts: key, day, not configured, our fault."""
    counts: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for key, causes in unasked_minutes(loads, configured).items():
        for stamp, cause in causes.items():
            counts[*key, at(stamp).date()][cause == "our fault"] += 1
    return sorted((*day, *found) for day, found in counts.items())


def _spoken_for(account: Account) -> set[int]:
    return account.asked | account.full | account.sparse | account.file_missing


def _cause(stamp: int, account: Account, minutes: Iterable[int]) -> str:
    if stamp in account.full:
        held = any(known <= stamp for known in minutes)
        return "missing" if held else "not listed"
    if stamp in account.sparse:
        is_told = account.is_told_twice(stamp)
        return "quiet, unproven" if is_told else "left out once, unproven"
    if stamp in account.beyond:
        return "beyond the venue's window"
    return "file missing" if stamp in account.file_missing else "refused"


def _state(row: Row) -> tuple[Any, ...]:
    return (*(row[name] for name in STATE), row.get("launched_at_ms"))


def instruments(loads: Sequence[Load]) -> list[tuple[Any, ...]]:
    """The rows of dim_instruments: key, end, base asset and state."""
    heard: dict[Any, dict[int, Row]] = defaultdict(dict)
    for row in rows(loads, "instruments"):
        heard[row["exchange_id"], row["symbol"]][row["venue_now_ms"]] = row
    found = []
    for key, readings in heard.items():
        starts: list[tuple[int, Row]] = []
        for stamp in sorted(readings):
            row = readings[stamp]
            if not starts or _state(starts[-1][1]) != _state(row):
                starts.append((stamp, row))
        ends = [*(at(stamp) for stamp, _ in starts[1:]), None]
        for (start, row), end in zip(starts, ends, strict=True):
            base = "BTC" if row["venue_base"] == "XXBT" else row["base_asset"]
            found.append((*key, at(start), end, base, *(row[s] for s in STATE)))
    return sorted(found, key=lambda r: r[:3])
