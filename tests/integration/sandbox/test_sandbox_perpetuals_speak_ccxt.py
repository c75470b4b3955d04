"""Unmodified ccxt reads OKX and Bybit as the sandbox serves them, and it adds up."""

from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from pipelines.sandbox.running import running
from tests.integration.sandbox.test_sandbox_speaks_ccxt import MINUTE_MS, NOW, NOW_MS

LINEAR, INVERSE, SPOT = "BTC/USDT:USDT", "BTC/USD:BTC", "BTC/USDT"
DATED, INVERSE_DATED = f"{LINEAR}-240329", f"{INVERSE}-240329"
SIZES = {  # of a contract: the base, or the quote where it settles in its base
    ("okx", LINEAR): 0.01,
    ("okx", INVERSE): 100,
    ("bybit", LINEAR): 1,
    ("bybit", INVERSE): 1,
    ("okx", DATED): 0.01,
    ("okx", INVERSE_DATED): 100,
    ("bybit", DATED): 1,
    ("bybit", INVERSE_DATED): 1,
    ("okx", SPOT): 1,
    ("bybit", SPOT): 1,
}
TYPES = {"okx": ["spot", "swap", "future"], "bybit": ["spot", "linear", "inverse"]}
MINUTES = 40
SINCE = NOW_MS // MINUTE_MS * MINUTE_MS - MINUTES * MINUTE_MS


@pytest.fixture(scope="module")
def venues() -> Iterator[dict[str, Any]]:
    with running(now=NOW, frozen=True, rate_limit=False, in_thread=True) as started:
        found = {}
        for name, types in TYPES.items():
            exchange = getattr(ccxt, name)({"enableRateLimit": False})
            url = started.venue_url(name)
            exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], url)
            exchange.options["fetchMarkets"] = {"types": types}
            exchange.milliseconds = lambda: NOW_MS  # which minutes are recent
            exchange.load_markets()
            found[name] = exchange
        yield found


@pytest.mark.parametrize(("name", "symbol"), SIZES)
def test_candles_are_made_of_the_trades(
    venues: dict[str, Any], name: str, symbol: str
) -> None:
    exchange, size = venues[name], SIZES[name, symbol]
    market = exchange.market(symbol)
    assert bool(market["spot"]) == (symbol == SPOT)
    assert bool(market["linear"]) == (symbol in {LINEAR, DATED})
    assert bool(market["inverse"]) == (symbol in {INVERSE, INVERSE_DATED})
    expiry = "2024-03-29T08:00:00.000Z" if symbol.endswith("-240329") else None
    assert market["expiryDatetime"] == expiry
    rows = exchange.fetch_ohlcv(symbol, since=SINCE, limit=MINUTES)
    assert [row[0] for row in rows] == [SINCE + n * MINUTE_MS for n in range(MINUTES)]
    trades = exchange.fetch_trades(symbol, limit=100)
    whole = [row for row in rows if row[0] > trades[0]["timestamp"]]
    assert sum(row[5] > 0 for row in whole) > 5
    for opened_at, *_, volume in whole:
        amounts = [
            trade["amount"] * size / (trade["price"] if market["inverse"] else 1)
            for trade in trades
            if opened_at <= trade["timestamp"] < opened_at + MINUTE_MS
        ]
        assert volume == pytest.approx(sum(amounts))


@pytest.mark.parametrize("name", TYPES)
def test_older_candles_rates_books_and_open_interest_are_read(
    venues: dict[str, Any], name: str
) -> None:
    exchange = venues[name]
    old = SINCE - 3 * 86_400_000
    for symbol in (LINEAR, INVERSE):
        rows = exchange.fetch_ohlcv(symbol, since=old, limit=20)
        assert [row[0] for row in rows] == [old + n * MINUTE_MS for n in range(20)]
        rates = exchange.fetch_funding_rate_history(
            symbol, since=NOW_MS - 3 * 86_400_000, limit=10
        )
        stamps = [rate["timestamp"] for rate in rates]
        assert len(stamps) == 9
        assert {at % 28_800_000 for at in stamps} == {0}
        assert any(round(rate["fundingRate"], 8) != rate["fundingRate"]
                   for rate in rates)  # fmt: skip
        book = exchange.fetch_order_book(symbol, limit=5)
        assert len(book["bids"]) == len(book["asks"]) == 5
        assert book["bids"][0][0] < book["asks"][0][0]
        told = exchange.fetch_open_interest(symbol)
        assert (told["openInterestAmount"] or told["openInterestValue"]) > 0
