"""Candles of a series, from answers to rows.

Tables: `ohlcv` (a candle as a venue sent it in one answer), `ohlcv_pages` (a span of
minutes that one answer speaks for), `quarantine` (a row that was refused).
Upstream: the candle routes of `venues.py`. A page asks for no more minutes than the
venue sends in one answer, so each span is asked for once whatever comes back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from pipelines.bronze.delivery import Rows
from pipelines.errors import BullionError
from pipelines.sources.exchange.answered import Minutes, Span, spans_answered
from pipelines.sources.exchange.client import Journal, VenueClient
from pipelines.sources.exchange.page import Page, body, path_of, take_apart
from pipelines.sources.exchange.routes import MINUTE_MS, CandleRoute, TimeParam
from pipelines.sources.exchange.rules import Checked, check
from pipelines.sources.exchange.tables import OHLCV, OHLCV_PAGES, QUARANTINE
from pipelines.upstream import wire
from pipelines.upstream.progress import NoProgress, Progress

TIMEFRAME = "1m"
ROWS_A_FILE = 50_000
PROVENANCE = ("venue_now_ms", "request_id", "origin", "received_at")
INTEGERS = {c.name: pl.Int64 for c in OHLCV.columns if c.data_type == "bigint"}


@dataclass(frozen=True)
class Series:
    """An instrument's candles on a venue."""

    exchange_id: str
    symbol: str
    venue_symbol: str

    def __str__(self) -> str:
        return f"{self.symbol} on {self.exchange_id}"


