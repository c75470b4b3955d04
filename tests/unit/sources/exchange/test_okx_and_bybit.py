"""OKX's and Bybit's published and recorded bodies, field by field."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.errors import BadDataError, UpstreamError
from pipelines.settings import settings
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.feeds import (
    CANDLES,
    FUNDING_RATES,
    MARK_PRICES,
    OPEN_INTEREST,
    OPEN_INTEREST_HISTORY,
    ORDER_BOOKS,
    TRADES,
)
from pipelines.sources.exchange.instruments import fetch_listing
from pipelines.sources.exchange.series import Series
from pipelines.sources.exchange.snapshots import SnapshotReader
from pipelines.sources.exchange.spans import SpanReader
from pipelines.sources.exchange.venues import spec_of
from pipelines.sources.exchange.walks import WalkReader
from pipelines.upstream.pages import Gap
from pipelines.upstream.progress import NO_PROGRESS
from tests.fakes.venue_server import (
    FakeBudget,
    FakeClock,
    Reply,
    configured,
    venue_server,
)

DATE = datetime(2026, 11, 30, 12, tzinfo=UTC)
NOW_MS = int(DATE.timestamp() * 1000)
MINUTE, HOUR = 60_000, 3_600_000
NS = 1_000_000
CLOCK = "/public/time"
LINEAR, INVERSE, SPOT = "BTC/USDT:USDT", "BTC/USD:BTC", "BTC/USDT"
DATED, INVERSE_DATED = f"{LINEAR}-260814", f"{INVERSE}-261225"
NAMES = {
    ("okx", DATED): "BTC-USDT-260814",
    ("okx", INVERSE_DATED): "BTC-USD-261225",
    ("bybit", DATED): "BTCUSDT-14AUG26",
    ("bybit", INVERSE_DATED): "BTCUSDZ26",
    ("okx", SPOT): "BTC-USDT",
    ("bybit", SPOT): "BTCUSDT",
    ("okx", LINEAR): "BTC-USDT-SWAP",
    ("okx", INVERSE): "BTC-USD-SWAP",
    ("bybit", LINEAR): "BTCUSDT",
    ("bybit", INVERSE): "BTCUSD",
}
# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments
OKX_SWAP: dict[str, Any] = {
    "alias": "", "baseCcy": "", "category": "1", "ctMult": "1", "ctType": "inverse",
    "ctVal": "100", "ctValCcy": "USD", "expTime": "", "instFamily": "BTC-USD",
    "instId": "BTC-USD-SWAP", "instType": "SWAP", "lever": "100",
    "listTime": "1611916828000", "lotSz": "1", "minSz": "1", "optType": "",
    "quoteCcy": "", "settleCcy": "BTC", "state": "live", "stk": "", "tickSz": "0.1",
    "uly": "BTC-USD",
}  # fmt: skip
OKX_PAIR: dict[str, Any] = {
    "alias": "", "baseCcy": "BTC", "category": "1", "ctMult": "", "ctType": "",
    "ctVal": "", "ctValCcy": "", "expTime": "", "instFamily": "", "instId": "BTC-USDT",
    "instType": "SPOT", "lever": "10", "listTime": "1548133413000",
    "lotSz": "0.00000001", "minSz": "0.00001", "optType": "", "quoteCcy": "USDT",
    "settleCcy": "", "state": "live", "stk": "", "tickSz": "0.1", "uly": "",
}  # fmt: skip
# https://bybit-exchange.github.io/docs/v5/market/instrument
BYBIT_PAIR: dict[str, Any] = {
    "symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "innovation": "0",
    "status": "Trading", "marginTrading": "both",
    "lotSizeFilter": {"basePrecision": "0.000001", "quotePrecision": "0.00000001",
                      "minOrderQty": "0.000048", "maxOrderQty": "71.73956243",
                      "minOrderAmt": "1", "maxOrderAmt": "4000000"},
    "priceFilter": {"tickSize": "0.01"},
}  # fmt: skip
BYBIT_PERPETUAL: dict[str, Any] = {
    "symbol": "BTCUSDT", "contractType": "LinearPerpetual", "status": "Trading",
    "baseCoin": "BTC", "quoteCoin": "USDT", "launchTime": "1585526400000",
    "deliveryTime": "0", "deliveryFeeRate": "", "priceScale": "2",
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00"},
    "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
    "lotSizeFilter": {"maxOrderQty": "1190.000", "minOrderQty": "0.001",
                      "qtyStep": "0.001", "minNotionalValue": "5"},
    "unifiedMarginTrade": True, "fundingInterval": 480, "settleCoin": "USDT",
}  # fmt: skip


def okx(*data):
    return json.dumps({"code": "0", "msg": "", "data": data})


def bybit(**result):
    return json.dumps({"retCode": 0, "retMsg": "OK", "result": result, "time": NOW_MS})


@pytest.fixture
def asking(monkeypatch):
    """A client of a market, whose server answers so; and what it was asked."""
    servers = []

    def client(exchange_id, symbol, respond):
        if not callable(respond):
            body = respond
            time = okx({"ts": str(NOW_MS)})

            def respond(path, _):
                return Reply(time if path.endswith(CLOCK) else body, date=DATE)

        context = venue_server(respond)
        server = context.__enter__()
        servers.append(context)
        monkeypatch.setenv(f"BULLION_{exchange_id.upper()}_URL", server.url)
        settings.cache_clear()
        spec, one = spec_of(exchange_id, symbol), configured(attempts=1)
        return VenueClient(spec, FakeBudget(), FakeClock(DATE), one), server

    yield client
    for context in servers:
        context.__exit__(None, None, None)
    settings.cache_clear()


def read(asking, exchange_id, symbol, feed, *answered):
    """The rows of bronze of an answer, by table; and what was asked for."""
    body, *gaps = answered
    client, server = asking(exchange_id, symbol, body)
    route: Any = client.spec.route(feed.name)
    size = None if symbol == SPOT else "100"
    series = Series(exchange_id, symbol, NAMES[exchange_id, symbol], size)
    if not gaps:
        names = {NAMES[venue, one]: one for venue, one in NAMES if venue == exchange_id}
        names = {"BTC-USDT-SWAP": LINEAR} if symbol == LINEAR else names
        reader: Any = SnapshotReader(client, feed, route, series, lambda _: names)
        rows = reader.rows([], NO_PROGRESS)
    else:
        kind = WalkReader if feed is TRADES else SpanReader
        rows = kind(client, feed, route, series).rows(gaps, [])
    found = {one.table.name: one.frame for one in rows}
    assert "quarantine" not in found
    return found, [one for one in server.asked if not one[0].endswith(CLOCK)]


@pytest.mark.parametrize(
    ("symbol", "base", "quote"),
    [(LINEAR, "0.63", "15200.3"), (INVERSE, "2.5819", "62800")],
)
def test_candles_of_okx_count_contracts_and_say_the_base(asking, symbol, base, quote):
    """https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-candlesticks"""
    first = NOW_MS - 10 * MINUTE
    prices = ["24341.4", "24344", "24313.2", "24323"]
    rows = [[str(first + n * MINUTE), *prices, "628", base, quote, "1"] for n in (1, 0)]
    gap = Gap(first, first + 2 * MINUTE)
    found, asked = read(asking, "okx", symbol, CANDLES, okx(*rows), gap)
    frame = found["ohlcv"].sort("opened_at_ms")
    names = ("open", "high", "low", "close", "contracts", "base_volume", "quote_volume")
    assert frame.select(names).rows() == [(*prices, "628", base, quote)] * 2
    assert frame["opened_at_ms"].to_list() == [first, first + MINUTE]
    ((path, params),) = asked
    assert path == "/api/v5/market/candles"
    wanted = {"before": str(first - 1), "after": str(first + MINUTE + 1)}
    wanted |= {"instId": NAMES["okx", symbol], "bar": "1m", "limit": "300"}
    assert params == wanted


def test_what_is_counted_of_spot_is_the_base(asking):
    first = NOW_MS - 10 * MINUTE
    cells = ["24341.4", "24344", "24313.2", "24323", "0.5278", "12840.7"]
    gap = Gap(first, first + MINUTE)
    volumes = ("base_volume", "quote_volume")
    sent = okx([str(first), *cells, "12840.7", "1"])
    found, asked = read(asking, "okx", SPOT, CANDLES, sent, gap)
    assert found["ohlcv"].select(volumes).rows() == [("0.5278", "12840.7")]
    assert found["ohlcv"]["contracts"].to_list() == [None]
    assert asked[0][1]["instId"] == "BTC-USDT"
    sent = bybit(symbol="BTCUSDT", list=[[str(first), *cells]])
    found, asked = read(asking, "bybit", SPOT, CANDLES, sent, gap)
    assert found["ohlcv"].select(volumes).rows() == [("0.5278", "12840.7")]
    assert asked[0][1]["category"] == "spot"
    row = {"instId": "BTC-USDT", "side": "sell", "sz": "0.00192219", "px": "24323.1",
           "tradeId": "242720720", "ts": str(first)}  # fmt: skip
    gap = Gap(first * NS, NOW_MS * NS)

    def respond(_, params):
        below = int(params.get("after", 1 << 62))
        return Reply(okx(*([row] if int(row["tradeId"]) < below else [])), date=DATE)

    found, _ = read(asking, "okx", SPOT, TRADES, respond, gap)
    (trade,) = found["trades"].to_dicts()
    assert (trade["base_amount"], trade["contracts"]) == ("0.00192219", None)
    assert trade["contract_size"] is None
    book = {"asks": [["41007", "3", "0", "2"]], "bids": [["41006.3", "0.3", "0", "2"]]}
    body = okx({**book, "seqId": 1, "ts": "1629966436396"})
    found, _ = read(asking, "okx", SPOT, ORDER_BOOKS, body)
    assert found["order_books"]["contract_size"].to_list() == [None]


def test_minutes_before_those_that_candles_has_are_asked_of_history(asking):
    start = NOW_MS - 1439 * MINUTE
    gap = Gap(start - 300 * MINUTE, start + 300 * MINUTE)
    _, asked = read(asking, "okx", LINEAR, CANDLES, okx(), gap)
    paths = [path.removeprefix("/api/v5/") for path, _ in asked]
    assert paths == ["market/history-candles", "market/candles"]


@pytest.mark.parametrize(("venue", "digits"), [("okx", "0.00015"), ("bybit", "0.0001")])
def test_recorded_rates_are_what_was_paid(asking, recorded, venue, digits):
    name = f"{venue}_http_get_funding_rate_history.json"
    if venue == "bybit":
        name = "bybit_http_get_funding_history.json"
    body = (recorded / "exchange_samples" / name).read_text("utf-8")
    sent = json.loads(body)
    rows = sent["data"] if venue == "okx" else sent["result"]["list"]
    stamp, rate = {
        "okx": ("fundingTime", "realizedRate"),
        "bybit": ("fundingRateTimestamp", "fundingRate"),
    }[venue]
    at = sorted(int(row[stamp]) for row in rows)
    gap = Gap(at[0], at[-1] + HOUR)
    found, _ = read(asking, venue, LINEAR, FUNDING_RATES, body, gap)
    kept = found["funding_rates"].select("settled_at_ms", "funding_rate").rows()
    assert sorted(kept) == sorted((int(row[stamp]), row[rate]) for row in rows)
    assert digits in {told for _, told in kept}


def test_a_rate_keeps_digits_beyond_the_eighth(asking):
    at = NOW_MS - NOW_MS % (8 * HOUR)
    row = {"instId": "BTC-USD-SWAP", "realizedRate": "0.0001515032123456789",
           "fundingRate": "0.5", "fundingTime": str(at)}  # fmt: skip
    gap = Gap(at, at + HOUR)
    found, _ = read(asking, "okx", INVERSE, FUNDING_RATES, okx(row), gap)
    assert found["funding_rates"]["funding_rate"].to_list() == [row["realizedRate"]]


def test_trades_of_okx_are_paged_down_by_id_and_keep_the_listed_size(asking):
    """https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-trades-history"""
    first_ms = NOW_MS - 20 * MINUTE
    sent = [
        {"instId": "BTC-USD-SWAP", "side": ("buy", "sell")[n % 2], "sz": f"{n}",
         "px": "24323.1", "tradeId": str(n), "ts": str(first_ms + n * 1000)}
        for n in range(1, 231)
    ]  # fmt: skip

    def respond(_, params):
        below = int(params.get("after", 1 << 62))
        rows = [trade for trade in sent if int(trade["tradeId"]) < below][::-1]
        return Reply(okx(*rows[: int(params["limit"])]), date=DATE)

    gap = Gap(first_ms * NS, NOW_MS * NS)
    found, asked = read(asking, "okx", INVERSE, TRADES, respond, gap)
    frame = found["trades"].sort("trade_id")
    assert frame["trade_id"].to_list() == list(range(1, 231))
    assert frame["contracts"].to_list() == [str(n) for n in range(1, 231)]
    assert set(frame["contract_size"]) == {"100"}
    assert set(frame["base_amount"]) == set(frame["quote_amount"]) == {None}
    assert frame["taker_side"].to_list() == ["sell", "buy"] * 115
    assert {path for path, _ in asked} == {"/api/v5/market/history-trades"}


def test_a_book_stands_in_a_list_of_one_or_under_short_names(asking):
    levels = [["41006.8", "0.60038921", "0", "1"], ["41007", "3", "0", "2"]]
    book = {"asks": levels, "bids": [["41006.3", "0.3", "0", "2"]], "seqId": 3235851742}
    body = okx({**book, "ts": "1629966436396"})
    found, asked = read(asking, "okx", LINEAR, ORDER_BOOKS, body)
    (row,) = found["order_books"].to_dicts()
    assert json.loads(row["asks"]) == levels
    assert (row["snapshot_at_ms"], row["update_id"]) == (1629966436396, "3235851742")
    assert row["contract_size"] == "100"
    assert asked[0][1] == {"instId": "BTC-USDT-SWAP"}
    body = bybit(s="BTCUSDT", a=[["65557.7", "16.6"]], b=[["65485.47", "47.08"]],
                 ts=1716863719031, u=230704, seq=1432604333,
                 cts=1716863718905)  # fmt: skip
    found, asked = read(asking, "bybit", LINEAR, ORDER_BOOKS, body)
    (row,) = found["order_books"].to_dicts()
    assert (row["bids"], row["asks"]) == (
        '[["65485.47","47.08"]]',
        '[["65557.7","16.6"]]',
    )
    stamps = row["snapshot_at_ms"], row["changed_at_ms"], row["update_id"]
    assert stamps == (1716863719031, 1716863718905, "230704")
    assert asked[0][1] == {"category": "linear", "symbol": "BTCUSDT"}


def test_one_answer_has_the_open_interest_of_all(asking):
    """https://www.okx.com/docs-v5/en/#public-data-rest-api-get-open-interest"""
    rows = [
        {"instType": "SWAP", "instId": name, "oi": "5000", "oiCcy": "555.55",
         "oiUsd": "50000", "ts": "1597026383085"}
        for name in ("BTC-USDT-SWAP", "ETH-USDT-SWAP")
    ]  # fmt: skip
    found, asked = read(asking, "okx", LINEAR, OPEN_INTEREST, okx(*rows))
    (row,) = found["open_interest"].to_dicts()
    told = row["contracts_open_interest"], row["base_open_interest"]
    assert (row["symbol"], row["observed_at_ms"], *told) == (
        *(LINEAR, 1597026383085),
        *("5000", "555.55"),
    )
    assert asked[0][1] == {"instType": "SWAP"}


