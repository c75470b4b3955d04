"""Deribit on the sandbox, through the real load into a real Postgres."""

from decimal import Decimal

import pytest
import requests

from pipelines import warehouse
from pipelines.config.rows import configuration
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream import wire
from pipelines.upstream.options import LoadOptions

NOW = "2024-03-01T12:00:30Z"
SINCE = "2024-03-01T10:00:00Z"
NOW_MS, SINCE_MS = parse_instant(NOW), parse_instant(SINCE)
PAIRS = ("BTC/USD:BTC", "ETH/USD:ETH", "BTC/USDC:USDC")


@pytest.fixture
def venue(database, monkeypatch):
    with running(in_thread=True, now=NOW, frozen=True) as started:
        for name, url in started.environment.items():
            monkeypatch.setenv(name, url)
        settings.cache_clear()
        yield started


def loaded(symbols, *feeds):
    known = configuration(PROJECT_DIR / "seeds")
    options = LoadOptions.parse(["deribit"], symbols, SINCE, feeds=feeds)
    source = ExchangeSource(known, options)
    load(source)
    return [str(failure) for failure in source.failures]


def query(text):
    with warehouse.connect("loader", "test") as connection:
        return connection.execute(text).fetchall()


def sent(venue, path):
    with requests.Session() as session:
        session.trust_env = False
        url = f"{venue.venue_url('deribit')}/api/v2/public/{path}"
        return wire.decode(session.get(url).text)["result"]


def test_what_has_a_history_stands_once_with_every_digit(venue):
    """Candles of each minute agree with the trades, numbered without a hole."""
    for _ in range(2):
        assert loaded(PAIRS, "candles", "funding_rates", "trades") == []
    rates = sent(
        venue,
        "get_funding_rate_history?instrument_name=BTC-PERPETUAL"
        f"&start_timestamp={SINCE_MS}&end_timestamp={NOW_MS}",
    )
    assert query(
        "select settled_at_ms, funding_rate from bronze_exchange.funding_rates"
        " where symbol = 'BTC/USD:BTC' order by settled_at_ms"
    ) == [(int(r["timestamp"]), Decimal(r["interest_1h"])) for r in rates]
    assert len(rates) == 3
    trades = """
        select
            symbol,
            traded_at_ns / 60000000000 * 60000,
            sum(coalesce(base_amount, round(quote_amount / price, 8))),
            sum(quote_amount)
        from (
            select distinct symbol, trade_id, price, base_amount, quote_amount,
                traded_at_ns
            from bronze_exchange.trades
        ) as t
        group by 1, 2
    """
    candles = """
        select distinct on (symbol, opened_at_ms)
            symbol, opened_at_ms, base_volume, quote_volume
        from bronze_exchange.ohlcv order by 1, 2, venue_now_ms desc
    """
    rebuilt = {row[:2]: row[2:] for row in query(trades)}
    held = {row[:2]: row[2:] for row in query(candles)}
    minutes = range(SINCE_MS, NOW_MS, 60_000)
    assert held.keys() == {(pair, minute) for pair in PAIRS for minute in minutes}
    for key, (base, quote) in held.items():
        found = rebuilt.get(key, (Decimal(0), Decimal(0)))
        assert base == found[0]
        assert found[1] is None or quote == found[1]
    ids = query(
        "select symbol, max(trade_id) - min(trade_id) + 1 = count(distinct trade_id),"
        " count(*) = count(distinct trade_id), count(liquidation) > 0,"
        " bool_and(base_amount is null), bool_and(quote_amount is null)"
        " from bronze_exchange.trades group by symbol order by symbol"
    )
    assert ids == [
        ("BTC/USD:BTC", True, True, True, True, False),
        ("BTC/USDC:USDC", True, True, True, False, True),
        ("ETH/USD:ETH", True, True, True, True, False),
    ]
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


def test_a_currency_is_asked_once_for_all_that_settles_in_it(venue):
    feeds = ("open_interest", "option_quotes", "tickers", "mark_prices", "order_books")
    pairs = (*PAIRS, "BTC/USD:BTC")
    assert loaded(pairs, *feeds) == []
    asked = dict(
        query(
            "select endpoint, count(*)::integer from bronze_exchange.requests"
            " where endpoint like '%ByCurrency' or endpoint = 'publicGetTicker'"
            " group by 1"
        )
    )
    # open interest of BTC, ETH, USDC, and chains of the same; a ticker each
    assert asked == {"publicGetGetBookSummaryByCurrency": 6, "publicGetTicker": 6}
    for table in ("open_interest", "tickers", "mark_prices", "order_books"):
        found = query(f"select symbol from bronze_exchange.{table} order by 1")
        assert found == [(pair,) for pair in sorted(PAIRS)], table
    chain = sent(venue, "get_book_summary_by_currency?currency=BTC&kind=option")
    told = {(Decimal(row["mark_price"]), Decimal(row["mark_iv"])) for row in chain}
    rows = query(
        "select symbol, mark_price, mark_iv, delta from bronze_exchange.option_quotes"
        " where symbol like 'BTC/%'"
    )
    assert len(rows) == len(chain) > 0
    assert {row[1:3] for row in rows} == told
    assert all(":BTC-2403" in row[0] and row[3] is None for row in rows)
    assert query(
        "select distinct split_part(symbol, '-', 1) from bronze_exchange.option_quotes"
        " order by 1"
    ) == [("BTC/USD:BTC",), ("ETH/USD:ETH",)]
    # an option that is chosen itself has greeks, and is traded in the base
    symbol = rows[0][0]
    assert loaded([symbol], "option_quotes", "candles", "trades", "order_books") == []
    greeks = query(
        "select count(*) from bronze_exchange.option_quotes"
        f" where symbol = '{symbol}' and delta between -1 and 1 and bid_iv > 0"
    )
    assert greeks == [(1,)]
    (failure,) = loaded([symbol], "funding_rates")
    assert "deribit is not asked for funding_rates of option contracts" in failure
    spent = "select budget from ops.request_budgets where budget like 'deribit%'"
    assert query(spent) == [("deribit",)]
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]
