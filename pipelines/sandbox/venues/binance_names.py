"""Binance's own names of pairs and contracts, and which market each is of."""

from datetime import UTC, datetime

from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.market import HOUR_MS


def venue_symbol(symbol: str) -> str:
    """`BTCUSDT`, `BTCUSDT_241227`, `BTCUSD_PERP`, `BTCUSD_241227`."""
    pair, _, terms = symbol.partition(":")
    settle, _, expiry = terms.partition("-")
    name = pair.replace("/", "")
    if expiry:
        return f"{name}_{expiry}"
    return f"{name}_PERP" if market_of(symbol) == "cm" and settle else name


def market_of(symbol: str) -> str:
    """`spot`, or a contract's `um` (settled in the quote) or `cm` (in the base)."""
    pair, _, terms = symbol.partition(":")
    if not terms:
        return "spot"
    return "um" if terms.split("-")[0] == pair.split("/")[1] else "cm"


def delivered_at_ms(expiry: str) -> int:
    """When a dated contract ends: 08:00 UTC of its day.

    https://www.binance.com/en/support/faq/detail/360039445371
    """
    day = datetime.strptime(expiry, "%y%m%d").replace(tzinfo=UTC)
    return parse_instant(day.isoformat()) + 8 * HOUR_MS
