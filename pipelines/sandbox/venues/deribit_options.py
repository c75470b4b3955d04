"""Deribit's options, made around the last price: a few strikes of the next two Fridays.

Prices are in the base. https://docs.deribit.com/api-reference/market-data/public-ticker
"""

import math
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import NormalDist
from typing import Any, NamedTuple

from pipelines.sandbox.book import last_price
from pipelines.sandbox.market import DAY_MS, E8, HOUR_MS
from pipelines.sandbox.view import View

TICK = 0.0005
_FRIDAY = 1  # the first one after 1970 began, in days
_EXPIRES_AFTER_MS = 8 * HOUR_MS
_STEPS = (-2, 0, 2)
_NORMAL = NormalDist()
_YEAR_MS = 365 * DAY_MS


class Quote(NamedTuple):
    """What chain and ticker say of an instrument: alike, and `own` the ticker alone."""

    bid: float
    bid_amount: float
    ask: float
    ask_amount: float
    last: float | None
    volume: float
    shared: dict[str, object]
    own: dict[str, Any]


class Option(NamedTuple):
    """An option on a contract's base."""

    view: View
    expires_ms: int
    strike: int
    right: str

    @property
    def name(self) -> str:
        """As `BTC-27MAR26-60000-C`."""
        base = self.view.instrument.base
        return f"{base}-{dated(self.expires_ms)}-{self.strike}-{self.right}"

    def quote(self, now_ms: int, price: int | None = None) -> Quote:
        """What chain and ticker say of it: by Black's formula, of its own IV.

        `price`: the underlying's then; None: the last one.
        """
        draw = zlib.crc32(f"{self.name}:{now_ms // 1000}".encode())
        iv = 40 + draw % 4000 / 100
        forward = (price or last_price(self.view, now_ms) or E8) / E8
        years = max(self.expires_ms - now_ms, 1) / _YEAR_MS
        spread = iv / 100 * math.sqrt(years)
        above = math.log(forward / self.strike) / spread + spread / 2
        sign = 1 if self.right == "C" else -1
        inner = _NORMAL.cdf(sign * above)
        paid = self.strike / forward * _NORMAL.cdf(sign * (above - spread))
        mark = max(sign * (inner - paid), 0.0)
        bid = math.floor(mark / TICK) * TICK
        density = _NORMAL.pdf(above)
        return Quote(
            bid=round(bid, 4),
            bid_amount=10.0,
            ask=round(bid + 2 * TICK, 4),
            ask_amount=12.5,
            last=None,
            volume=0.0,
            shared={
                "instrument_name": self.name,
                "underlying_index": f"SYN.{self.name.rsplit('-', 2)[0]}",
                "underlying_price": round(forward, 4),
                "mark_price": round(mark, 8),
                "mark_iv": round(iv, 2),
                "open_interest": draw % 5000 / 10,
                "interest_rate": 0.0,
            },
            own={
                "index_price": round(forward, 4),
                "bid_iv": round(iv - 1, 2) if bid else 0.0,
                "ask_iv": round(iv + 1, 2),
                "greeks": {
                    "delta": round(sign * inner, 5),
                    "gamma": round(density / (forward * spread), 5),
                    "vega": round(forward * density * math.sqrt(years) / 100, 5),
                    "theta": round(-forward * density * spread / years / 730, 5),
                    "rho": round(sign * self.strike * inner * years / 100, 5),
                },
            },
        )


def options(view: View, now_ms: int) -> Iterator[Option]:
    """Those that are listed, the same for all of a day: strikes by its first price."""
    first = view.series.last_close_before(now_ms // DAY_MS * DAY_MS)
    level = (first or last_price(view, now_ms) or E8) // E8
    unit = 10 ** max(len(str(level)) - 2, 0)
    today = now_ms // DAY_MS
    for week in (1, 2):
        friday = today + (_FRIDAY - today) % 7 + 7 * week
        for step in _STEPS:
            strike = max(level // unit + step, 1) * unit
            for right in ("C", "P"):
                expires_ms = friday * DAY_MS + _EXPIRES_AFTER_MS
                yield Option(view, expires_ms, strike, right)


def dated(at_ms: int) -> str:
    """As `27MAR26`, and `7NOV26`."""
    day = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{day.day}{day:%b%y}".upper()
