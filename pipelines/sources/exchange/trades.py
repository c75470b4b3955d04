"""Trades of a series, from answers to rows.

Tables: `trades` (a trade, or an aggregate of one taker order's fills, as a venue sent
it in one answer), `trade_pages` (a span of a series' trades that one answer speaks
for), `quarantine` (a row that was refused).
Upstream: the trade routes of `venues.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import polars as pl

from pipelines.bronze.delivery import Rows, Table
from pipelines.errors import BullionError
from pipelines.sources.exchange.candles import ROWS_A_FILE, Series
from pipelines.sources.exchange.client import Journal, VenueClient
from pipelines.sources.exchange.page import path_of
from pipelines.sources.exchange.routes import MINUTE_MS, TimeCursor
from pipelines.sources.exchange.tables import QUARANTINE, TRADE_PAGES, TRADES
from pipelines.sources.exchange.trade_page import Reading, picked, take_trades
from pipelines.sources.exchange.trade_rules import NS_IN_MS
from pipelines.sources.exchange.trade_spans import Claim, claims
from pipelines.sources.exchange.trade_walks import Hole, Position, Step, walk_of
from pipelines.upstream import wire
from pipelines.upstream.progress import NoProgress, Progress

MINUTE_NS = MINUTE_MS * NS_IN_MS
NEVER_NS = 2**63 - 1
TYPES: dict[str, Any] = {"bigint": pl.Int64, "bool": pl.Boolean}


@dataclass(frozen=True)
class TradePage:
    """One answer's part of a hole."""

    position: Position
    reading: Reading
    kept: pl.DataFrame
    claims: list[Claim]


def trades(
    client: VenueClient,
    series: Series,
    holes: Sequence[Hole],
    journal: Journal,
    watch: Progress | None = None,
) -> Iterator[Rows]:
    """Ask for `holes`; yields what came, in frames of about `ROWS_A_FILE` rows.

    Raises:
        UpstreamError: the venue gave up; what came before has been yielded.
        BadDataError: the venue does not know the instrument, or has no trade route.
    """
    watch = watch or NoProgress()
    watch.planned(sum(_minutes(hole.from_ns, hole.until_ns) for hole in holes))
    pages: list[TradePage] = []
    try:
        for hole in holes:
            for page in _walked(client, series, hole, journal):
                pages.append(page)
                minutes = _minutes(page.claims[0].from_ns, page.claims[-1].until_ns)
                watch.answered(minutes, page.kept.height)
                if sum(p.kept.height for p in pages) >= ROWS_A_FILE:
                    yield from _rows(client, series, pages)
                    pages = []
    except BullionError:
        yield from _rows(client, series, pages)
        raise
    yield from _rows(client, series, pages)


def _minutes(from_ns: int, until_ns: int) -> int:
    """Minutes of the span; of spans that touch they sum to those of the whole."""
    return until_ns // MINUTE_NS - from_ns // MINUTE_NS


def _walked(
    client: VenueClient, series: Series, hole: Hole, journal: Journal
) -> Iterator[TradePage]:
    """The hole's pages; a trade that the page before had is left out."""
    route = client.spec.trade_route()
    path = path_of(route, series.venue_symbol)
    last = route.cursor.last if isinstance(route.cursor, TimeCursor) else None
    named = {route.symbol_param: series.venue_symbol}

    def read(params: dict[str, Any]) -> Reading:
        answer = client.call(
            route,
            {**named, **params},
            journal,
            symbol=series.symbol,
            pick=picked(path, last),
        )
        return take_trades(route, path, answer, str(series))

    walk = walk_of(route, read)
    position: Position | None = walk.start(hole)
    before = pl.Series("trade_id", [], pl.Int64)
    while position is not None:
        reading = walk.ask(position)
        step = walk.step(reading, position, hole)
        kept = _inside(reading.kept, position, hole, is_by_id=last is None)
        yield TradePage(
            position,
            reading,
            kept.filter(~pl.col("trade_id").is_in(before.implode())),
            claims(reading, position, step, has_ids=last is None),
        )
        before = kept["trade_id"]
        position = _next(position, step, hole)


