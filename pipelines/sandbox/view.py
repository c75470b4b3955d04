"""What a venue shows of a series at the virtual now: nothing after it.

The minute now is in is a forming candle: made of the trades up to now or, where no
trades are known, the recorded row's open alone at volume zero.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby

from pipelines.sandbox.clock import Clock
from pipelines.sandbox.feed import Series, candle_of, merged
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, Candle, Trade, flat

MONTH, WEEK = -1, -2
"""Intervals that are no multiple of ms since 1970: from the first, from Monday."""

_MONDAY_MS = 4 * DAY_MS  # 1970-01-05, the first Monday there is
_WEEK_MS = 7 * DAY_MS


def bucket_start(at_ms: int, interval_ms: int) -> int:
    """Where the bucket of an instant opens; a plain interval counts from 1970."""
    if interval_ms == MONTH:
        instant = datetime.fromtimestamp(at_ms // 1000, UTC)
        first = instant.replace(day=1, hour=0, minute=0, second=0)
        return int(first.timestamp()) * 1000
    if interval_ms == WEEK:
        return (at_ms - _MONDAY_MS) // _WEEK_MS * _WEEK_MS + _MONDAY_MS
    return at_ms // interval_ms * interval_ms


def bucket_end(opened_at_ms: int, interval_ms: int) -> int:
    """Where the next bucket opens."""
    if interval_ms == MONTH:
        return bucket_start(opened_at_ms + 32 * DAY_MS, MONTH)
    return opened_at_ms + (_WEEK_MS if interval_ms == WEEK else interval_ms)


class View:
    """A series as a venue shows it; one that `fills` sends quiet minutes, flat."""

    def __init__(self, series: Series, clock: Clock, *, fills: bool) -> None:
        self.series, self.instrument = series, series.instrument
        self._clock = clock
        self._fills = fills
        self._day = lru_cache(maxsize=8)(self._final_day)

    @property
    def is_listed(self) -> bool:
        """Whether it is listed now: a dated contract until its delivery."""
        ended_at_ms = self.series.ended_at_ms if self.instrument.expiry else None
        now_ms = self._clock.now_ms()
        return self.series.first_opened_at_ms <= now_ms < (ended_at_ms or now_ms + 1)

    def final_day(self, day: int) -> Sequence[Candle]:
        """A whole day as it will stand when it is over, quiet minutes filled."""
        return self._day(day, self.series.version)

    def _final_day(self, day: int, _version: int) -> Sequence[Candle]:
        rows = self.series.candles_of_day(day)
        return (
            list(self._filled(rows, *self.span(day, day + 1))) if self._fills else rows
        )

    def span(self, first_day: int, end_day: int) -> tuple[int, int]:
        """Where the first minute opens and the last ends that days have rows of."""
        first = self.series.first_opened_at_ms // MINUTE_MS * MINUTE_MS
        start, end = max(first_day * DAY_MS, first), end_day * DAY_MS
        if self.instrument.expiry:
            end = min(end, self.series.ended_at_ms or end)
        return start, end

    def _filled(
        self, rows: Sequence[Candle], start_ms: int, end_ms: int
    ) -> Iterator[Candle]:
        last = self.series.last_close_before(start_ms)
        opened = start_ms
        for row in rows:
            while last is not None and opened + MINUTE_MS <= row.opened_at_ms:
                yield flat(opened, last)
                opened += MINUTE_MS
            yield row
            opened = row.opened_at_ms // MINUTE_MS * MINUTE_MS + MINUTE_MS
            last = row.close
        while last is not None and opened < end_ms:
            yield flat(opened, last)
            opened += MINUTE_MS

    def forming(self, now_ms: int) -> Candle | None:
        """The minute now is in, as far as it has come; None: nothing to send yet."""
        opened = now_ms // MINUTE_MS * MINUTE_MS
        row = self._row_of(opened)
        if row is not None and not self.series.has_trades:
            return _opened(row)
        so_far = self.trades_between(opened, now_ms + 1)
        if so_far:
            return candle_of(opened, so_far, self.instrument)
        last = self.series.last_close_before(opened) if self._fills else None
        return None if last is None else flat(opened, last)

    def _row_of(self, opened_at_ms: int) -> Candle | None:
        for row in self.series.candles_of_day(opened_at_ms // DAY_MS):
            if row.opened_at_ms // MINUTE_MS * MINUTE_MS == opened_at_ms:
                return row
        return None

    def minutes(self, since_ms: int, until_ms: int) -> Iterator[Candle]:
        """1m candles opened in [since, until) up to now, the forming one last."""
        now = self._clock.now_ms()
        current = now // MINUTE_MS * MINUTE_MS
        since = max(since_ms, self.series.first_opened_at_ms // MINUTE_MS * MINUTE_MS)
        until = min(until_ms, current)
        for day in range(since // DAY_MS, -(-until // DAY_MS)):
            for row in self.final_day(day):
                if since <= row.opened_at_ms < until:
                    yield row
        if since <= current < until_ms:
            row_now = self.forming(now)
            if row_now is not None:
                yield row_now

    def buckets(
        self, since_ms: int, until_ms: int, interval_ms: int
    ) -> Iterator[Candle]:
        """Longer candles opened in [since, until), each made of its minutes."""
        since = bucket_start(since_ms, interval_ms)
        if since < since_ms:
            since = bucket_end(since, interval_ms)

        def opening(candle: Candle) -> int:
            return bucket_start(candle.opened_at_ms, interval_ms)

        end = bucket_end(bucket_start(until_ms - 1, interval_ms), interval_ms)
        for opened, parts in groupby(self.minutes(since, end), key=opening):
            yield merged(opened, list(parts))

    def trades_between(self, since_ms: int, until_ms: int) -> list[Trade]:
        """Trades stamped in [since, until) and not after now."""
        until = min(until_ms, self._clock.now_ms() + 1)
        trades: list[Trade] = []
        for day in range(since_ms // DAY_MS, -(-until // DAY_MS)):
            trades += [
                trade
                for trade in self.series.trades_of_day(day)
                if since_ms <= trade.traded_at_ms < until
            ]
        return trades

    def trades_backwards(self, until_ms: int | None = None) -> Iterator[Trade]:
        """Trades from the newest at now (or before `until`) to the oldest."""
        if not self.series.has_trades:
            return
        until = self._clock.now_ms() + 1
        if until_ms is not None:
            until = min(until, until_ms)
        first_day = self.series.first_opened_at_ms // DAY_MS
        for day in range((until - 1) // DAY_MS, first_day - 1, -1):
            rows = self.series.trades_of_day(day)
            yield from reversed(rows[: bisect_right(rows, until - 1, key=_stamp)])

    def trades_forwards(self, since_ms: int) -> Iterator[Trade]:
        """Trades stamped at or after `since`, to the newest at now."""
        if not self.series.has_trades:
            return
        now = self._clock.now_ms()
        since = max(since_ms, self.series.first_opened_at_ms)
        for day in range(since // DAY_MS, now // DAY_MS + 1):
            for trade in self.series.trades_of_day(day):
                if since <= trade.traded_at_ms <= now:
                    yield trade


def _stamp(trade: Trade) -> int:
    return trade.traded_at_ms


def _opened(row: Candle) -> Candle:
    def zero(value: int | None) -> int | None:
        return None if value is None else 0

    return Candle(
        row.opened_at_ms,
        row.open,
        row.open,
        row.open,
        row.open,
        0,
        zero(row.quote_volume),
        zero(row.trades_count),
        zero(row.taker_buy_base),
        zero(row.taker_buy_quote),
        zero(row.vwap),
    )