@pytest.mark.parametrize(
    ("symbol", "column", "volumes"),
    [
        (LINEAR, "base_open_interest", ("base_volume", "quote_volume")),
        (INVERSE, "contracts_open_interest", ("quote_volume", "base_volume")),
    ],
)
def test_what_bybit_counts_is_the_base_or_dollars(asking, symbol, column, volumes):
    """https://bybit-exchange.github.io/docs/v5/market/kline and …/open-interest."""
    start = 1670608800000
    cells = ["17071", "17073", "17027", "17055.5", "268611", "15.74462667"]
    body = bybit(symbol="BTCUSD", list=[[str(start), *cells]])
    gap = Gap(start, start + MINUTE)
    found, asked = read(asking, "bybit", symbol, CANDLES, body, gap)
    assert found["ohlcv"].select(volumes).rows() == [("268611", "15.74462667")]
    assert (asked[0][1]["start"], asked[0][1]["end"]) == (str(start), str(start))
    stamps = [1669571400000, 1669571100000]
    rows = [
        {"openInterest": "461134384.00000000", "timestamp": str(at)} for at in stamps
    ]
    gap = Gap(stamps[1], stamps[0] + 300_000)
    body = bybit(list=rows, nextPageCursor="")
    found, _ = read(asking, "bybit", symbol, OPEN_INTEREST_HISTORY, body, gap)
    frame = found["open_interest_history"]
    assert set(frame[column]) == {"461134384.00000000"}
    assert sorted(frame["observed_at_ms"]) == stamps[::-1]