def candles(
    client: VenueClient,
    series: Series,
    spans: Sequence[Span],
    journal: Journal,
    watch: Progress | None = None,
) -> Iterator[Rows]:
    """Ask for `spans`; yields what came, in frames of about `ROWS_A_FILE` rows.

    Raises:
        UpstreamError: the venue gave up; what came before has been yielded.
        BadDataError: the venue does not know the instrument.
    """
    route = client.spec.candle_route()
    watch = watch or NoProgress()
    watch.planned(sum(end - start for start, end in spans) // MINUTE_MS)
    pages: list[Page] = []
    try:
        for span in _pages(spans, route.page_candles):
            pages.append(_ask(client, series, span, journal))
            minutes = (span[1] - span[0]) // MINUTE_MS
            watch.answered(minutes, pages[-1].frame.height)
            if sum(page.frame.height for page in pages) >= ROWS_A_FILE:
                yield from rows_of(series, route, pages)
                pages = []
    except BullionError:
        yield from rows_of(series, route, pages)
        raise
    yield from rows_of(series, route, pages)


def _pages(spans: Sequence[Span], page_candles: int | None) -> Iterator[Span]:
    for start, end in spans:
        step = page_candles * MINUTE_MS if page_candles else end - start
        for at in range(start, end, step):
            yield at, min(at + step, end)


def _ask(client: VenueClient, series: Series, span: Span, journal: Journal) -> Page:
    route = client.spec.candle_route()
    params: dict[str, Any] = {route.symbol_param: series.venue_symbol, **route.fixed}
    params[route.since.name] = _stamp(route.since, span[0])
    if route.until:
        params[route.until.name] = _stamp(route.until, span[1] - MINUTE_MS)
    path = path_of(route, series.venue_symbol)
    answer = client.call(
        route,
        params,
        journal,
        symbol=series.symbol,
        pick=lambda answered: body(answered, path),
    )
    return take_apart(route, path, span, answer)


def _stamp(param: TimeParam, ms: int) -> str | int:
    stamp = ms + param.offset_ms
    if param.unit == "iso":
        return datetime.fromtimestamp(stamp / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return stamp if param.unit == "ms" else stamp // 1000


def rows_of(
    series: Series, route: CandleRoute, pages: Sequence[Page]
) -> Iterator[Rows]:
    """The rows of bronze that these answers make."""
    if not pages:
        return
    answers = _answers(pages)
    frame = pl.concat([page.frame for page in pages])
    page_of = [i for i, page in enumerate(pages) for _ in range(page.frame.height)]
    number = pl.Series("page", page_of, pl.Int64)
    now_ms = answers["venue_now_ms"].gather(number)
    frame = frame.with_columns(number, now_ms)
    checked = check(frame, str(series), route.stamp_unit_ms)
    asked_for = checked.kept.join(answers, on="page").filter(
        (pl.col("opened_at_ms") >= pl.col("asked_from_ms"))
        & (pl.col("opened_at_ms") < pl.col("asked_until_ms"))
    )
    if asked_for.height:
        yield _of(OHLCV, asked_for, series)
    yield _of(
        OHLCV_PAGES, _spans(pages, checked, route).join(answers, on="page"), series
    )
    refused = _refused(pages, checked, series)
    if refused.height:
        yield _of(QUARANTINE, refused.join(answers, on="page"), series)


def _answers(pages: Sequence[Page]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "page": range(len(pages)),
            "asked_from_ms": [page.asked[0] for page in pages],
            "asked_until_ms": [page.asked[1] for page in pages],
            **{
                name: [getattr(page.answer, name) for page in pages]
                for name in PROVENANCE
            },
        },
        schema_overrides={"page": pl.Int64},
    )


def _of(table: Any, frame: pl.DataFrame, series: Series) -> Rows:
    """The table's columns; what the venue does not give is null."""
    given = frame.with_columns(
        exchange_id=pl.lit(series.exchange_id),
        symbol=pl.lit(series.symbol),
        timeframe=pl.lit(TIMEFRAME),
    )
    names = [column.name for column in table.columns]
    return Rows(
        table,
        given.select(
            pl.col(name)
            if name in given.columns
            else pl.lit(None, INTEGERS.get(name, pl.String)).alias(name)
            for name in names
        ),
    )


def _spans(pages: Sequence[Page], checked: Checked, route: CandleRoute) -> pl.DataFrame:
    kept = _by_page(checked.kept)
    refused = _by_page(checked.refused)
    found: dict[str, list[int]] = {
        name: []
        for name in ("page", "answered_from_ms", "answered_until_ms", "rows_count")
    }
    for i, page in enumerate(pages):
        good, bad = kept.get(i, []), refused.get(i, [])
        minutes = Minutes(
            good,
            [m for m in bad if m is not None],
            is_placed=None not in bad and not page.strays,
        )
        now_ms = page.answer.venue_now_ms
        for span in spans_answered(page.asked, minutes, now_ms, route.window_candles):
            rows_count = sum(span[0] <= m < span[1] for m in good)
            for name, value in zip(found, (i, *span, rows_count), strict=True):
                found[name].append(value)
    return pl.DataFrame(found, schema=dict.fromkeys(found, pl.Int64)).with_columns(
        sends_quiet_minutes=pl.lit(route.sends_quiet_minutes)
    )


def _by_page(frame: pl.DataFrame) -> dict[int, list[int]]:
    grouped = frame.group_by("page").agg("opened_at_ms")
    return dict(grouped.iter_rows())


def _refused(pages: Sequence[Page], checked: Checked, series: Series) -> pl.DataFrame:
    found: list[tuple[int, str, str]] = []
    for i, rows in checked.refused.group_by("page"):
        number = int(i[0])
        raw = pages[number].raw()
        found += [
            (number, str(reason), wire.encode(raw[row]))
            for row, reason in rows.select("row", "reason").iter_rows()
        ]
    found += [
        (i, f"{series}: {stray.reason}", stray.raw)
        for i, page in enumerate(pages)
        for stray in page.strays
    ]
    schema = {"page": pl.Int64, "reason": pl.String, "raw": pl.String}
    return pl.DataFrame(found, schema=schema, orient="row").with_columns(
        table_name=pl.lit(OHLCV.name)
    )
