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


def test_tickers_of_all_agree_with_the_books(venue: tuple[str, Any, str]) -> None:
    exchange_id, exchange, symbol = venue
    if exchange_id == "coinbase":  # ccxt makes them of candles there
        return
    ticker = exchange.fetch_tickers()[symbol]
    book = exchange.fetch_order_book(symbol)
    assert (ticker["bid"], ticker["ask"]) == (book["bids"][0][0], book["asks"][0][0])
    assert list(exchange.fetch_tickers([symbol])) == [symbol]


@pytest.mark.parametrize(
    "symbol", ["BTC/USDT:USDT", "BTC/USD:BTC", "BTC/USD:BTC-240329"]
)
def test_contracts_have_books_and_tickers(sandbox: Running, symbol: str) -> None:
    exchange = client("binance", sandbox.venue_url("binance"))
    exchange.options["fetchMarkets"] = {"types": ["linear", "inverse"]}
    market = exchange.market(symbol) if exchange.load_markets() else {}
    book = exchange.fetch_order_book(symbol, limit=50)
    assert len(book["bids"]) == len(book["asks"]) == 50
    assert book["bids"][0][0] < book["asks"][0][0]
    assert book["timestamp"] == NOW_MS - NOW_MS % 100
    (bid, _), (ask, _) = book["bids"][0][:2], book["asks"][0][:2]
    last = exchange.fetch_tickers([symbol])[symbol]["last"]
    assert last in (bid, ask)
    sub_type = "linear" if market["linear"] else "inverse"
    best = exchange.fetch_bids_asks(
        params={"subType": sub_type, "type": market["type"]}
    )
    assert (best[symbol]["bid"], best[symbol]["ask"]) == (bid, ask)


def test_kraken_futures_speaks_of_contracts(sandbox: Running) -> None:
    exchange = ccxt.krakenfutures({"enableRateLimit": False, "timeout": 600_000})
    url = sandbox.venue_url("kraken_futures")
    exchange.urls["api"] = {
        name: re.sub(r"^https?://[^/]+", url, address)
        for name, address in exchange.urls["api"].items()
    }
    markets = exchange.load_markets()
    assert {"BTC/USD:USD": False, "BTC/USD:BTC": True}.items() <= {
        symbol: market["inverse"] for symbol, market in markets.items()
    }.items()
    tickers = exchange.fetch_tickers()
    for symbol in markets:
        book = exchange.fetch_order_book(symbol)
        best = tickers[symbol]["bid"], tickers[symbol]["ask"]
        assert best == (book["bids"][0][0], book["asks"][0][0])
        assert tickers[symbol]["last"] in best
        assert book["timestamp"] == NOW_MS
    since = NOW_MS // MINUTE_MS * MINUTE_MS - 60 * MINUTE_MS
    for symbol in ("BTC/USD:USD", "BTC/USD:BTC"):
        rows = exchange.fetch_ohlcv(symbol, since=since, limit=60)
        assert 0 < len(rows) <= 60
        assert rows[0][0] >= since
    assert all(row[5] == int(row[5]) for row in rows)  # contracts of a dollar
    rates = exchange.fetch_funding_rate_history("BTC/USD:USD")
    hours = [rate["timestamp"] // 3_600_000 for rate in rates]
    assert hours == list(range(hours[-1] - len(hours) + 1, hours[-1] + 1))
    assert all(abs(rate["fundingRate"]) < 0.001 for rate in rates)
    until = since + 30 * MINUTE_MS
    trades = exchange.fetch_trades(
        "BTC/USD:USD",
        params={"method": "publicGetHistory", "lastTime": exchange.iso8601(until)},
    )
    stamps = [trade["timestamp"] for trade in trades]
    assert stamps == sorted(stamps)
    assert len(stamps) == 100
    assert stamps[-1] < until


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


def test_deribit_speaks_of_contracts_and_options(sandbox: Running) -> None:
    exchange = ccxt.deribit({"enableRateLimit": False, "timeout": 600_000})
    exchange.urls["api"] = {"rest": sandbox.venue_url("deribit")}
    markets = exchange.load_markets()
    inverse, linear = "BTC/USD:BTC", "BTC/USDC:USDC"
    assert (markets[inverse]["inverse"], markets[linear]["inverse"]) == (True, False)
    since = NOW_MS // MINUTE_MS * MINUTE_MS - 60 * MINUTE_MS
    for symbol in (inverse, linear):
        rows = exchange.fetch_ohlcv(symbol, since=since, limit=60)
        assert [row[0] for row in rows] == [since + n * MINUTE_MS for n in range(60)]
        trades = exchange.fetch_trades(symbol, since=since, limit=1000)
        ids = [int(trade["info"]["trade_seq"]) for trade in trades]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        amount = "cost" if symbol == linear else "amount"
        of_minute = [t for t in trades if t["timestamp"] < since + MINUTE_MS]
        volume = sum(t["amount" if symbol == linear else "cost"] for t in of_minute)
        assert volume == pytest.approx(rows[0][5], abs=1e-6)
        assert all(trade[amount] > 0 for trade in trades)
        book, ticker = exchange.fetch_order_book(symbol), exchange.fetch_ticker(symbol)
        best = ticker["bid"], ticker["ask"]
        assert best == (book["bids"][0][0], book["asks"][0][0])
        assert book["timestamp"] == NOW_MS
        assert exchange.fetch_open_interest(symbol)["info"]["open_interest"] > 0
    forced = [trade["info"].get("liquidation") for trade in trades]
    assert {"M", "T", "MT"} == {*forced} - {None}
    rates = exchange.fetch_funding_rate_history(inverse, since=NOW_MS - 86_400_000)
    assert len(rates) == 24
    # what ccxt reads is of eight hours
    assert rates[0]["fundingRate"] == rates[0]["info"]["interest_8h"]
    chain = exchange.fetch_option_chain("BTC")
    listed = {name for name, market in markets.items() if market["option"]}
    assert {*chain} == {name for name in listed if name.startswith("BTC/")}
    for symbol, option in chain.items():
        greeks = exchange.fetch_greeks(symbol)
        assert greeks["markPrice"] == option["markPrice"]
        assert -1 <= greeks["delta"] <= 1
        assert greeks["markImpliedVolatility"] == option["info"]["mark_iv"]
        assert exchange.fetch_order_book(symbol)["asks"][0][0] == option["askPrice"]
