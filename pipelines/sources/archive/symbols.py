"""Which symbols the archive files, delisted ones too: of each the first and last file.

Table: `symbols`. A folder of candles for each symbol stays when the symbol is gone, so
the listing is history. Of a symbol three things are asked: its months, the days of the
first of them, and the days from the last one on.
Upstream: https://github.com/binance/binance-public-data#where-do-i-access-it
"""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pipelines.bronze.delivery import Rows
from pipelines.errors import BullionError
from pipelines.sources.archive.attempt import EXCHANGE_ID, ResponseHead
from pipelines.sources.archive.file_types import FEEDS, TRADED, Market, Period
from pipelines.sources.archive.files import Series, days, label, months, series_of
from pipelines.sources.archive.host import ArchiveHost
from pipelines.sources.archive.tables import SYMBOLS
from pipelines.upstream.extents import to_ms
from pipelines.upstream.feed import Span
from pipelines.upstream.request_log import RequestLog, log_rows

ASKED_AT_ONCE = 4
ENDING = re.compile(r"(\d{4}-\d{2})(-\d{2})?\.zip")


@dataclass
class SymbolWalk:
    """The archive's symbols, market by market; `named` alone where there are any.

    What the host does not answer of one leaves its error in `failures`.
    """

    host: ArchiveHost
    named: Sequence[str]
    failures: list[Exception]

    def rows(self) -> Iterator[Rows]:
        """A row of each symbol that has a file; the host is left at the end."""
        log: RequestLog = []
        try:
            with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
                for market in FEEDS[TRADED].markets:
                    found = pool.map(
                        partial(self._one, log=log), self._serieses(market, log)
                    )
                    yield Rows.of(SYMBOLS, [row for row in found if row])
            yield from log_rows(log)
        finally:
            self.host.close()

    def _serieses(self, market: Market, log: RequestLog) -> list[Series]:
        """The candles of each symbol of a market."""
        if self.named:
            series = [series_of(EXCHANGE_ID, name, TRADED) for name in self.named]
            return [one for one in series if one and one.market == market]
        whole = Series(EXCHANGE_ID, "", market, "", TRADED)
        try:
            names = {
                name
                for period in whole.type.periods
                for name in self.host.folders(whole.folder(period), log)
            }
        except BullionError as error:
            self.failures.append(error)
            return []
        return [
            Series(EXCHANGE_ID, name, market, name, TRADED) for name in sorted(names)
        ]

    def _one(self, series: Series, log: RequestLog) -> dict[str, object] | None:
        """The row of a symbol; None: it has no file, or the host did not answer."""
        try:
            span, head = self._span(series, log)
        except BullionError as error:
            self.failures.append(error)
            return None
        return span and {
            "exchange_id": series.exchange_id,
            "market": series.market,
            "venue_symbol": series.venue_symbol,
            "feed": series.feed,
            "first_from_ms": span[0],
            "last_until_ms": span[1],
            "venue_now_ms": head.now_ms,
            "request_id": head.request_id,
            "origin": head.origin,
            "received_at": head.received_at,
        }

    def _span(
        self, series: Series, log: RequestLog
    ) -> tuple[Span | None, ResponseHead]:
        """From the first file's start to the last one's end, by the day if it can."""
        by_month, head = self._periods(series, "monthly", log)
        if not by_month:
            by_day, head = self._periods(series, "daily", log)
            return (by_day[0][0], by_day[-1][1]) if by_day else None, head
        first, last = (label("monthly", by_month[at][0]) for at in (0, -1))
        early, _ = self._periods(series, "daily", log, within=first)
        late, head = self._periods(series, "daily", log, after=last)
        start, _ = (early or by_month)[0]
        _, end = (late or by_month)[-1]
        return (start, end), head

    def _periods(
        self,
        series: Series,
        period: Period,
        log: RequestLog,
        *,
        within: str = "",
        after: str = "",
    ) -> tuple[list[Span], ResponseHead]:
        """What the listed files cover, in order: within a month, or from one on."""
        prefix = series.prefix(period)
        entries, head = self.host.listed(
            prefix + within, log, series.symbol, prefix + after if after else ""
        )
        endings = (ENDING.fullmatch(e.key.removeprefix(prefix)) for e in entries)
        spans = (_span_of(ending[1], ending[2]) for ending in endings if ending)
        return sorted(span for span in spans if span), head


def _span_of(month: str, day: str | None) -> Span | None:
    """What a file covers, by its name; None: there is no such day."""
    try:
        start = to_ms(datetime.fromisoformat(f"{month}{day or '-01'}T00:00:00Z"))
    except ValueError:
        return None
    return next((days if day else months)((start, start + 1)))
