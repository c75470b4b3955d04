"""Books and tickers on the sandbox, through the real load into a real Postgres."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from pipelines import warehouse
from pipelines.collector.targets import targets_of
from pipelines.config.listener import StaticConfig
from pipelines.config.rows import configuration
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.connectors import connected
from pipelines.sources.exchange.feeds import ORDER_BOOKS, TICKERS
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions

NOW = "2024-03-01T12:00:05Z"
NOW_MS = parse_instant(NOW)
SERIES = {
    "binance": ("BTC/USDT", "ETH/USDT", "BTC/USDT:USDT", "BTC/USD:BTC"),
    "binance_us": ("BTC/USDT",),
    "kraken": ("BTC/USD", "ETH/USD"),
    "coinbase": ("BTC/USD", "ETH/USD"),
    "kraken_futures": ("BTC/USD:USD", "BTC/USD:BTC"),
    "deribit": ("BTC/USD:BTC", "BTC/USDC:USDC"),
}
ALL = {(venue, symbol) for venue, symbols in SERIES.items() for symbol in symbols}


@pytest.fixture
def venues(database, monkeypatch):
    with running(in_thread=True, now=NOW, frozen=True, rate_limit=False) as started:
        for name, url in started.environment.items():
            monkeypatch.setenv(name, url)
        settings.cache_clear()
        yield started


def snapshot(feed, only=SERIES, **thresholds):
    known = configuration(PROJECT_DIR / "seeds")
    known = replace(known, thresholds=replace(known.thresholds, **thresholds))
    for venue in only:
        options = LoadOptions.parse([venue], SERIES[venue], feeds=[feed.name])
        source = ExchangeSource(StaticConfig(known), options, is_unlimited=True)
        load(source)
        assert source.failures == []


def query(text):
    with warehouse.connect("loader", "test") as connection:
        return connection.execute(text).fetchall()


def paths(sandbox, part):
    return {
        f"{venue}{path}": count
        for venue in SERIES
        for path, counts in sandbox.counts.get(venue, {}).items()
        if part in path.lower()
        for count in [sum(counts.values())]
    }


def test_a_snapshot_of_each_book_and_each_ticker_agrees_with_the_last_trade(venues):
    for feed in (ORDER_BOOKS, TICKERS):
        for _ in range(2):  # within a step nobody is asked again
            snapshot(feed)
    books = query(
        "select exchange_id, symbol, bids, asks from bronze_exchange.order_books"
    )
    assert {row[:2] for row in books} == ALL
    assert len(books) == len(ALL)
    tops = {
        (venue, symbol): [
            Decimal(json.loads(side, parse_float=str)[0][0]) for side in (bids, asks)
        ]
        for venue, symbol, bids, asks in books
    }
    quoted = query("select exchange_id, symbol, bid, ask from bronze_exchange.tickers")
    assert {row[:2]: list(row[2:]) for row in quoted} == tops
    assert len(quoted) == len(ALL)
    assert all(bid < ask for bid, ask in tops.values())
    lengths = "select jsonb_array_length(bids::jsonb) from bronze_exchange.order_books"
    assert {n for (n,) in query(lengths)} <= {50, 100}
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


def test_one_request_answers_for_a_market_where_the_venue_has_one(venues):
    snapshot(TICKERS)
    asked = query(
        "select scope, endpoint, count(*) from bronze_exchange.requests"
        " where endpoint ilike '%ticker%' and attempt = 1 group by 1, 2 order by 1, 2"
    )
    assert asked == [
        ("binance", "dapiPublicGetTickerBookTicker", 1),
        ("binance", "fapiPublicGetTickerBookTicker", 1),
        ("binance", "publicGetTickerBookTicker", 1),
        ("binance_us", "publicGetTickerBookTicker", 1),
        ("coinbase", "publicGetProductsIdTicker", 2),
        ("deribit", "publicGetTicker", 2),
        ("kraken", "publicGetTicker", 1),
        ("kraken_futures", "publicGetTickers", 2),  # one of each market
    ]


def test_depth_and_cadence_are_the_operators(venues):
    turned = {"order_book_levels": 7, "order_book_seconds": 20}
    for at in ("05", "15", "25"):
        venues.set_clock(f"2024-03-01T12:00:{at}Z")
        snapshot(ORDER_BOOKS, ["kraken"], **turned)
    held = query(
        "select symbol, snapshot_at_ms, jsonb_array_length(bids::jsonb)"
        " from bronze_exchange.order_books order by 1, 2"
    )
    stamps = [NOW_MS, NOW_MS + 20_000]
    assert held == [(s, at, 7) for s in SERIES["kraken"] for at in stamps]
    pages = query(
        "select distinct answered_from, answered_until from bronze_exchange.pages"
        " where feed = 'order_books' order by 1"
    )
    start = NOW_MS - 5_000
    assert pages == [(start, start + 20_000), (start + 20_000, start + 40_000)]


def test_a_venue_is_collected_as_often_as_its_books_are_wanted(database):
    known = configuration(PROJECT_DIR / "seeds")
    turned = replace(known.thresholds, order_book_seconds=10)
    books = [
        replace(choice, feeds=("candles", "order_books"))
        for choice in known.instruments
        if (choice.exchange_id, choice.symbol) == ("kraken", "BTC/USD")
    ]
    others = [c for c in known.instruments if c.symbol != "BTC/USD"]
    config = replace(known, instruments=[*books, *others], thresholds=turned, chains={})
    with connected(config) as connectors:
        every = targets_of(connectors, config).scopes
    assert every["kraken"] == 10
    assert every["binance"] is None


def test_books_leave_the_rest_of_the_budget_to_others(venues):
    """Requests of a share wait for it, and nobody waits for them."""
    ask = (
        "select reason from ops.acquire_request_budget("
        "'b', '{{{names}}}', array[{w}], array[{w}], array[{c}],"
        " 0, '{priority}', '{who}')"
    )

    def asked(names, capacities, who, priority="live"):
        w = ",".join("1" for _ in capacities)
        c = ",".join(map(str, capacities))
        text = ask.format(names=names, w=w, c=c, who=who, priority=priority)
        return query(text)[0][0]

    book = ("weight,order_book_budget_pct", (10, 2))
    assert [asked(*book, who) for who in "ab"] == ["granted", "granted"]
    assert asked(*book, "c") == "rate"
    assert asked("weight", (10,), "d", "history") == "granted"
    assert asked(*book, "e", "history") == "others first"