def test_listings_say_what_a_contract_is_of_and_are_of_a_category(asking):
    linear = {**OKX_SWAP, "instId": "BTC-USDT-SWAP", "uly": "BTC-USDT"}
    linear |= {"ctType": "linear", "ctVal": "0.01", "settleCcy": "USDT"}
    client, server = asking("okx", LINEAR, okx(OKX_SWAP, linear))
    listing = fetch_listing(client, [])
    assert listing.venue_symbols == {INVERSE: "BTC-USD-SWAP", LINEAR: "BTC-USDT-SWAP"}
    assert listing.contract_sizes == {INVERSE: "100", LINEAR: "0.01"}
    assert server.asked[-1][1] == {"instType": "SWAP"}
    whole = bybit(category="linear", list=[BYBIT_PERPETUAL], nextPageCursor="")
    client, server = asking("bybit", LINEAR, whole)
    listing = fetch_listing(client, [])
    assert listing.venue_symbols == {LINEAR: "BTCUSDT"}
    assert server.asked[-1][1] == {"category": "linear", "limit": "1000"}
    # of two listings at one address each stands by itself
    (origin,) = set(listing.rows[0].frame["origin"])
    assert origin.endswith("/v5/market/instruments-info?category=linear&limit=1000")


def test_listings_of_spot_are_of_a_type_and_a_category(asking):
    client, server = asking("okx", SPOT, okx(OKX_PAIR))
    assert fetch_listing(client, []).venue_symbols == {SPOT: "BTC-USDT"}
    assert server.asked[-1][1] == {"instType": "SPOT"}
    client, server = asking("bybit", SPOT, bybit(category="spot", list=[BYBIT_PAIR]))
    assert fetch_listing(client, []).venue_symbols == {SPOT: "BTCUSDT"}
    assert server.asked[-1][1] == {"category": "spot"}


