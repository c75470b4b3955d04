"""OKX and Bybit on the sandbox, through the real load into Postgres, and into gold."""

from decimal import Decimal

import pytest
import requests

from pipelines import warehouse
from pipelines.config.rows import configuration
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.exchange.instruments import stored_listing
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.exchange.venues import spec_of
from pipelines.sources.load import load
from pipelines.upstream import wire
from pipelines.upstream.options import LoadOptions
from tests.contents.transform import Transform

NOW = "2024-03-01T12:00:30Z"
SINCE = "2024-03-01T10:00:00Z"
NOW_MS, SINCE_MS = parse_instant(NOW), parse_instant(SINCE)
LINEAR, INVERSE = PAIRS = ("BTC/USDT:USDT", "BTC/USD:BTC")
SPOT = "BTC/USDT"
SERIES = (LINEAR, SPOT, INVERSE)  # as they sort, the last first
VENUES = ("okx", "bybit")
RATES = {
    "okx": "api/v5/public/funding-rate-history?instId=BTC-USDT-SWAP",
    "bybit": "v5/market/funding/history?category=linear&symbol=BTCUSDT",
}
MODELS = (
    *("fct_candles", "fct_trades", "fct_funding", "fct_open_interest"),
    *("fct_liquidity", "dim_instruments"),
)


@pytest.fixture
def venue(built_database, monkeypatch):
    with running(in_thread=True, now=NOW, frozen=True) as started:
        for name, url in started.environment.items():
            monkeypatch.setenv(name, url)
        settings.cache_clear()
        yield started


def loaded(exchange_id, symbols, *feeds, since=SINCE):
    known = configuration(PROJECT_DIR / "seeds")
    options = LoadOptions.parse([exchange_id], symbols, since, feeds=feeds)
    source = ExchangeSource(known, options, is_unlimited=True)
    load(source)
    return [str(failure) for failure in source.failures]


def query(text):
    with warehouse.connect(None, "test") as connection:
        return connection.execute(text).fetchall()


def sent(venue, exchange_id):
    with requests.Session() as session:
        session.trust_env = False
        url = f"{venue.venue_url(exchange_id)}/{RATES[exchange_id]}"
        body = wire.decode(session.get(url).text)
    rows = body["data"] if exchange_id == "okx" else body["result"]["list"]
    word = "realizedRate" if exchange_id == "okx" else "fundingRate"
    return [Decimal(row[word]) for row in rows][::-1]


def test_each_feed_reaches_gold_and_candles_are_made_of_the_trades(venue):
    spans = ("candles", "open_interest_history")
    now = ("order_books", "open_interest")
    for _ in range(2):
        assert loaded("okx", PAIRS, "candles", "trades", *now) == []
        assert loaded("bybit", PAIRS, *spans, *now) == []
        assert loaded("okx", [SPOT], "candles", "trades", "order_books") == []
        assert loaded("bybit", [SPOT], "candles", "order_books") == []
        for name in VENUES:
            assert loaded(name, PAIRS, "funding_rates", since="-P3D") == []
    Transform().run("run", "--select", *(f"+{name}" for name in MODELS))
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]
    for name in VENUES:
        rates = query(
            "select rate, interval_hours from gold.fct_funding where exchange_id ="
            f" '{name}' and symbol = '{LINEAR}' order by due_at"
        )
        assert [rate for rate, _ in rates] == sent(venue, name)[-len(rates) :]
        assert len(rates) == 9
        assert any(rate % Decimal("1e-8") for rate, _ in rates)
        assert {hours for _, hours in rates[1:]} == {8}
        minutes = query(
            "select symbol, count(*), count(*) filter (where trades_count is null)"
            f" from gold.fct_candles where exchange_id = '{name}' and timeframe = '1m'"
            " group by symbol order by symbol desc"
        )
        assert [row[:2] for row in minutes] == [(s, 121) for s in SERIES]
        books = query(
            "select symbol, excluded_for, spread_bps > 0, buy_cost_bps is not null"
            f" from gold.fct_liquidity where exchange_id = '{name}' order by 1 desc"
        )
        assert books == [(s, None, True, True) for s in SERIES]
        # a level of the book is worth a few thousand dollars, not a hundred times that
        depth = "select max(bid_depth_narrow) from gold.fct_liquidity where "
        worth = query(f"{depth} exchange_id = '{name}' and symbol = '{LINEAR}'")
        assert 10_000 < worth[0][0] < 100_000_000
        observed = query(
            "select symbol, max(open_interest), max(open_interest_contracts), count(*)"
            f" from gold.fct_open_interest where exchange_id = '{name}'"
            " group by symbol order by symbol desc"
        )
        assert [row[0] for row in observed] == [LINEAR, INVERSE]
        assert all(base or contracts for _, base, contracts, _ in observed)
    rebuilt = query("""
        select
            c.symbol,
            count(*),
            count(*) filter (where c.base_volume != t.base),
            count(*) filter (where c.quote_volume != t.quote)
        from gold.fct_candles as c
        inner join (
            select
                symbol,
                minute_at,
                sum(base_amount) as base,
                sum(quote_amount) as quote
            from gold.fct_trades
            where exchange_id = 'okx'
            group by symbol, minute_at
        ) as t on c.symbol = t.symbol and c.opened_at = t.minute_at
        where c.exchange_id = 'okx' and c.timeframe = '1m'
        group by c.symbol order by c.symbol desc
    """)
    assert [(s, *wrong) for s, _, *wrong in rebuilt] == [(s, 0, 0) for s in SERIES]
    assert all(minutes > 15 for _, minutes, *_ in rebuilt)