def _inside(
    kept: pl.DataFrame, position: Position, hole: Hole, *, is_by_id: bool
) -> pl.DataFrame:
    """What was asked for: a page may hold what lies before, and beyond the hole."""
    inside = kept.filter(pl.col("traded_at_ns") < hole.until_ns)
    if is_by_id:
        inside = inside.filter(pl.col("trade_id") >= position.cursor)
    if position.is_exact:
        return inside
    return inside.filter(pl.col("traded_at_ns") >= hole.from_ns)


def _next(position: Position, step: Step, hole: Hole) -> Position | None:
    if step.is_end or step.cursor is None:
        return None
    is_exact = position.is_exact or step.until_ns > hole.from_ns
    return Position(step.until_ns, step.cursor, is_exact)


def _rows(
    client: VenueClient, series: Series, pages: Sequence[TradePage]
) -> Iterator[Rows]:
    """The rows of bronze that these pages make."""
    route = client.spec.trade_route()
    kept = [p.kept.with_columns(_heard(p)) for p in pages if p.kept.height]
    if kept:
        found = pl.concat(kept).with_columns(is_aggregate=pl.lit(route.is_aggregate))
        yield _of(TRADES, found, series)
    spans = [_spans(page, has_ids=_has_ids(client)) for page in pages]
    if spans:
        yield _of(TRADE_PAGES, pl.concat(spans), series)
    refused = [_refused(page, series) for page in pages if _is_broken(page)]
    if refused:
        yield _of(QUARANTINE, pl.concat(refused), series)


def _has_ids(client: VenueClient) -> bool:
    return not isinstance(client.spec.trade_route().cursor, TimeCursor)


def _heard(page: TradePage) -> list[pl.Expr]:
    answer = page.reading.answer
    return [
        pl.lit(answer.venue_now_ms, pl.Int64).alias("venue_now_ms"),
        pl.lit(answer.request_id).alias("request_id"),
        pl.lit(answer.origin).alias("origin"),
        pl.lit(answer.received_at).alias("received_at"),
    ]


def _spans(page: TradePage, *, has_ids: bool) -> pl.DataFrame:
    found: list[dict[str, object]] = []
    # a row before the first span, or after the last one, is counted there
    edges = [0, *(claim.from_ns for claim in page.claims[1:]), NEVER_NS]
    for claim, (start, end) in zip(page.claims, pairwise(edges), strict=True):
        stamp = pl.col("traded_at_ns")
        of_span = page.kept.filter((stamp >= start) & (stamp < end))
        found.append(
            {
                "asked_from_ns": page.position.from_ns,
                "asked_from_id": page.position.cursor if has_ids else None,
                "answered_from_ns": claim.from_ns,
                "answered_until_ns": claim.until_ns,
                "first_trade_id": of_span["first_trade_id"].min(),
                "last_trade_id": of_span["last_trade_id"].max(),
                "next_cursor": claim.next_cursor,
                "rows_count": of_span.height,
            }
        )
    schema = dict.fromkeys(found[0], pl.Int64) | {"next_cursor": pl.String}
    return pl.DataFrame(found, schema=schema).with_columns(_heard(page))


def _is_broken(page: TradePage) -> bool:
    return bool(page.reading.refused.height or page.reading.strays)


def _refused(page: TradePage, series: Series) -> pl.DataFrame:
    raw = page.reading.raw() if page.reading.refused.height else []
    found = [
        (reason, wire.encode(raw[row]))
        for row, reason in page.reading.refused.select("row", "reason").iter_rows()
    ]
    found += [(f"{series}: {s.reason}", s.raw) for s in page.reading.strays]
    schema = {"reason": pl.String, "raw": pl.String}
    frame = pl.DataFrame(found, schema=schema, orient="row")
    return frame.with_columns(_heard(page)).with_columns(table_name=pl.lit(TRADES.name))


def _of(table: Table, frame: pl.DataFrame, series: Series) -> Rows:
    """The table's columns; what the venue does not give is null."""
    given = frame.with_columns(
        exchange_id=pl.lit(series.exchange_id), symbol=pl.lit(series.symbol)
    )
    return Rows(
        table,
        given.select(
            pl.col(column.name)
            if column.name in given.columns
            else pl.lit(None, TYPES.get(column.data_type, pl.String)).alias(column.name)
            for column in table.columns
        ),
    )