def test_a_listing_that_goes_on_is_not_taken_for_a_whole_one(asking):
    part = bybit(category="linear", list=[BYBIT_PERPETUAL], nextPageCursor="first%3D1")
    client, _ = asking("bybit", LINEAR, part)
    with pytest.raises(UpstreamError, match="a listing that goes on after 1 markets"):
        fetch_listing(client, [])


def test_the_clock_of_okx_stands_in_a_list(asking):
    client, _ = asking(
        "okx", LINEAR, lambda *_: Reply(okx({"ts": "1597026383085"}), date=None)
    )
    assert client.venue_now_ms([]) == 1597026383085


def test_what_bybit_can_not_be_asked_for_is_refused():
    spec = spec_of("bybit", LINEAR)
    with pytest.raises(BadDataError, match="is not asked for trades of linear"):
        spec.route(TRADES.name)
    with pytest.raises(BadDataError, match="not asked for trades of spot instruments"):
        spec_of("bybit", SPOT).route(TRADES.name)
    with pytest.raises(BadDataError, match="has nothing of the kind"):
        spec.route(FUNDING_RATES.name).named("BTCUSDT-26DEC25")
    with pytest.raises(BadDataError, match="has nothing of the kind"):
        spec_of("bybit", INVERSE).route(FUNDING_RATES.name).named("BTCUSDZ25")


