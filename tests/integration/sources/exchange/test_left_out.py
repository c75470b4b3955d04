"""Minutes that one answer left out are asked for again: absence is told twice."""

from itertools import count

import pytest

from pipelines import warehouse
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.exchange.feeds import CANDLES
from pipelines.sources.exchange.routes import SpanRoute
from pipelines.sources.exchange.series import Series
from pipelines.sources.exchange.venue import gathered
from pipelines.sources.load import load
from pipelines.upstream.pages import SEPARATE_MS, Gap, Pages
from tests.fakes.memory_source import deliver
from tests.histories.candle_histories import MINUTE, START, Histories
from tests.histories.candle_histories import Series as Answering
from tests.integration.sources.exchange.test_exchange_load import (
    SINCE,
    query,
    source,
)

COINBASE = Answering("coinbase", "BTC/USD", sends_quiet_minutes=False, extras=())
SERIES = Series("coinbase", "BTC/USD", "BTC-USD")
LATER = SEPARATE_MS


seeds = count()


def answer(minutes, without=(), now=600 * MINUTE):
    """One load: an answer about these minutes, with candles for all but `without`."""
    history = Histories(next(seeds))
    meta = history.request(COINBASE, START + now)
    sent = [m for m in minutes if m not in without]
    span = {
        "from_ms": START + minutes.start * MINUTE,
        "until_ms": START + minutes.stop * MINUTE,
    }
    page = {
        **meta,
        **{f"asked_{name}": stamp for name, stamp in span.items()},
        **{f"answered_{name}": stamp for name, stamp in span.items()},
        "sends_quiet_minutes": False,
        "rows_count": len(sent),
    }
    rows = [history.candle(COINBASE, m, START + now) | meta for m in sent]
    deliver({"ohlcv": rows, "ohlcv_pages": [page]})


def to_ask(since=0, until=600, newest=20):
    with warehouse.connect("loader", "test") as connection:
        pages = Pages(connection, "bronze_exchange", SERIES.key(CANDLES))
        span = START + since * MINUTE, START + until * MINUTE
        found = pages.left_out(CANDLES, span, newest=newest)
    return [((a - START) // MINUTE, (b - START) // MINUTE) for a, b, _ in found]


def test_gold_and_the_load_count_readings_alike():
    macro = PROJECT_DIR / "dbt" / "macros" / "candles" / "separate_ms.sql"
    assert str(SEPARATE_MS) in macro.read_text("utf-8").split()


def test_before_there_is_a_table_nothing_was_left_out(database):
    assert to_ask() == []


def test_what_one_answer_left_out_is_asked_for_again_until_it_is_told_twice(database):
    answer(range(300))
    answer(range(300, 600), without=range(300, 600))
    assert to_ask() == [(300, 600)]
    assert to_ask(until=400) == [(300, 400)]
    answer(range(300, 600), without=range(300, 600), now=600 * MINUTE + LATER - 1)
    assert to_ask() == [(300, 600)]
    answer(range(300, 600), without=range(310, 320), now=600 * MINUTE + LATER)
    assert to_ask() == []
    assert to_ask(newest=None) == [(310, 320)]


def test_the_newest_runs_are_asked_for_and_a_named_span_as_a_whole(database):
    answer(range(300), without=range(0, 300, 50))
    runs = [(at, at + 1) for at in range(0, 300, 50)]
    assert to_ask(newest=2) == runs[-2:]
    assert to_ask(newest=None) == runs


def test_a_series_that_is_seldom_traded_is_not_asked_for_twice(database):
    quiet = [m for m in range(600) if m % 10]
    answer(range(300), without=quiet)
    assert len(to_ask()) == 20
    answer(range(300), without=quiet, now=700 * MINUTE)
    answer(range(300, 600), without=quiet, now=700 * MINUTE)
    assert to_ask() == []
    answer(range(600, 900), without=range(600, 900), now=900 * MINUTE)
    assert to_ask(until=900) == [(591, 900)]


@pytest.fixture
def venues(database, monkeypatch):
    """A sandbox whose clock the test moves."""
    now = "2024-03-01T12:00:30Z"
    with running(in_thread=True, now=now, frozen=True, rate_limit=False) as sandbox:
        for name, url in sandbox.environment.items():
            monkeypatch.setenv(name, url)
        settings.cache_clear()
        yield sandbox


MINUTES = "select count(distinct opened_at_ms) from bronze_exchange.ohlcv"


@pytest.mark.parametrize("named", [SINCE, None])
def test_an_answer_that_was_empty_once_is_asked_for_again(venues, named):
    venues.inject("missing", probability=1.0, exchange_id="coinbase")
    load(source(["coinbase"], ["BTC/USD"]))
    assert query(MINUTES) == [(0,)]
    venues.clear_faults()
    load(source(["coinbase"], ["BTC/USD"], since=named))
    assert query(MINUTES) > [(600,)]


def test_a_span_that_is_named_is_asked_for_whatever_was_told_of_it(venues):
    load(source(["coinbase"], ["BTC/USD"]))
    venues.set_clock("2024-03-01T12:02:30Z")
    load(source(["coinbase"], ["BTC/USD"]))
    told_twice = answers()
    venues.set_clock("2024-03-01T12:04:30Z")
    load(source(["coinbase"], ["BTC/USD"]))
    assert 3 <= answers() - told_twice <= 4  # no more than all of it has pages


def answers():
    count = "select count(distinct request_id) from bronze_exchange.pages"
    ((found,),) = query(count)
    return found


def test_runs_within_a_page_are_asked_for_at_once():
    route = SpanRoute(method="m", weight=1, page_steps=10)
    runs = [Gap(at * MINUTE, (at + 1) * MINUTE) for at in (0, 5, 9, 10, 30)]
    found = [(a // MINUTE, b // MINUTE) for a, b, _ in gathered(runs, route, MINUTE)]
    assert found == [(0, 10), (10, 11), (30, 31)]
