"""Unmodified ccxt is the judge: only its URLs lead to the sandbox."""

import re
from collections.abc import Iterator
from typing import Any

import ccxt
import pytest

from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.generated import generated_feed
from pipelines.sandbox.listings import generated_pairs
from pipelines.sandbox.running import Running, running

NOW = "2024-03-05T10:00:30Z"
NOW_MS = parse_instant(NOW)
MINUTE_MS = 60_000

VENUES = {
    "binance": ("binance", "BTC/USDT"),
    "binance_us": ("binanceus", "BTC/USDT"),
    "kraken": ("kraken", "BTC/USD"),
    "coinbase": ("coinbaseexchange", "BTC/USD"),
}
# What ccxt leaves empty of a spot market, whatever the venue's body holds.
NOT_SPOT = {
    *("contractSize", "created", "expiry", "expiryDatetime", "index", "inverse"),
    *("linear", "lowercaseId", "optionType", "settle", "settleId", "strike", "subType"),
}
# What ccxt leaves empty of a public trade; only Kraken tells the order's type.
NO_TRADE = {
    "binance": {"order", "takerOrMaker", "type"},
    "binance_us": {"order", "takerOrMaker", "type"},
    "kraken": {"order", "takerOrMaker"},
    "coinbase": {"order", "takerOrMaker", "type"},
}
# What the venue's documented ticker has no field for.
NO_TICKER = {
    "binance": {"indexPrice", "markPrice"},
    "binance_us": {"indexPrice", "markPrice"},
    "kraken": {"datetime", "indexPrice", "markPrice", "previousClose", "timestamp"},
    "coinbase": {
        *("askVolume", "average", "bidVolume", "change", "high", "indexPrice", "low"),
        *("markPrice", "open", "percentage", "previousClose", "quoteVolume", "vwap"),
    },
}


def client(exchange_id: str, url: str) -> Any:
    exchange = getattr(ccxt, VENUES[exchange_id][0])(
        {"enableRateLimit": False, "timeout": 600_000}
    )
    exchange.urls["api"] = {
        name: re.sub(r"^https?://[^/]+", url, address)
        for name, address in exchange.urls["api"].items()
    }
    return exchange


def empty(record: dict[str, Any]) -> set[str]:
    return {name for name, value in record.items() if value is None}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running(now=NOW, frozen=True, rate_limit=False) as started:
        yield started


@pytest.fixture(params=VENUES)
def venue(request: pytest.FixtureRequest, sandbox: Running) -> tuple[str, Any, str]:
    exchange = client(request.param, sandbox.venue_url(request.param))
    exchange.load_markets()
    return request.param, exchange, VENUES[request.param][1]


def test_markets_are_whole(venue: tuple[str, Any, str]) -> None:
    _, exchange, _ = venue
    assert {"BTC", "ETH", "SOL"} <= set(exchange.currencies)
    for symbol, market in exchange.markets.items():
        if not market["spot"]:
            continue
        assert symbol == f"{market['base']}/{market['quote']}"
        assert empty(market) <= NOT_SPOT, symbol
        assert market["active"]
        assert market["precision"]["price"] > 0
        assert market["precision"]["amount"] > 0
        assert market["limits"]["cost"]["min"] > 0


def test_contracts_are_whole(sandbox: Running) -> None:
    exchange = client("binance", sandbox.venue_url("binance"))
    exchange.options["fetchMarkets"] = {"types": ["linear", "inverse"]}
    markets = {market["symbol"]: market for market in exchange.fetch_markets()}
    assert {symbol for symbol in markets if symbol.startswith("BTC/")} == {
        *("BTC/USDT:USDT", "BTC/USDT:USDT-240329", "BTC/USDT:USDT-240628"),
        *("BTC/USD:BTC", "BTC/USD:BTC-240329", "BTC/USD:BTC-240628"),
    }
    linear, inverse = markets["BTC/USDT:USDT"], markets["BTC/USD:BTC-240329"]
    assert (linear["type"], linear["linear"], linear["active"]) == ("swap", True, True)
    assert (linear["contractSize"], linear["id"]) == (1, "BTCUSDT")
    assert (inverse["type"], inverse["inverse"]) == ("future", True)
    assert (inverse["contractSize"], inverse["id"]) == (100, "BTCUSD_240329")
    assert inverse["expiryDatetime"] == "2024-03-29T08:00:00.000Z"


def test_dollars_and_the_coins_named_after_them_are_different_quotes(
    sandbox: Running,
) -> None:
    exchange = client("kraken", sandbox.venue_url("kraken"))
    markets = exchange.load_markets()
    ids = {symbol: markets[symbol]["id"] for symbol in markets if "BTC/" in symbol}
    assert ids == {"BTC/USD": "XXBTZUSD", "BTC/USDT": "XBTUSDT", "BTC/USDC": "XBTUSDC"}
    assert markets["USDT/USD"]["id"] == "USDTZUSD"


