"""Funding settlements of perpetual contracts: every eight hours, some ms late.

https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-History
"""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.sandbox.feed import Series
from pipelines.sandbox.market import HOUR_MS

INTERVAL_HOURS = 8
_INTERVAL_MS = INTERVAL_HOURS * HOUR_MS
_BASE_RATE, _SWING = 10_000, 30_000
"""0.01 % is the usual rate; up to three times as much is added or taken away."""


class Settlement(NamedTuple):
    """A payment between longs and shorts; `rate` counts units of 1e-8."""

    settled_at_ms: int
    rate: int


def settlements(series: Series, since_ms: int, until_ms: int) -> Iterator[Settlement]:
    """Those stamped in [since, until), ascending; none before the first trade."""
    symbol = series.instrument.symbol
    start = max(since_ms, series.first_opened_at_ms)
    for due in range(-(-start // _INTERVAL_MS) * _INTERVAL_MS, until_ms, _INTERVAL_MS):
        draw = zlib.crc32(f"{symbol}:{due}".encode())
        late_ms = draw % 5 * 3
        swing = draw // 16 % (2 * _SWING) - _SWING
        rate = _BASE_RATE if draw % 3 == 0 else _BASE_RATE + swing
        yield Settlement(due + late_ms, rate)
