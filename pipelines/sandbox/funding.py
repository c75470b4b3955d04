"""Funding settlements of perpetual contracts: as recorded, or every eight hours.

Made ones are stamped some ms late, as the venue stamps them:

https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-History
"""

import zlib
from collections.abc import Iterator

from pipelines.sandbox.feed import Series, Settlement
from pipelines.sandbox.market import HOUR_MS, fixed

INTERVAL_HOURS = 8
_BASE_RATE, _SWING = 10_000, 30_000
"""0.01 % is the usual rate; up to three times as much is added or taken away."""


def settlements(
    series: Series, since_ms: int, until_ms: int, hours: int = INTERVAL_HOURS
) -> Iterator[Settlement]:
    """Those stamped in [since, until), ascending; made ones from the first trade on."""
    recorded = series.recorded_settlements
    if recorded is None:
        yield from _made(series, since_ms, until_ms, hours)
    else:
        yield from (r for r in recorded if since_ms <= r.settled_at_ms < until_ms)


def _made(
    series: Series, since_ms: int, until_ms: int, hours: int
) -> Iterator[Settlement]:
    symbol = series.instrument.symbol
    start = max(since_ms, series.first_opened_at_ms)
    interval = hours * HOUR_MS
    for due in range(-(-start // interval) * interval, until_ms, interval):
        draw = zlib.crc32(f"{symbol}:{due}".encode())
        late_ms = draw % 5 * 3
        swing = draw // 16 % (2 * _SWING) - _SWING
        rate = _BASE_RATE if draw % 3 == 0 else _BASE_RATE + swing
        yield Settlement(due + late_ms, fixed(rate), hours)
