"""What gaps and instruments must be, in plain Python."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from tests.integration.candle_histories import MINUTE, Load, Row
from tests.integration.candle_oracle import Account, accounts
from tests.integration.evidence_oracle import at, graded, rows

STATE = ("status", "is_active")


def gaps(loads: Sequence[Load]) -> list[tuple[Any, ...]]:
    """The rows of fct_gaps: key, end, minutes and cause, ordered by key."""
    stands = graded(loads)
    found = []
    for key, account in accounts(loads).items():
        minutes = stands.get(key, {})
        answered = account.full | account.sparse
        empty = account.asked | answered | account.file_missing
        causes = [
            (stamp, at(stamp).date(), _cause(stamp, account, minutes))
            for stamp in sorted(empty - minutes.keys())
        ]
        numbered = enumerate(causes)
        for (_, _, cause), group in groupby(
            numbered, lambda n: (n[1][0] - n[0] * MINUTE, n[1][1], n[1][2])
        ):
            stamps = [stamp for _, (stamp, _, _) in group]
            end = at(stamps[-1]) + timedelta(minutes=1)
            found.append((*key, at(stamps[0]), end, len(stamps), cause))
    return sorted(found)


def _cause(stamp: int, account: Account, minutes: Iterable[int]) -> str:
    if stamp in account.full:
        held = any(known <= stamp for known in minutes)
        return "missing" if held else "not listed"
    if stamp in account.sparse:
        return "quiet, unproven"
    if stamp in account.beyond:
        return "beyond the venue's window"
    return "file missing" if stamp in account.file_missing else "refused"


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
            if not starts or any(starts[-1][1][s] != row[s] for s in STATE):
                starts.append((stamp, row))
        ends = [*(at(stamp) for stamp, _ in starts[1:]), None]
        for (start, row), end in zip(starts, ends, strict=True):
            base = "BTC" if row["venue_base"] == "XXBT" else row["base_asset"]
            found.append((*key, at(start), end, base, *(row[s] for s in STATE)))
    return sorted(found, key=lambda r: r[:3])
