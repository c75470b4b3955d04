"""What `fct_funding` must hold of what was loaded, in plain Python."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from itertools import pairwise
from typing import Any, NamedTuple

from tests.histories.candle_histories import Load
from tests.oracles.evidence_oracle import SEPARATE, at, rows

HOUR, MINUTE = 3_600_000, 60_000
LONGEST, WEEK = 8 * HOUR, 168 * HOUR
Key = tuple[str, str]


class Reading(NamedTuple):
    """One of a settlement; `stamp` is as sent, `hours` as a file says."""

    is_sealing: bool
    now_ms: int
    rate: Decimal
    reading_id: str
    stamp: int
    told_by: str
    source: str
    hours: int


def readings(loads: Sequence[Load]) -> dict[Key, dict[int, list[Reading]]]:
    """Those of each settlement, by the minute that it was due."""
    found: dict[Key, dict[int, list[Reading]]] = defaultdict(lambda: defaultdict(list))
    files = {f["file_id"]: f for f in rows(loads, "archive.files")}
    newest: dict[str, tuple[int, str]] = {}
    for file in files.values():
        if file["status"] == "loaded":
            version = (file["published_at_ms"], file["sha256"])
            newest[file["path"]] = max(version, newest.get(file["path"], (0, "")))
    for row in rows(loads, "funding_rates"):
        request, stamp = row["request_id"], row["settled_at_ms"]
        told = Reading(False, row["venue_now_ms"], Decimal(row["funding_rate"]),
                       request, stamp, request, "rest", 0)  # fmt: skip
        _of(found, row)[round(stamp / MINUTE) * MINUTE].append(told)
    for row in rows(loads, "archive.funding_rates"):
        file, stamp = files[row["file_id"]], row["settled_at_ms"]
        seals = (file["published_at_ms"], file["sha256"]) == newest[file["path"]]
        told = Reading(seals, file["published_at_ms"] if seals else stamp,
                       Decimal(row["funding_rate"]), row["file_id"], stamp,
                       file["path"], "archive", row["interval_hours"])  # fmt: skip
        _of(found, row)[round(stamp / MINUTE) * MINUTE].append(told)
    return found


def _of(found: Any, row: Any) -> dict[int, list[Reading]]:
    known: dict[int, list[Reading]] = found[row["exchange_id"], row["symbol"]]
    return known


def chosen(told: Sequence[Reading]) -> tuple[Reading, str]:
    """The reading that stands, and its grade."""

    def grade(rate: Decimal) -> int:
        agreeing = [r for r in told if r.rate == rate]
        if any(r.is_sealing for r in agreeing):
            return 2
        clocks = [r.now_ms for r in agreeing]
        is_confirmed = len({r.told_by for r in agreeing}) > 1
        return int(is_confirmed and max(clocks) - min(clocks) >= SEPARATE)

    best = max(told, key=lambda r: (grade(r.rate), r[:5]))
    are_torn = len({r.rate for r in told if r.is_sealing}) > 1
    return best, ("closed", "confirmed", "sealed")[0 if are_torn else grade(best.rate)]


def unbroken(loads: Sequence[Load]) -> dict[Key, list[tuple[int, int]]]:
    """The spans that answers speak for, those that touch as one."""
    spans: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    for page in rows(loads, "funding_pages"):
        span = page["answered_from_ms"], page["answered_until_ms"]
        spans[page["exchange_id"], page["symbol"]].append(span)
    joined: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    for key, known in spans.items():
        for span in sorted(known):
            last = joined[key].pop() if joined[key] else span
            if span[0] <= last[1]:
                joined[key].append((last[0], max(last[1], span[1])))
            else:
                joined[key] += [last, span]
    return joined


def measured(
    stamps: dict[int, int], spans: Sequence[tuple[int, int]]
) -> dict[int, int]:
    """Milliseconds since the settlement before, where all of it was answered for."""
    return {
        due: due - before
        for before, due in pairwise(sorted(stamps))
        if any(a <= stamps[before] and stamps[due] < b for a, b in spans)
        # of one that is days before nobody asks whether the venue left one out
        and stamps[due] // (24 * HOUR) - stamps[before] // (24 * HOUR) <= 1
    }


def interval(due: int, dues: Sequence[int], since: dict[int, int], hours: int) -> Any:
    """Milliseconds, or why there are none."""
    if hours:
        return hours * HOUR
    if due not in since:
        return "not answered for since one before it"
    if since[due] > LONGEST:
        return "longer than any interval of funding"
    place = dues.index(due)
    beside = [since.get(d) for d in (dues[place - 1], *dues[place + 1 : place + 2])]
    if len(beside) > 1 and all(b is not None and b < since[due] for b in beside):
        return "longer than those around it"
    return since[due]


def said(loads: Sequence[Load]) -> dict[Key, list[tuple[int, int]]]:
    """By the venue's clock, how many hours it said; not what it said in two ways."""
    told: dict[Key, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in rows(loads, "funding_intervals"):
        if 0 < row["interval_hours"] <= 24:
            key = row["exchange_id"], row["symbol"]
            told[key][row["observed_at_ms"]].add(row["interval_hours"])
    return {
        key: sorted((at, min(hours)) for at, hours in moments.items() if len(hours) < 2)
        for key, moments in told.items()
    }


def said_of(due: int, dues: Sequence[int], told: Sequence[tuple[int, int]]) -> int:
    """The hours that hold of a settlement; 0: none do."""
    before = [one for one in told if one[0] <= due]
    if not before or due - before[-1][0] > before[-1][1] * HOUR:
        return 0
    hours = before[-1][1]
    later = [one for one in told if one[0] > due][:1]
    is_changed = any(
        said != hours and moment - due <= hours * HOUR for moment, said in later
    )
    is_denied = any(due - hours * HOUR < other < due for other in dues)
    return 0 if is_changed or is_denied else hours


def funding(loads: Sequence[Load]) -> list[tuple[Any, ...]]:
    """The rows that are compared."""
    spans, hours = unbroken(loads), said(loads)
    with localcontext(Context(prec=60, rounding=ROUND_HALF_UP)):
        return [
            row
            for key, told in sorted(readings(loads).items())
            for row in _series(key, told, spans[key], hours.get(key, ()))
        ]


def _series(
    key: Key,
    told: dict[int, list[Reading]],
    spans: Sequence[tuple[int, int]],
    hours_said: Sequence[tuple[int, int]],
) -> list[tuple[Any, ...]]:
    best = {due: chosen(known) for due, known in sorted(told.items())}
    dues = list(best)
    since = measured({due: one.stamp for due, (one, _) in best.items()}, spans)
    lengths: dict[int, Any] = {}
    for due in dues:
        of_seals = [r.hours for r in told[due] if r.is_sealing]
        hours = max(of_seals, default=0) or max(r.hours for r in told[due])
        hours = hours or said_of(due, dues, hours_said)
        lengths[due] = interval(due, dues, since, hours)
    found = []
    for due, (one, grade) in best.items():
        week = [
            d for d in dues if due - WEEK < d <= due and isinstance(lengths[d], int)
        ]
        total = sum(lengths[d] for d in week)
        paid = sum((best[d][0].rate for d in week), Decimal(0))
        length = lengths[due]
        is_known = isinstance(length, int)
        found.append((
            *key, at(due), at(one.stamp), one.rate,
            Decimal(length) / HOUR if is_known else None,
            None if is_known else length,
            yearly(one.rate, length) if is_known else None,
            yearly(paid, total) if week else None,
            grade, one.source, one.reading_id, len({r.rate for r in told[due]}) > 1,
        ))  # fmt: skip
    return found


def yearly(rate: Decimal, length_ms: int) -> Decimal:
    """A rate for so long, in a year, as gold rounds it."""
    return (rate * 8760 * HOUR / length_ms).quantize(Decimal("1e-18"))