def test_dated_contracts_are_listed_by_their_expiry_on_okx_apart(asking):
    """https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments"""
    dated = {**OKX_SWAP, "instType": "FUTURES", "alias": "quarter"}
    inverse = {"instId": "BTC-USD-261225", "expTime": "1798185600000"}
    linear = {"instId": "BTC-USDT-260814", "expTime": "1786694400000"}
    linear |= {"uly": "BTC-USDT", "settleCcy": "USDT", "ctVal": "0.01"}
    # as it was listed without what an instrument is of
    bare = {"instId": "ETH-USD-261225", "instType": "FUTURES", "state": "preopen"}
    body = okx(dated | inverse, dated | linear, bare)
    for symbol in (DATED, INVERSE_DATED):
        client, server = asking("okx", symbol, body)
        listing = fetch_listing(client, [])
        named = {one: NAMES["okx", one] for one in (DATED, INVERSE_DATED)}
        assert listing.venue_symbols == named
        (refused,) = listing.rows[1].frame.to_dicts()
        assert "ETH-USD-261225 on okx: ccxt can not read it" in refused["reason"]
        assert server.asked[-1][1] == {"instType": "FUTURES"}
    dated = {**BYBIT_PERPETUAL, "deliveryFeeRate": "0.0005", "fundingInterval": 0}
    linear = {"symbol": "BTCUSDT-14AUG26", "contractType": "LinearFutures"}
    linear |= {"deliveryTime": "1786694400000"}
    body = bybit(
        category="linear", list=[BYBIT_PERPETUAL, dated | linear], nextPageCursor=""
    )
    client, _ = asking("bybit", DATED, body)
    listing = fetch_listing(client, [])
    named = {one: NAMES["bybit", one] for one in (LINEAR, DATED)}
    assert listing.venue_symbols == named
    inverse = {"symbol": "BTCUSDZ26", "contractType": "InverseFutures"}
    inverse |= {"quoteCoin": "USD", "settleCoin": "BTC"}
    inverse |= {"deliveryTime": "1798185600000", "launchTime": "1781251200000"}
    body = bybit(category="inverse", list=[dated | inverse], nextPageCursor="")
    client, _ = asking("bybit", INVERSE_DATED, body)
    assert fetch_listing(client, []).venue_symbols == {INVERSE_DATED: "BTCUSDZ26"}


