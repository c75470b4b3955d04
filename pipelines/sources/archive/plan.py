"""Which files speak for a span of a series: whole months by the month, else days.

A file that the host should have and has not is missing: one row for a month of
which it has nothing, else one for each day.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from difflib import get_close_matches

from pipelines.errors import BadDataError, BullionError
from pipelines.sources.archive.attempt import ResponseHead
from pipelines.sources.archive.choices import needs_clock, span_of
from pipelines.sources.archive.file_types import Period
from pipelines.sources.archive.files import (
    ArchiveFile,
    Series,
    days,
    label,
    months,
    symbol_of,
)
from pipelines.sources.archive.host import ArchiveHost
from pipelines.upstream.feed import Span
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.request_log import RequestLog

LISTED_AT_ONCE = 4
Listed = dict[str, ArchiveFile]  # files that the host lists, by path


@dataclass
class Plan:
    """What the host has for a series and span, and what it should have."""

    series: Series
    head: ResponseHead
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
            return plan_of(host, series, span, log)
        except BullionError as error:
            failures.append(error)
            return None

    with ThreadPoolExecutor(LISTED_AT_ONCE) as pool:
        return [plan for plan in pool.map(one, serieses) if plan]


def require_archived(
    host: ArchiveHost, planned: Sequence[Plan], log: RequestLog
) -> None:
    """Nothing, where the archive has a folder of each instrument.

    Raises:
        BadDataError: names what the archive files in no span, and what is alike.
        UpstreamError: the host did not list its folders.
    """
    for series in (plan.series for plan in planned if not plan.files):
        folders = {
            name
            for period in series.type.periods
            for name in host.folders(series.folder(period), log)
        }
        if series.venue_symbol not in folders:
            names = get_close_matches(series.venue_symbol.upper(), folders, 3, 0.5)
            alike = ", ".join(symbol_of(name, series) for name in names)
            raise BadDataError(
                f"the archive has no {series.feed} of {series.symbol}"
                + (f"; alike: {alike}" if alike else "")
            )


def plan_of(
    host: ArchiveHost, series: Series, span: Span, log: RequestLog
) -> Plan | None:
    """The files to load for `span`; None: the span is empty.

    Raises:
        UpstreamError: the host did not list its files.
        BadDataError: files of the kind ended before the span.
    """
    span = series.type.within(series.market, span)
    touched = list(months(span))
    if not touched:
        return None
    listed, head = _listed(host, series, "monthly", touched, log)
    asked_days = list(days(span)) if "daily" in series.type.periods else []
    if asked_days and not _is_served(series, touched, asked_days, listed):
        daily, head = _listed(host, series, "daily", asked_days, log)
        listed |= daily
    plan = Plan(series, head)
    for month in touched:
        inside = [day for day in asked_days if month[0] <= day[0] < month[1]]
        _choose(plan, month, inside, listed)
    return plan


def listed_days(
    host: ArchiveHost, series: Series, spans: Sequence[Span], log: RequestLog
) -> list[ArchiveFile]:
    """The files of these days that the host lists.

    Raises:
        UpstreamError: the host did not list its files.
    """
    listed, _ = _listed(host, series, "daily", spans, log)
    return list(listed.values())


def _is_served(
    series: Series, touched: Sequence[Span], asked_days: Sequence[Span], listed: Listed
) -> bool:
    """Whether every month is asked for whole, and is there."""
    is_whole = (asked_days[0][0], asked_days[-1][1]) == (touched[0][0], touched[-1][1])
    return is_whole and all(series.file("monthly", m).path in listed for m in touched)


def _listed(
    host: ArchiveHost,
    series: Series,
    period: Period,
    spans: Sequence[Span],
    log: RequestLog,
) -> tuple[Listed, ResponseHead]:
    """The files of one period that the host lists, among these spans."""
    labels = [label(period, span[0]) for span in (spans[0], spans[-1])]
    prefix = series.prefix(period) + _shared(*labels)
    entries, head = host.listed(prefix, log, series.symbol)
    entry_of = {entry.key: entry for entry in entries}
    listed: Listed = {}
    for span in spans:
        path = series.file(period, span).path
        if entry := entry_of.get(path):
            listed[path] = series.file(
                period, span, entry.bytes_count, entry.published_at_ms
            )
    return listed, head


def _choose(plan: Plan, month: Span, inside: Sequence[Span], listed: Listed) -> None:
    """The month where all of it is asked for, or where it alone has an asked day."""
    series = plan.series
    monthly = listed.get(series.file("monthly", month).path)
    daily = [(day, listed.get(series.file("daily", day).path)) for day in inside]
    is_whole = not inside or (inside[0][0], inside[-1][1]) == month
    lacks = any(file is None for day, file in daily if _has_ended(day, plan.head))
    if monthly and (is_whole or lacks):
        plan.files.append(monthly)
        return
    plan.files += [file for _, file in daily if file]
    if is_whole and not any(file for _, file in daily):
        expected: Iterable[tuple[Period, Span]] = [("monthly", month)]
    else:
        expected = [("daily", day) for day, file in daily if not file]
    plan.missing += [
        series.file(period, span)
        for period, span in expected
        if _has_ended(span, plan.head)
    ]


def _has_ended(span: Span, head: ResponseHead) -> bool:
    return span[1] <= head.now_ms


def _shared(first: str, last: str) -> str:
    """What both begin with."""
    same = next(
        (i for i, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), None
    )
    return first[:same]
