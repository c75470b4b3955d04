"""What Binance says of contracts, on the sandbox, through the load into Postgres."""

from decimal import Decimal
from itertools import pairwise

import pytest

from pipelines import warehouse
from pipelines.config.rows import configuration
from pipelines.errors import BadDataError
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.exchange.venues import spec_of
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions

NOW = "2024-03-01T12:00:30Z"
NOW_MS = parse_instant(NOW)
LINEAR, INVERSE, DATED = "BTC/USDT:USDT", "BTC/USD:BTC", "BTC/USDT:USDT-240329"
FIVE_MS = 300_000
OF_FIVE_MINUTES = (
    *("open_interest_history", "top_trader_accounts", "top_trader_positions"),
    *("global_accounts", "taker_volumes"),
)
# of each whole minute with a trade, its trades beside its candle
MADE_OF_TRADES = """
select count(*), min(c.contracts), sum(t.contracts), min(c.base_volume),
    sum(coalesce(t.base_amount, t.contracts * t.contract_size / t.price)),
    min(t.contract_size)
from bronze_exchange.ohlcv as c
inner join bronze_exchange.trades as t
    on t.traded_at_ns / 60000000000 * 60000 = c.opened_at_ms
group by c.opened_at_ms
"""
CANDLES = {"candles": "ohlcv"} | {
    f"{kind}_candles": f"{kind}_ohlc" for kind in ("mark", "index", "premium")
}


@pytest.fixture(scope="module")
def sandbox():
    with running(in_thread=True, now=NOW, frozen=True) as started:
        yield started


@pytest.fixture
def venues(sandbox, database, monkeypatch):
    for name, url in sandbox.environment.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    sandbox.clear_counts()
    return sandbox


def loaded(symbols, feeds, since="-PT3H"):
    options = LoadOptions.parse(["binance"], symbols, since, feeds=list(feeds))
    source = ExchangeSource(configuration(PROJECT_DIR / "seeds"), options)
    load(source)
    return source.failures


def query(text):
    with warehouse.connect("loader", "test") as connection:
        return connection.execute(text).fetchall()


@pytest.mark.parametrize("symbol", [LINEAR, INVERSE])
def test_what_is_kept_of_five_minutes_stands_once_and_a_second_load_adds_none(
    venues, symbol
):
    for _ in range(2):
        assert loaded([symbol], OF_FIVE_MINUTES) == []
        for table in OF_FIVE_MINUTES:
            rows = query(
                f"select distinct observed_at_ms from bronze_exchange.{table}"
                f" where symbol = '{symbol}' order by 1"
            )
            stamps = [at for (at,) in rows]
            assert stamps[-1] == NOW_MS // FIVE_MS * FIVE_MS
            assert len(stamps) == 36
            assert {b - a for a, b in pairwise(stamps)} == {FIVE_MS}
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


def test_no_more_is_asked_for_than_the_venue_keeps(venues):
    assert loaded([LINEAR], ["global_accounts"], "2023-06-01T00:00:00Z") == []
    ((first, count),) = query(
        "select min(observed_at_ms), count(*) from bronze_exchange.global_accounts"
    )
    assert NOW_MS - first <= 30 * 86_400_000
    assert count == 30 * 288 - 1


def test_candles_of_what_is_computed_are_rows_of_tables_of_their_own(venues):
    assert loaded([LINEAR, INVERSE], CANDLES, "-PT1H") == []
    for table in CANDLES.values():
        counted = query(
            f"select symbol, count(*) from bronze_exchange.{table} group by 1"
        )
        assert dict(counted) == {LINEAR: 60, INVERSE: 60}
    assert query("select min(low) < 0 from bronze_exchange.premium_ohlc") == [(True,)]
    ((wrong,),) = query(
        "select count(*) from bronze_exchange.ohlcv where symbol = 'BTC/USD:BTC'"
        " and abs(base_volume - contracts * 100 / close) > base_volume / 100"
    )
    assert wrong == 0


def test_one_request_has_the_marks_of_a_market(venues):
    symbols = [LINEAR, "ETH/USDT:USDT", DATED, INVERSE]
    assert loaded(symbols, ["mark_prices", "open_interest"]) == []
    asked = [
        (row["path"], row["requests"])
        for row in venues.counts("binance")
        if "premiumIndex" in row["path"]
    ]
    assert sorted(asked) == [("/dapi/v1/premiumIndex", 1), ("/fapi/v1/premiumIndex", 1)]
    marks = query(
        "select symbol, mark_price > 0, last_funding_rate is null"
        " from bronze_exchange.mark_prices order by 1"
    )
    assert marks == [(s, True, s == DATED) for s in sorted(symbols)]
    held = query(
        "select symbol, base_open_interest is null, contracts_open_interest is null"
        " from bronze_exchange.open_interest order by 1"
    )
    assert held == [(s, s == INVERSE, s != INVERSE) for s in sorted(symbols)]


def test_one_request_has_the_intervals_of_a_market_once_an_hour(venues):
    symbols = [LINEAR, "ETH/USDT:USDT", DATED, INVERSE]
    for _ in range(2):
        assert loaded(symbols, ["funding_intervals"]) == []
    asked = {r["path"]: r["requests"] for r in venues.counts("binance")}
    for api in ("fapi", "dapi"):
        assert asked[f"/{api}/v1/fundingInfo"] == 1
    told = query(
        "select symbol, interval_hours, rate_cap, rate_floor"
        " from bronze_exchange.funding_intervals order by 1"
    )
    of_each = (8, Decimal("0.025"), Decimal("-0.025"))
    assert told == [(s, *of_each) for s in sorted(symbols) if s != DATED]
    for symbol in (LINEAR, INVERSE):  # they share the limit of the rates
        routes = spec_of("binance", symbol).routes
        assert routes["funding_intervals"].limit == routes["funding_rates"].limit


def test_a_dated_contract_has_no_statistics(venues):
    (failure,) = loaded([DATED], ["global_accounts"])
    assert isinstance(failure, BadDataError)
    assert "BTCUSDT_240329" in str(failure)


@pytest.mark.parametrize("symbol", [LINEAR, INVERSE])
def test_trades_of_a_contract_are_unbroken_and_make_its_candles(venues, symbol):
    assert loaded([symbol], ["trades", "candles"], "-PT30M") == []
    ((count, first, last),) = query(
        "select count(*), min(trade_id), max(trade_id) from bronze_exchange.trades"
    )
    assert count == last - first + 1 > 50
    minutes = query(MADE_OF_TRADES)
    assert sum(trades > 0 for trades, *_ in minutes) > 20
    for trades, candle_contracts, contracts, base_volume, base, size in minutes:
        assert (candle_contracts, size) == (
            (contracts, 100) if symbol == INVERSE else (None, None)
        )
        # it rounds to eight decimals, and may do so of every trade
        assert abs(base_volume - base) <= trades * Decimal("1e-8")
