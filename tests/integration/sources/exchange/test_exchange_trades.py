"""Trades and contracts on the sandbox, through the real load into a real Postgres."""

import csv
import gzip
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import pytest

from pipelines import warehouse
from pipelines.config.model import Configuration, InstrumentChoice, Since
from pipelines.config.rows import configuration
from pipelines.errors import BadDataError, SetupError
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.generated import generated_feed
from pipelines.sandbox.listings import generated_pairs
from pipelines.sandbox.market import DAY_MS, fixed
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.exchange import choices
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.conftest import environment_of
from tests.services.forks import forks
from tests.soak import moments, some, times

NOW = "2024-03-01T12:00:30Z"
SINCE = "2024-03-01T00:00:00Z"
MIDDLE = "2024-03-01T07:00:00Z"
SERIES = {
    "binance": "ETH/USDT",
    "binance_us": "BTC/USDT",
    "coinbase": "BTC/USD",
    "kraken": "BTC/USD",
}
WALKED = ("binance", "coinbase", "kraken")  # each in a way of its own
NS_IN_MS = 1_000_000


@pytest.fixture(scope="module")
def sandbox():
    with running(in_thread=True, now=NOW, frozen=True, rate_limit=False) as started:
        yield started


@pytest.fixture
def venues(sandbox, database, monkeypatch):
    """The settings point to the sandbox, and it has no faults."""
    for name, url in sandbox.environment.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    yield sandbox
    sandbox.clear_faults()
    sandbox.clear_counts()


def source(exchange_id, since=SINCE, until=None, *, priority=None, attempts=5):
    known = configuration(PROJECT_DIR / "seeds")
    known = replace(known, thresholds=replace(known.thresholds, attempts=attempts))
    options = LoadOptions.parse(
        [exchange_id],
        [SERIES[exchange_id]],
        since,
        until,
        priority=priority,
        feeds=["trades"],
    )
    return ExchangeSource(known, options)


def loaded(exchange_id, *arguments, **named):
    """Load, and let no failure pass."""
    wanted = source(exchange_id, *arguments, **named)
    load(wanted)
    assert wanted.failures == []


def query(text, *values):
    with warehouse.connect("loader", "test") as connection:
        return connection.execute(text, values).fetchall()


TRADES = """
select trade_id, first_trade_id, last_trade_id, price::text, base_amount::text,
    traded_at_ns, taker_side, is_aggregate
from bronze_exchange.trades where exchange_id = %s order by trade_id
"""
PLACES = 18


def wire(number: int) -> str:
    """The sandbox's number, in units of 1e-8, as `numeric(38, 18)` shows it."""
    return fixed(number) + "0" * (PLACES - 8)


