"""The exchange source on the sandbox, through the real load into a real Postgres."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines import warehouse
from pipelines.config.rows import configuration
from pipelines.errors import BadDataError, UpstreamError
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, child_environment, settings
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.clock import SystemClock
from pipelines.upstream.options import LoadOptions

NOW = "2024-03-01T12:00:30Z"
SINCE = "2024-03-01T00:00:00Z"
M = 60_000


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


def source(exchanges, symbols, since=SINCE, until=None, clock=None, **thresholds):
    known = configuration(PROJECT_DIR / "seeds")
    known = replace(known, thresholds=replace(known.thresholds, **thresholds))
    options = LoadOptions.parse(exchanges, symbols, since, until)
    return ExchangeSource(known, options, clock=clock)


def query(text):
    with warehouse.connect("loader", "test") as connection:
        return connection.execute(text).fetchall()


CANDLES = """
select exchange_id, symbol, opened_at_ms, open, high, low, close, base_volume
from bronze_exchange.ohlcv order by 1, 2, 3, request_id
"""


def test_each_venue_loads_by_its_declaration_alone(venues):
    wanted = source(["binance", "binance_us", "coinbase", "kraken"], ["BTC/USDT"])
    facts = load(wanted)
    assert facts is not None
    assert wanted.failures == []
    found = dict(
        query("select exchange_id, count(*) from bronze_exchange.ohlcv group by 1")
    )
    assert found["binance"] == found["binance_us"] == 721
    assert found["kraken"] == 720  # its window: the newest, the last one forming
    assert 0 < found["coinbase"] <= 721  # nothing is sent for a quiet minute
    assert facts.requests_count == venues.requests_count()
    (spent,) = query("select sum(weight) from bronze_exchange.requests")[0]
    assert facts.weight_spent == spent
    limits = query(
        "select distinct scope, limit_name, limit_per_minute"
        " from bronze_exchange.requests order by 1"
    )
    allowed = {"binance": 6000, "binance_us": 1200, "coinbase": 600, "kraken": 60}
    assert limits == [(name, f"{name} weight", n) for name, n in allowed.items()]


def test_the_minutes_beyond_krakens_window_are_asked_and_not_answered(venues):
    load(source(["kraken"], ["BTC/USD"]))
    page = "select asked_from, answered_from, answered_until, upstream_now_ms"
    ((asked, first, last, now_ms),) = query(f"{page} from bronze_exchange.pages")
    assert (first - asked) // M == 1
    assert last == now_ms - now_ms % M


def test_a_second_load_goes_on_where_the_first_stopped(venues):
    until = "2024-03-01T10:00:00Z"
    load(source(["binance"], ["BTC/USDT"], until=until))
    venues.clear_counts()
    load(source(["binance"], ["BTC/USDT"]))
    assert venues.requests_count("binance") == 2  # the clock, and one page
    asked = "select min(asked_from) from bronze_exchange.pages group by request_id"
    first, second = sorted(row[0] for row in query(asked))
    assert (second - first) // M == 600 - 10  # ten are read again, to confirm them


def test_the_forming_candle_is_read_and_not_answered_for(venues):
    load(source(["binance"], ["BTC/USDT"]))
    (newest,) = query("select max(opened_at_ms) from bronze_exchange.ohlcv")[0]
    (until,) = query("select max(answered_until) from bronze_exchange.pages")[0]
    assert newest == until


class Skewed(SystemClock):
    """A laptop whose clock is ten years off."""

    def now(self):
        return super().now() - timedelta(days=3650)


def test_a_skewed_clock_of_ours_changes_nothing(venues):
    load(source(["binance"], ["BTC/USDT"]))
    straight = query(CANDLES)
    pages = "select answered_from, answered_until from bronze_exchange.pages"
    answered = query(f"{pages} order by 1")
    for table in ("ohlcv", "pages", "instruments"):
        with warehouse.connect("loader", "test") as connection:
            connection.execute(f"truncate bronze_exchange.{table}")
    load(source(["binance"], ["BTC/USDT"], clock=Skewed()))
    assert query(CANDLES) == straight
    assert query(f"{pages} order by 1") == answered


def test_a_venue_that_is_down_fails_alone(venues):
    venues.inject("server_error", probability=1.0, exchange_id="kraken")
    wanted = source(["kraken", "binance"], ["BTC/USDT"], attempts=2)
    load(wanted)
    (failure,) = wanted.failures
    assert isinstance(failure, UpstreamError)
    assert "kraken" in str(failure)
    assert query("select distinct exchange_id from bronze_exchange.ohlcv") == [
        ("binance",)
    ]
    failed = "select count(*) from bronze_exchange.requests where error is not null"
    assert query(failed) == [(2,)]


def test_a_symbol_that_is_not_listed_fails_alone_and_names_what_is_alike(venues):
    wanted = source(["coinbase"], ["BTC/USDX", "BTC/USD"])
    load(wanted)
    (failure,) = wanted.failures
    assert isinstance(failure, BadDataError)
    assert "BTC/USDX is not listed on coinbase; alike: BTC/USD" in str(failure)
    assert query("select distinct symbol from bronze_exchange.ohlcv") == [("BTC/USD",)]


@pytest.mark.parametrize(
    "kind", ["truncated", "disconnect", "duplicate", "out_of_order", "too_many"]
)
def test_a_fault_now_and_then_changes_no_candle(venues, kind):
    path = "klines"
    venues.inject(kind, next_requests=1, exchange_id="binance", path=path)
    wanted = source(["binance"], ["BTC/USDT"])
    load(wanted)
    assert wanted.failures == []
    distinct = "select count(distinct opened_at_ms) from bronze_exchange.ohlcv"
    assert query(distinct) == [(721,)]
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


def test_the_listing_is_fetched_again_only_when_it_is_old(venues):
    load(source(["binance"], ["BTC/USDT"]))
    load(source(["binance"], ["ETH/USDT"]))
    fetches = "select count(distinct request_id) from bronze_exchange.instruments"
    assert query(fetches) == [(1,)]
    load(source(["binance"], ["BTC/USDT"], listing_max_age_hours=0))
    assert query(fetches) == [(2,)]


LOAD = """
import sys
from tests.integration.sources.exchange.test_exchange_load import source
from pipelines.sources.load import load
wanted = source([sys.argv[1]], [sys.argv[2]], since="2024-02-29T00:00:00Z")
load(wanted)
assert not wanted.failures, wanted.failures
"""


def test_two_loads_at_once_get_no_429(database):
    with running(now=NOW, frozen=True) as sandbox:
        environment = child_environment(
            {"PYTHONPATH": str(PROJECT_DIR), **sandbox.environment}
        )
        both = [
            subprocess.Popen(
                [sys.executable, "-c", LOAD, "coinbase", symbol], env=environment
            )
            for symbol in ("BTC/USD", "ETH/USD")
        ]
        assert [process.wait(600) for process in both] == [0, 0]
        assert sandbox.requests_count("coinbase", 200) >= 2 * 8
        assert sandbox.requests_count(status=429) == 0
        assert sandbox.requests_count(status=418) == 0


def test_a_dead_proxy_does_not_stop_a_load_from_the_sandbox(venues):
    environment = child_environment({"PYTHONPATH": str(PROJECT_DIR)})
    for name in ("NO_PROXY", "no_proxy"):
        environment.pop(name, None)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        environment[name] = "http://127.0.0.1:9"
    ended = subprocess.run(
        [sys.executable, "-c", LOAD, "kraken", "BTC/USD"],
        env=environment,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0
