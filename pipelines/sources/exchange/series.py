"""A series: an instrument on a venue, and the rows of bronze that its answers make."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import polars as pl

from pipelines.bronze.delivery import Rows
from pipelines.bronze.tables import Table
from pipelines.errors import BullionError
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.page import Page, body_reader, parse_page, path_of
from pipelines.sources.exchange.routes import FeedRoute
from pipelines.sources.exchange.tables import QUARANTINE, TIMEFRAME
from pipelines.upstream import wire
from pipelines.upstream.decoding import decoding
from pipelines.upstream.feed import Feed, Key
from pipelines.upstream.pages import PAGES
from pipelines.upstream.request_log import RequestLog

ROWS_A_FILE = 50_000
P = TypeVar("P")
PROVENANCE = ("venue_now_ms", "request_id", "origin", "received_at")


@dataclass(frozen=True)
class Series:
    """An instrument on a venue, and the venue's own symbol of it.

    Without a symbol it is a whole market. `contract_size`: of what amounts are counted.
    """

    exchange_id: str
    symbol: str
    venue_symbol: str
    contract_size: str | None = None

    def __str__(self) -> str:
        return " on ".join(filter(None, (self.symbol, self.exchange_id)))

    def ask(
        self,
        client: VenueClient,
        route: FeedRoute,
        params: Mapping[str, Any],
        log: RequestLog,
        last: tuple[str, ...] | None = None,
    ) -> Page:
        """The answer to the route with `params`; `last`: where its cursor lies.

        Raises:
            UpstreamError: the venue gave up.
            BadDataError: it does not know the instrument.
        """
        path = path_of(route, self.venue_symbol)
        answer = client.call(
            route,
            {**route.named(self.venue_symbol), **route.fixed, **params},
            log,
            symbol=self.symbol or None,
            pick=body_reader(route, path, last),
        )
        with decoding(f"{self}: {route.method}"):
            return parse_page(route, path, answer)

    def key(self, feed: Feed) -> Key:
        """Its key in `pages`."""
        return Key(self.exchange_id, self.symbol, feed.name)

    def rows(self, table: Table, frame: pl.DataFrame) -> Rows:
        """The table's columns of `frame`; what the venue does not give is null."""
        return Rows.filled(
            table,
            frame,
            exchange_id=self.exchange_id,
            symbol=self.symbol,
            timeframe=TIMEFRAME,
            contract_size=self.contract_size,
        )

    def pages(self, feed: Feed, frame: pl.DataFrame) -> Rows:
        """Rows of `pages`."""
        key = self.key(feed)._asdict()
        return Rows.filled(
            PAGES, frame.rename({"venue_now_ms": "upstream_now_ms"}), **key
        )

    def quarantine(
        self, feed: Feed, refused: Sequence[tuple[Page, Iterable[tuple[int, str]]]]
    ) -> Iterator[Rows]:
        """Rows of `quarantine`: what of each page was refused, by place and reason."""
        of_feed = {
            "table_name": feed.table.name,
            "exchange_id": self.exchange_id,
            "symbol": self.symbol,
        }
        rows = [
            {**of_feed, "reason": reason, "raw": text, **_provenance(page)}
            for page, places in refused
            for reason, text in self._refused(page, list(places))
        ]
        if rows:
            yield Rows.of(QUARANTINE, rows)

    def _refused(
        self, page: Page, rows: Sequence[tuple[int, str]]
    ) -> Iterator[tuple[str, str]]:
        raw = page.raw() if rows else []
        for row, reason in rows:
            yield reason, wire.encode(raw[row])
        for malformed in page.malformed:
            yield f"{self}: {malformed.reason}", malformed.raw


def in_files(
    pages: Iterable[P],
    rows: Callable[[Sequence[P]], Iterator[Rows]],
    count: Callable[[P], int],
) -> Iterator[Rows]:
    """The `rows` of pages, about `ROWS_A_FILE` at a time; `count` gives a page's.

    Raises:
        BullionError: as `pages` and `count` do; what came before has been yielded.
    """
    batch: list[P] = []
    total = 0
    try:
        for page in pages:
            batch.append(page)
            total += count(page)
            if total >= ROWS_A_FILE:
                yield from rows(batch)
                batch, total = [], 0
    except BullionError:
        yield from rows(batch)
        raise
    yield from rows(batch)


def _provenance(page: Page) -> dict[str, object]:
    return {name: getattr(page.answer, name) for name in PROVENANCE}


def provenance(page: Page) -> list[pl.Expr]:
    """Columns that are the same in all rows of one answer."""
    return [pl.lit(value).alias(name) for name, value in _provenance(page).items()]