def shown(exchange_id, since=SINCE, until=NOW) -> Iterator[tuple[Any, ...]]:
    """What the feed has in [since, until], as bronze should hold it."""
    series = generated_feed(1, generated_pairs())[exchange_id][SERIES[exchange_id]]
    start, end = parse_instant(since), parse_instant(until)
    trades = [
        trade
        for day in range(start // DAY_MS, end // DAY_MS + 1)
        for trade in series.trades_of_day(day)
        if start <= trade.traded_at_ms <= end
    ]
    is_aggregate = exchange_id.startswith("binance")
    for _, group in groupby(
        trades, key=lambda t: t.order_id if is_aggregate else t.trade_id
    ):
        fills = list(group)
        first = fills[0]
        exact = first.traded_at_ns
        yield (
            first.order_id if is_aggregate else first.trade_id,
            first.trade_id,
            fills[-1].trade_id,
            wire(first.price),
            wire(sum(trade.amount for trade in fills)),
            exact // NS_IN_MS * NS_IN_MS if is_aggregate else exact,
            first.side,
            is_aggregate,
        )


@pytest.mark.parametrize("exchange_id", SERIES)
def test_every_trade_of_a_span_stands_once_with_the_feeds_values(venues, exchange_id):
    loaded(exchange_id)
    expected = list(shown(exchange_id))
    assert len(expected) > 1000
    assert query(TRADES, exchange_id) == expected
    pages = query(
        "select min(answered_from), max(answered_until), sum(rows_count)"
        " from bronze_exchange.pages"
    )
    start, end = parse_instant(SINCE), parse_instant(NOW)
    assert pages == [(start * NS_IN_MS, end * NS_IN_MS, len(expected))]
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


@pytest.mark.parametrize("exchange_id", SERIES)
def test_a_load_goes_on_where_the_last_one_ended(venues, exchange_id):
    loaded(exchange_id, until=MIDDLE)
    assert query(TRADES, exchange_id) == [
        row for row in shown(exchange_id) if row[5] < parse_instant(MIDDLE) * NS_IN_MS
    ]
    venues.clear_counts()
    loaded(exchange_id)
    assert query(TRADES, exchange_id) == list(shown(exchange_id))
    trades = [c["requests"] for c in venues.counts() if "rades" in c["path"]]
    left = sum(row[5] >= parse_instant(MIDDLE) * NS_IN_MS for row in shown(exchange_id))
    assert sum(trades) <= left // 1000 + 3
    venues.clear_counts()
    loaded(exchange_id)
    assert query(TRADES, exchange_id) == list(shown(exchange_id))
    assert sum(c["requests"] for c in venues.counts() if "rades" in c["path"]) <= 2


def test_a_hole_between_two_loads_is_filled_and_nothing_else_asked_for(venues):
    begin, end = "2024-03-01T04:00:00Z", "2024-03-01T06:00:00Z"
    for exchange_id in ("binance", "coinbase", "kraken"):
        loaded(exchange_id, until=begin)
        loaded(exchange_id, since=end)
        loaded(exchange_id)
        assert query(TRADES, exchange_id) == list(shown(exchange_id))


KINDS = (
    "too_many",
    "server_error",
    "truncated",
    "disconnect",
    "duplicate",
    "out_of_order",
)


@pytest.mark.parametrize("exchange_id", some("faults", WALKED, 1))
def test_faults_of_every_kind_change_no_trade(venues, exchange_id):
    for kind in KINDS:
        venues.inject(kind, probability=0.12, exchange_id=exchange_id, path="rades")
    loaded(exchange_id, attempts=50)
    assert query(TRADES, exchange_id) == list(shown(exchange_id))
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


@pytest.mark.parametrize("exchange_id", some("trades", WALKED, 1))
def test_trades_that_a_venue_leaves_out_stop_no_load(venues, exchange_id):
    venues.inject("missing", probability=0.05, exchange_id=exchange_id, path="rades")
    loaded(exchange_id)
    found = query(TRADES, exchange_id)
    expected = list(shown(exchange_id))
    assert len(found) == len(set(found))
    assert set(found) < set(expected)
    assert len(found) > 0.9 * len(expected)
    assert found[-1] in expected[-20:]


@pytest.mark.parametrize("exchange_id", some("recorded", WALKED, 2))
def test_recorded_trades_read_the_same_in_bronze(
    database, recorded, tmp_path, monkeypatch, exchange_id
):
    with gzip.open(
        recorded / "trades" / "binance_XRPETH_aggtrades.csv.gz", "rt"
    ) as file:
        rows = list(csv.reader(file))
    target = tmp_path / "recordings" / exchange_id / "XRP-ETH_trades.csv.gz"
    target.parent.mkdir(parents=True)
    with gzip.open(target, "wt") as file:
        file.write("traded_at_ms,trade_id,side,price,amount\n")
        file.writelines(",".join((r[0], r[1], *r[3:6])) + "\n" for r in rows)
    first, last = (int(rows[n][0]) // 1000 for n in (0, -1))
    since, now = (
        datetime.fromtimestamp(at, UTC).isoformat() for at in (first, last + 60)
    )
    recordings = target.parent.parent
    with running(
        recordings=recordings, now=now, frozen=True, in_thread=True, rate_limit=False
    ) as started:
        for name, url in started.environment.items():
            monkeypatch.setenv(name, url)
        settings.cache_clear()
        options = LoadOptions.parse([exchange_id], ["XRP/ETH"], since, feeds=["trades"])
        wanted = ExchangeSource(configuration(PROJECT_DIR / "seeds"), options)
        load(wanted)
        assert wanted.failures == []
    held = query(
        "select traded_at_ns / 1000000, trade_id, taker_side, price, base_amount"
        " from bronze_exchange.trades order by trade_id"
    )
    assert len(held) > 10_000
    assert held == [
        (int(r[0]), int(r[1]), r[3], Decimal(r[4]), Decimal(r[5])) for r in rows
    ]


def work():
    return lambda exchange_id, until: loaded(exchange_id, until=until)


@pytest.fixture(scope="module")
def loads():
    with forks(
        "tests.integration.sources.exchange.test_exchange_trades:work"
    ) as started:
        yield started


@pytest.mark.parametrize("exchange_id", some("kills", WALKED, 1))
def test_kills_at_random_times_lose_no_trade_and_double_none(
    venues, database, loads, exchange_id
):
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    environment = environment_of(database) | venues.environment
    environment["BULLION_DATA_DIR"] = str(settings().data_dir)
    loaded(exchange_id, until="2024-03-01T01:00:00Z")
    hours = range(2, 8, times(1, 2))
    pauses = moments(chance, 2.5, len(hours))
    for hour, pause_s in zip(hours, pauses, strict=False):
        until = f"2024-03-01T{hour:02d}:00:00Z"
        loading = loads.start(exchange_id, until, environment=environment)
        time.sleep(pause_s)
        loading.kill()
    loaded(exchange_id)
    assert query(TRADES, exchange_id) == list(shown(exchange_id))


def test_history_blocks_no_live_load_and_live_none_of_history(venues):
    assert source("kraken").lock_keys() == ["kraken BTC/USD trades"]
    history = source("kraken", priority="history")
    assert history.lock_keys() == ["kraken BTC/USD trades history"]
    candles = LoadOptions.parse(["kraken"], ["BTC/USD"], priority="history")
    both = ExchangeSource(configuration(PROJECT_DIR / "seeds"), candles)
    assert both.lock_keys() == ["kraken BTC/USD candles history"]
    held = [f"load exchange {key}" for key in (*history.lock_keys(), *both.lock_keys())]
    with warehouse.locked(held, "backfill"):
        loaded("kraken")
    with warehouse.locked(["load exchange kraken BTC/USD trades"], "load"):
        load(history)
    assert len(query(TRADES, "kraken")) == len(list(shown("kraken")))


def test_what_is_configured_is_loaded_with_its_feeds(venues):
    known = configuration(PROJECT_DIR / "seeds")
    since = Since(before_now=timedelta(hours=1))
    options = LoadOptions(scopes=["coinbase"], since=since)
    wanted = ExchangeSource(known, options)
    assert wanted.lock_keys() == [
        "coinbase BTC/USD candles",
        "coinbase BTC/USD trades",
        "coinbase BTC/USDT candles",
    ]
    load(wanted)
    assert wanted.failures == []
    assert query("select distinct symbol from bronze_exchange.trades") == [("BTC/USD",)]
    symbols = query("select distinct symbol from bronze_exchange.ohlcv order by 1")
    assert symbols == [("BTC/USD",), ("BTC/USDT",)]


def contracts(*symbols, feeds=("candles",)) -> Configuration:
    known = configuration(PROJECT_DIR / "seeds")
    since = Since(before_now=timedelta(hours=1))
    return replace(
        known,
        instruments=[
            InstrumentChoice(
                "binance", symbol, since, "live", is_enabled=True, feeds=feeds
            )
            for symbol in symbols
        ],
    )


def paths(venues):
    return {row["path"] for row in venues.counts("binance")}


LISTED = """
select symbol, venue_symbol, market_type, status from bronze_exchange.instruments
where symbol in ('BTC/USDT', 'BTC/USDT:USDT', 'BTC/USD:BTC') order by symbol
"""


def test_a_contract_of_an_archive_alone_brings_its_markets_listing(venues, monkeypatch):
    monkeypatch.setattr(choices, "rest_feeds", lambda _: ())
    known = contracts("BTC/USD:BTC", feeds=("trades",))
    wanted = ExchangeSource(known)
    load(wanted)
    assert wanted.failures == []
    assert query(LISTED) == [("BTC/USD:BTC", "BTCUSD_PERP", "swap", "TRADING")]
    types = query("select distinct market_type from bronze_exchange.instruments")
    assert ("future",) in types
    assert paths(venues) == {"/dapi/v1/exchangeInfo"}
    budgets = query("select budget from ops.request_budgets order by 1")
    assert budgets == [("binance inverse",)]
    venues.clear_counts()
    load(ExchangeSource(known))
    assert not paths(venues) & {"/dapi/v1/exchangeInfo"}


def test_a_spot_load_asks_no_host_of_contracts_and_listings_stand_side_by_side(venues):
    load(ExchangeSource(contracts("BTC/USDT:USDT")))
    venues.clear_counts()
    load(ExchangeSource(contracts("BTC/USDT")))
    assert {path.split("/")[1] for path in paths(venues)} == {"api"}
    assert [row[0] for row in query(LISTED)] == ["BTC/USDT", "BTC/USDT:USDT"]


def test_what_a_contract_is_not_asked_for_is_refused_with_where_it_is(venues):
    options = LoadOptions.parse(["binance"], ["BTC/USD:BTC"], feeds=["option_quotes"])
    wanted = ExchangeSource(contracts(), options)
    load(wanted)
    (failure,) = wanted.failures
    assert isinstance(failure, BadDataError)
    about = "option_quotes of inverse contracts on binance come from its archive"
    assert about in str(failure)


def test_contracts_of_a_venue_that_are_not_collected_are_refused(venues):
    options = LoadOptions.parse(["kraken"], ["BTC/USD:USD"])
    with pytest.raises(SetupError, match="linear contracts are not collected"):
        ExchangeSource(contracts(), options)