@pytest.mark.parametrize("timeframe", ["1m", "5m", "1h"])
def test_candles_run_up_to_the_forming_one(
    venue: tuple[str, Any, str], timeframe: str
) -> None:
    _, exchange, symbol = venue
    rows = exchange.fetch_ohlcv(symbol, timeframe)
    assert len(rows) >= 200
    assert rows == sorted(rows)
    assert rows[-1][0] <= NOW_MS < rows[-1][0] + 2 * (rows[1][0] - rows[0][0]) * 10
    for _, opened, high, low, close, volume in rows:
        assert low <= min(opened, close)
        assert max(opened, close) <= high
        assert volume >= 0


def test_candles_start_where_they_are_asked_to(venue: tuple[str, Any, str]) -> None:
    exchange_id, exchange, symbol = venue
    since = NOW_MS // MINUTE_MS * MINUTE_MS - 100 * MINUTE_MS
    rows = exchange.fetch_ohlcv(symbol, "1m", since=since, limit=50)
    stamps = [row[0] for row in rows]
    assert set(stamps) <= {since + n * MINUTE_MS for n in range(50)}
    assert len(stamps) == 50 or exchange_id == "coinbase"


def test_trades_are_whole_and_make_the_candle(venue: tuple[str, Any, str]) -> None:
    exchange_id, exchange, symbol = venue
    exchange.number = str
    trades = exchange.fetch_trades(symbol, limit=200)
    assert len(trades) == 200
    assert all(empty(trade) == NO_TRADE[exchange_id] for trade in trades)
    opened = NOW_MS // MINUTE_MS * MINUTE_MS
    prices = [float(t["price"]) for t in trades if t["timestamp"] >= opened]
    forming = [row for row in exchange.fetch_ohlcv(symbol) if row[0] == opened]
    assert [float(row[2]) for row in forming] == [max(prices)]
    assert [float(row[4]) for row in forming] == [prices[-1]]
    assert {trade["side"] for trade in trades} == {"buy", "sell"}


def test_every_venue_tells_the_same_takers_side(sandbox: Running) -> None:
    feed = generated_feed(1, generated_pairs())
    for exchange_id, (_, symbol) in VENUES.items():
        of_day = feed[exchange_id][symbol].trades_of_day(NOW_MS // 86_400_000)
        sides = [trade.side for trade in of_day if trade.traded_at_ms <= NOW_MS]
        exchange = client(exchange_id, sandbox.venue_url(exchange_id))
        fetched = [trade["side"] for trade in exchange.fetch_trades(symbol, limit=50)]
        if exchange_id.startswith("binance"):  # aggregates: one for each order
            assert fetched[-1] == sides[-1]
        else:
            assert fetched == sides[-50:]


def test_the_book_has_two_sides(venue: tuple[str, Any, str]) -> None:
    exchange_id, exchange, symbol = venue
    book = exchange.fetch_order_book(symbol)
    assert len(book["bids"]) >= 50
    assert len(book["asks"]) >= 50
    assert book["bids"][0][0] < book["asks"][0][0]
    assert (book["nonce"] is None) == (exchange_id == "kraken")


def test_the_ticker_is_whole(venue: tuple[str, Any, str]) -> None:
    exchange_id, exchange, symbol = venue
    ticker = exchange.fetch_ticker(symbol)
    assert empty(ticker) == NO_TICKER[exchange_id]
    assert ticker["bid"] < ticker["ask"]
    assert ticker["baseVolume"] > 0


def test_the_time_is_the_clocks(venue: tuple[str, Any, str]) -> None:
    _, exchange, _ = venue
    assert exchange.fetch_time() == NOW_MS


def test_an_unknown_symbol_is_ccxts_bad_symbol(venue: tuple[str, Any, str]) -> None:
    """The listing is altered, so that the venue and not ccxt refuses."""
    _, exchange, symbol = venue
    exchange.market(symbol)["id"] = "BTC-XXX"
    with pytest.raises(ccxt.ExchangeError, match=r"Invalid symbol|NotFound|Unknown"):
        exchange.fetch_ohlcv(symbol)


@pytest.mark.parametrize(
    ("exchange_id", "method"),
    [
        ("binance", "publicGetTicker24hr"),  # of every symbol: weight 80
        ("kraken", "publicGetTime"),
        ("coinbase", "publicGetTime"),
    ],
)
def test_above_the_limit_ccxt_sees_a_rate_limit(exchange_id: str, method: str) -> None:
    with running(now=NOW, in_thread=True) as limited:
        exchange = client(exchange_id, limited.venue_url(exchange_id))
        refusals = (ccxt.DDoSProtection, ccxt.RateLimitExceeded)
        with pytest.raises(refusals):  # noqa: PT012 (which request it is varies)
            # enough for one of two minutes, should the limit's minute turn meanwhile
            for _ in range(200):
                getattr(exchange, method)()
        assert limited.requests_count(exchange_id, 429) == 1