def test_marks_of_a_dated_contract_are_of_its_kind_and_it_has_no_funding(asking):
    """https://www.okx.com/docs-v5/en/#public-data-rest-api-get-mark-price"""
    row = {"instType": "FUTURES", "instId": "BTC-USDT-260814", "markPx": "65011.9"}
    sent = okx({**row, "ts": "1786336806394"})
    found, asked = read(asking, "okx", DATED, MARK_PRICES, sent)
    (mark,) = found["mark_prices"].to_dicts()
    assert (mark["symbol"], mark["mark_price"]) == (DATED, "65011.9")
    assert (mark["observed_at_ms"], mark["index_price"]) == (1786336806394, None)
    assert asked[0][1] == {"instType": "FUTURES"}
    tickers = [
        {"symbol": "BTCUSDT-14AUG26", "lastPrice": "64976.8", "indexPrice": "64999.5",
         "markPrice": "65011.9", "openInterest": "186.288", "fundingRate": "",
         "nextFundingTime": "0", "predictedDeliveryPrice": "0.0", "basis": "-22.71",
         "deliveryTime": "1786694400000", "basisRateYear": "0.01723021"},
        {"symbol": "BTCUSDT", "lastPrice": "64965.30", "indexPrice": "64999.51",
         "markPrice": "64970.71", "openInterest": "59657.919", "basis": "",
         "fundingRate": "0.00005399", "deliveryTime": "0"},
    ]  # fmt: skip
    sent = bybit(category="linear", list=tickers)
    found, asked = read(asking, "bybit", DATED, MARK_PRICES, sent)
    told = ("symbol", "mark_price", "index_price")
    assert found["mark_prices"].select(told).rows() == [
        (DATED, "65011.9", "64999.5"),
        (LINEAR, "64970.71", "64999.51"),
    ]
    assert asked[0][1] == {"category": "linear"}
    found, _ = read(asking, "bybit", DATED, OPEN_INTEREST, sent)
    assert found["open_interest"]["base_open_interest"][0] == "186.288"
    with pytest.raises(BadDataError, match="funding_rates of linear dated contracts"):
        spec_of("okx", DATED).route(FUNDING_RATES.name)
    for symbol in (DATED, INVERSE_DATED):
        route: Any = spec_of("bybit", symbol).route(FUNDING_RATES.name)
        with pytest.raises(BadDataError, match="has nothing of the kind"):
            route.named(NAMES["bybit", symbol])
