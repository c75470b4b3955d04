"""Which files speak for a span of a series: whole months by the month, else days.

A file that the host should have and has not is told as missing: one row for a month of
which it has nothing, else one for each day.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pipelines.errors import BullionError
from pipelines.sources.archive.attempt import Heard
from pipelines.sources.archive.choices import needs_clock, span_of
from pipelines.sources.archive.files import (
    ArchiveFile,
    Period,
    Series,
    Span,
    days,
    label,
    months,
)
from pipelines.sources.archive.host import ArchiveHost
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.request_log import RequestLog

LISTED_AT_ONCE = 4
Held = dict[str, ArchiveFile]  # files that the host lists, by path


@dataclass
class Plan:
    """What the host has for a series and span, and what it should have."""

    series: Series
    heard: Heard
    files: list[ArchiveFile] = field(default_factory=list)
    missing: list[ArchiveFile] = field(default_factory=list)


def plans(
    host: ArchiveHost,
    serieses: Sequence[Series],
    options: LoadOptions,
    log: RequestLog,
    failures: list[Exception],
) -> list[Plan]:
    """The plan of each series; what the host does not answer goes to `failures`."""
    try:
        now_ms = host.now_ms(log) if needs_clock(options) else 0
    except BullionError as error:
        failures.append(error)
        return []
    span = span_of(options, now_ms)

    def one(series: Series) -> Plan | None:
        try:
            return plan(host, series, span, log)
        except BullionError as error:
            failures.append(error)
            return None

    with ThreadPoolExecutor(LISTED_AT_ONCE) as pool:
        return [found for found in pool.map(one, serieses) if found]


def plan(host: ArchiveHost, series: Series, span: Span, log: RequestLog) -> Plan | None:
    """What to load for `span`; None: the span is empty.

    Raises:
        UpstreamError: the host did not list its files.
    """
    touched = list(months(span))
    if not touched:
        return None
    held, heard = _held(host, series, "monthly", touched, log)
    wanted = _days(span) if "daily" in series.type.periods else []
    if wanted and not _is_served(series, touched, wanted, held):
        daily, heard = _held(host, series, "daily", wanted, log)
        held |= daily
    found = Plan(series, heard)
    for month in touched:
        inside = [day for day in wanted if month[0] <= day[0] < month[1]]
        _choose(found, month, inside, held)
    return found


def _days(span: Span) -> list[Span]:
    return list(days(span))


def _is_served(
    series: Series, touched: Sequence[Span], wanted: Sequence[Span], held: Held
) -> bool:
    """Whether every month is wanted whole, and is there."""
    is_whole = (wanted[0][0], wanted[-1][1]) == (touched[0][0], touched[-1][1])
    return is_whole and all(series.file("monthly", m).path in held for m in touched)


def _held(
    host: ArchiveHost,
    series: Series,
    period: Period,
    wanted: Sequence[Span],
    log: RequestLog,
) -> tuple[Held, Heard]:
    """The files of one period that the host lists, among those wanted."""
    labels = [label(period, span[0]) for span in (wanted[0], wanted[-1])]
    prefix = series.prefix(period) + _shared(*labels)
    entries, heard = host.listed(prefix, log, series.symbol)
    listed = {entry.key: entry for entry in entries}
    held: Held = {}
    for span in wanted:
        path = series.file(period, span).path
        if entry := listed.get(path):
            held[path] = series.file(
                period, span, entry.bytes_count, entry.published_at_ms
            )
    return held, heard


def _choose(found: Plan, month: Span, inside: Sequence[Span], held: Held) -> None:
    """The month where all of it is wanted, or where it alone has a wanted day."""
    series = found.series
    monthly = held.get(series.file("monthly", month).path)
    daily = [(day, held.get(series.file("daily", day).path)) for day in inside]
    is_whole = not inside or (inside[0][0], inside[-1][1]) == month
    lacks = any(file is None for day, file in daily if _has_ended(day, found.heard))
    if monthly and (is_whole or lacks):
        found.files.append(monthly)
        return
    found.files += [file for _, file in daily if file]
    if is_whole and not any(file for _, file in daily):
        expected: Iterable[tuple[Period, Span]] = [("monthly", month)]
    else:
        expected = [("daily", day) for day, file in daily if not file]
    found.missing += [
        series.file(period, span)
        for period, span in expected
        if _has_ended(span, found.heard)
    ]


def _has_ended(span: Span, heard: Heard) -> bool:
    return span[1] <= heard.now_ms


def _shared(first: str, last: str) -> str:
    """What both begin with."""
    same = next(
        (i for i, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), None
    )
    return first[:same]
