"""Deribit's published and recorded bodies, field by field."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pipelines.settings import settings
from pipelines.sources.exchange.chains import Chain
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.feeds import (
    CANDLES,
    FUNDING_RATES,
    OPEN_INTEREST,
    OPTION_QUOTES,
    TRADES,
)
from pipelines.sources.exchange.instruments import Listing, fetch_listing
from pipelines.sources.exchange.routes import SnapshotRoute, SpanRoute
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
HOUR = 3_600_000
NS = 1_000_000
PERPETUAL = Series("deribit", "BTC/USD:BTC", "BTC-PERPETUAL")
# https://docs.deribit.com/api-reference/market-data/public-ticker, as published
TICKER: dict[str, Any] = {
    "timestamp": 1_699_578_548_021,
    "instrument_name": "BTC-27SEP24-40000-C",
    "best_bid_price": 0.214,
    "best_bid_amount": 0.2,
    "best_ask_price": 0.0,
    "best_ask_amount": 0.0,
    "mark_price": 0.2168,
    "last_price": None,
    "bid_iv": 60.51,
    "ask_iv": 61.88,
    "mark_iv": 61.27,
    "underlying_index": "BTC-27SEP24",
    "underlying_price": 38992.71,
    "index_price": 36552.72,
    "interest_rate": -0.001,
    "open_interest": 368.8,
    "greeks": {
        "rho": 130.63998,
        "theta": -13.48784,
        "vega": 141.90146,
        "gamma": 2e-05,
        "delta": 0.59621,
    },
    "stats": {"volume": 12.0, "volume_usd": 100453.9},
    "state": "open",
}
OPTION = {
    "instrument_name": "BTC-24JUN22-52000-P",
    "kind": "option",
    "option_type": "put",
    "strike": 52000.0,
    "settlement_period": "month",
    "base_currency": "BTC",
    "counter_currency": "USD",
    "quote_currency": "BTC",
    "settlement_currency": "BTC",
    "expiration_timestamp": 1656057600000,
    "creation_timestamp": 1648199543000,
    "tick_size": 0.0005,
    "min_trade_amount": 0.1,
    "contract_size": 1.0,
    "is_active": True,
    "maker_commission": 0.0003,
    "taker_commission": 0.0003,
}


def told(result):
    return json.dumps({"jsonrpc": "2.0", "result": result, "testnet": False})


@pytest.fixture
def asking(monkeypatch):
    """A client of a market, whose server answers so; and what it was asked."""
    servers = []

    def client(respond, symbol=PERPETUAL.symbol):
        context = venue_server(
            respond if callable(respond) else lambda *_: Reply(respond, date=DATE)
        )
        server = context.__enter__()
        servers.append(context)
        monkeypatch.setenv("BULLION_DERIBIT_URL", server.url)
        settings.cache_clear()
        spec = spec_of("deribit", symbol)
        budget = FakeBudget()
        return VenueClient(
            spec, budget, FakeClock(DATE), configured(attempts=1)
        ), server

    yield client
    for context in servers:
        context.__exit__(None, None, None)
    settings.cache_clear()


def spans(asking, feed, body, gap):
    client, server = asking(body)
    route: Any = client.spec.route(feed.name)
    assert isinstance(route, SpanRoute)
    reader = SpanReader(client, feed, route, PERPETUAL)
    return {r.table.name: r.frame for r in reader.rows([gap], [])}, server.asked


def snapshot(asking, feed, body, series, names):
    client, server = asking(body, series.symbol)
    route = client.spec.route(feed.name)
    assert isinstance(route, SnapshotRoute)
    reader = SnapshotReader(client, feed, route, series, names)
    return {r.table.name: r.frame for r in reader.rows([], NO_PROGRESS)}, server.asked


def test_recorded_candles_stand_in_columns_and_are_read_by_row(asking, recorded):
    name = "deribit_http_get_tradingview_chart_data.json"
    body = (recorded / "exchange_samples" / name).read_text("utf-8")
    sent = json.loads(body, parse_float=str)["result"]
    first, last = sent["ticks"][0], sent["ticks"][-1]
    found, asked = spans(asking, CANDLES, body, Gap(first, last + 60_000))
    columns = ("open", "high", "low", "close", "volume", "cost")
    wanted = list(zip(sent["ticks"], *(sent[c] for c in columns), strict=True))
    names = ("opened_at_ms", *columns[:4], "base_volume", "quote_volume")
    assert found["ohlcv"].select(names).rows() == wanted
    assert "quarantine" not in found
    ((path, params),) = asked
    assert path == "/api/v2/public/get_tradingview_chart_data"
    assert params == {
        "instrument_name": "BTC-PERPETUAL",
        "resolution": "1",
        "start_timestamp": str(first - 1),
        "end_timestamp": str(last),
    }


def test_minutes_of_which_there_is_nothing_are_no_candles(asking):
    empty: Any = {name: [] for name in ("ticks", "open", "high", "low", "close")}
    body = told({**empty, "volume": [], "cost": [], "status": "no_data"})
    found, _ = spans(asking, CANDLES, body, Gap(0, 600_000))
    assert [*found] == ["pages"]


@pytest.mark.parametrize(
    ("symbol", "counted", "other"),
    [
        ("ETH/USD:ETH", "quote_amount", "base_amount"),
        ("ETH/USDC:USDC", "base_amount", "quote_amount"),
        ("ETH/USD:ETH-260327-3000-C", "base_amount", "quote_amount"),
    ],
)
def test_recorded_trades_are_numbered_by_instrument(
    asking, recorded, symbol, counted, other
):
    """Their amounts are dollars, or the base, by what the contract settles in."""
    name = "http_get_last_trades.json"
    text = (recorded / "exchange_samples" / name).read_text("utf-8")
    sent = json.loads(text, parse_float=str)["result"]["trades"]
    for place, side in ((3, "M"), (7, "MT")):
        sent[place]["liquidation"] = side

    def respond(_, params):
        first = int(params.get("start_seq", 0))
        since = int(params.get("start_timestamp", 0))
        rows = [t for t in sent if t["trade_seq"] >= first and t["timestamp"] >= since]
        if params["sorting"] == "desc":
            rows.reverse()
        return Reply(told({"trades": rows[: int(params["count"])]}), date=DATE)

    client, server = asking(respond, symbol)
    route: Any = client.spec.route(TRADES.name)
    series = Series("deribit", symbol, "ETH-PERPETUAL")
    start, end = sent[1]["timestamp"] * NS, (sent[-1]["timestamp"] + 1) * NS
    reader = WalkReader(client, TRADES, route, series)
    found = {r.table.name: r.frame for r in reader.rows([Gap(start, end)], [])}
    rows = found["trades"].to_dicts()
    assert [(r["trade_id"], r["price"], r[counted]) for r in rows] == [
        (t["trade_seq"], t["price"], t["amount"]) for t in sent[1:]
    ]
    assert {r[other] for r in rows} == {None}
    assert [r["traded_at_ns"] // NS for r in rows] == [t["timestamp"] for t in sent[1:]]
    assert [r["taker_side"] for r in rows] == [t["direction"] for t in sent[1:]]
    assert [r["liquidation"] for r in rows] == [t.get("liquidation") for t in sent[1:]]
    assert {r["is_aggregate"] for r in rows} == {False}
    (page,) = found["pages"].to_dicts()
    assert (page["answered_from"], page["answered_until"]) == (start, end)
    assert server.asked[-1][1]["start_seq"] == str(sent[0]["trade_seq"])


def test_the_newest_trade_is_asked_for_downwards(asking):
    """Nothing has been traded since: the page goes on after the newest."""
    trade = {"trade_seq": 7, "price": 1, "amount": 2, "direction": "buy"}

    def respond(_, params):
        is_newest = params["sorting"] == "desc"
        rows = [trade | {"timestamp": 5}] if is_newest else []
        return Reply(told({"trades": rows}), date=DATE)

    client, server = asking(respond)
    route: Any = client.spec.route(TRADES.name)
    reader = WalkReader(client, TRADES, route, PERPETUAL)
    gap = Gap((NOW_MS - HOUR) * NS, NOW_MS * NS)
    found = {r.table.name: r.frame for r in reader.rows([gap], [])}
    assert found["pages"]["next_cursor"].to_list() == ["8"]
    assert [params.get("start_seq") for _, params in server.asked] == [None, None, "8"]


def test_what_is_paid_in_an_hour_is_the_rate(asking):
    at = 1_569_891_600_000
    row = {
        "timestamp": at,
        "index_price": 8222.87,
        "prev_index_price": 8305.72,
        "interest_8h": -0.00009234260068476106,
        "interest_1h": -4.739622041017375e-7,
    }
    gap = Gap(at, at + 1000 * HOUR)
    found, asked = spans(asking, FUNDING_RATES, told([row]), gap)
    (rate,) = found["funding_rates"]["funding_rate"].to_list()
    assert Decimal(rate) == Decimal("-4.739622041017375e-7")
    starts = [int(params["start_timestamp"]) for _, params in asked]
    assert starts == [at - 1, at + 743 * HOUR - 1]


def test_a_dated_contract_has_no_funding():
    spec = spec_of("deribit", "BTC/USD:BTC-260327")
    route = spec.route(FUNDING_RATES.name)
    with pytest.raises(Exception, match=r"BTC-27MAR26: .* has nothing of the kind"):
        route.named("BTC-27MAR26")


def test_one_book_summary_has_the_open_interest_of_all_that_settles_alike(asking):
    rows = [
        {"instrument_name": "BTC-PERPETUAL", "open_interest": 9978911260,
         "creation_timestamp": 1763674177068},
        {"instrument_name": "BTC-27MAR26", "open_interest": 10,
         "creation_timestamp": 1763674177068},
    ]  # fmt: skip
    of = Series("deribit", "BTC", "BTC")
    found, asked = snapshot(
        asking, OPEN_INTEREST, told(rows),
        Series("deribit", "BTC/USD:BTC", "BTC"),
        lambda _: {"BTC-PERPETUAL": "BTC/USD:BTC"},
    )  # fmt: skip
    (row,) = found["open_interest"].to_dicts()
    assert (row["symbol"], row["contracts_open_interest"]) == (
        "BTC/USD:BTC",
        "9978911260",
    )
    assert (row["base_open_interest"], row["observed_at_ms"]) == (None, 1763674177068)
    assert asked[0][1] == {"currency": of.venue_symbol, "kind": "future"}


def test_the_ticker_of_an_option_has_its_greeks_as_they_were_sent(asking):
    series = Series("deribit", "BTC/USD:BTC-240927-40000-C", TICKER["instrument_name"])
    found, asked = snapshot(asking, OPTION_QUOTES, told(TICKER), series, None)
    (row,) = found["option_quotes"].to_dicts()
    greeks = {"rho": "130.63998", "theta": "-13.48784", "vega": "141.90146"}
    greeks |= {"gamma": "0.00002", "delta": "0.59621"}
    wanted = greeks | {
        "symbol": series.symbol,
        "quoted_at_ms": TICKER["timestamp"],
        "bid": "0.214",
        "bid_amount": "0.2",
        "ask": "0.0",
        "last_price": None,
        "mark_price": "0.2168",
        "bid_iv": "60.51",
        "mark_iv": "61.27",
        "underlying_index": "BTC-27SEP24",
        "underlying_price": "38992.71",
        "interest_rate": "-0.001",
        "open_interest": "368.8",
        "base_volume": "12.0",
    }
    assert {name: row[name] for name in wanted} == wanted
    assert asked[0][1] == {"instrument_name": TICKER["instrument_name"]}


def test_a_chain_has_the_options_on_what_was_chosen_and_lists_new_ones(asking):
    quote = {"creation_timestamp": 1711101594477, "bid_price": None, "mark_iv": 61.2}
    names = ("BTC-28JUN24-42000-C", "BTC-29JUN24-42000-C", "ETH-28JUN24-4000-C")
    body = told([quote | {"instrument_name": name} for name in names])
    ours = {f"{name[:3]}/USD:{name[:3]}-{place}-1-C": name
            for place, name in enumerate(names)}  # fmt: skip
    listings = [
        Listing("deribit", dict([*ours.items()][:count]), 0, is_fetched=True)
        for count in (1, 3)
    ]
    chain = Chain([PERPETUAL], listings[0], lambda: listings[1])
    of = Series("deribit", PERPETUAL.symbol, "BTC")
    found, _ = snapshot(asking, OPTION_QUOTES, body, of, chain.symbols)
    rows = found["option_quotes"]
    assert rows["symbol"].to_list() == [name for name in ours if name.startswith("BTC")]
    assert set(rows["delta"]) == set(rows["bid"]) == {None}
    assert set(rows["mark_iv"]) == {"61.2"}
    assert chain.listing is listings[1]


def test_recorded_expirations_are_the_days_of_the_listed_options(asking, recorded):
    """At 08:00 UTC of the day that the name has, which is the symbol's."""
    name = "http_get_expirations_btc_option.json"
    text = (recorded / "exchange_samples" / name).read_text("utf-8")
    days = json.loads(text)["result"]["btc"]["option"]
    at = [datetime.strptime(f"{d} 08+0000", "%d%b%y %H%z") for d in days]
    rows = [
        {**OPTION, "instrument_name": f"BTC-{day}-60000-C", "option_type": "call",
         "strike": 60000.0, "expiration_timestamp": int(one.timestamp() * 1000)}
        for day, one in zip(days, at, strict=True)
    ]  # fmt: skip
    strange = {**OPTION, "instrument_name": "XRP_USDC-24JUN22-0d625-P", "strike": 0.625}
    strange |= {"base_currency": "XRP", "counter_currency": "USDC"}
    strange |= {"settlement_currency": "USDC"}
    client, _ = asking(told([OPTION, strange, *rows]))
    listing = fetch_listing(client, [])
    assert listing.venue_symbols == {
        "BTC/USD:BTC-220624-52000-P": "BTC-24JUN22-52000-P",
        "XRP/USDC:USDC-220624-0.625-P": "XRP_USDC-24JUN22-0d625-P",
        **{
            f"BTC/USD:BTC-{one:%y%m%d}-60000-C": row["instrument_name"]
            for one, row in zip(at, rows, strict=True)
        },
    }
    frame = listing.rows[0].frame
    assert set(frame["market_type"]) == {"option"}