def test_dated_contracts_have_an_expiry_up_to_which_their_basis_is_annualised(venue):
    dated = [f"{symbol}-240329" for symbol in PAIRS]
    for _ in range(2):
        for name in VENUES:
            feeds = ("candles", "mark_prices", "open_interest", "order_books")
            assert loaded(name, [*dated, LINEAR], *feeds) == []
    assert loaded("binance", [SPOT], "candles") == []
    models = ("dim_instruments", "fct_basis", "fct_candles", "fct_open_interest")
    Transform().run("run", "--select", *(f"+{name}" for name in models))
    expiry = "expires_at = '2024-03-29 08:00Z' and not is_inverse"
    listed = f"select exchange_id, bool_and({expiry}) from gold.dim_instruments"
    of_dated = f"where symbol = '{dated[0]}' and exchange_id = any('{{okx,bybit}}')"
    assert query(f"{listed} {of_dated} group by 1 order by 1") == [
        ("bybit", True),
        ("okx", True),
    ]
    basis = query(
        "select exchange_id, contract_type, annualised_rate is not null,"
        " abs(annualised_spot_rate * extract(epoch from expires_at - marked_at)"
        " / 31536000 * 10000 - spot_basis_bps) < 0.001, index_missing_for is null"
        f" from gold.fct_basis {of_dated} order by 1"
    )
    assert basis == [
        ("bybit", "dated", True, True, True),
        ("okx", "dated", False, True, False),
    ]
    held = query(
        "select exchange_id, symbol, count(*) from gold.fct_candles"
        " where timeframe = '1m' and symbol like '%-240329' group by 1, 2 order by 1, 2"
    )
    assert held == [(v, s, 121) for v in sorted(VENUES) for s in sorted(dated)]
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


def test_what_is_listed_apart_is_kept_apart(venue):
    symbols = [LINEAR, f"{LINEAR}-240329"]
    assert loaded("okx", symbols, "mark_prices") == []
    with warehouse.connect("loader", "test") as connection:
        for symbol in symbols:
            kept = stored_listing(connection, spec_of("okx", symbol))
            assert kept is not None
            assert symbol in kept.venue_symbols


def test_amounts_of_okx_are_contracts_of_the_listed_size(venue):
    assert loaded("okx", PAIRS, "trades") == []
    told = query(
        "select symbol, contract_size, bool_and(base_amount is null),"
        " max(trade_id) - min(trade_id) + 1 = count(distinct trade_id)"
        " from bronze_exchange.trades group by 1, 2 order by 1 desc"
    )
    sizes = [Decimal("0.01"), Decimal(100)]
    assert told == [(s, n, True, True) for s, n in zip(PAIRS, sizes, strict=True)]
    silver = query(
        "select symbol, bool_and(base_amount = contracts * listed_contract_size),"
        " bool_and(quote_amount = contracts * listed_contract_size)"
        " from silver.stg_exchange__trades group by 1 order by 1 desc"
    )
    assert silver == [(LINEAR, True, None), (INVERSE, False, True)]


def test_what_is_not_asked_for_is_refused_and_older_minutes_have_a_route_of_their_own(
    venue,
):
    (failure,) = loaded("bybit", [LINEAR], "trades")
    assert "bybit is not asked for trades of linear contracts" in failure
    (failure,) = loaded("bybit", [SPOT], "trades")
    assert "bybit is not asked for trades of spot instruments" in failure
    option = "BTC/USD:BTC-240628-50000-C"
    with pytest.raises(Exception, match="option contracts are not collected from okx"):
        loaded("okx", [option], "candles")
    assert loaded("okx", [LINEAR], "candles", since="2024-02-29T06:00:00Z") == []
    asked = query(
        "select endpoint, count(*) from bronze_exchange.requests"
        " where endpoint like '%Candles' group by 1 order by 1"
    )
    assert [name for name, _ in asked] == [
        "publicGetMarketCandles",
        "publicGetMarketHistoryCandles",
    ]
    held = query(
        "select count(distinct opened_at_ms) from bronze_exchange.ohlcv"
        f" where opened_at_ms < {SINCE_MS}"
    )
    assert held == [(28 * 60,)]
