"""A feed that is only declared is loaded, configured, backfilled, replayed, found."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipelines import bootstrap, warehouse
from pipelines.backfill import apply as applying
from pipelines.backfill import ledger
from pipelines.backfill.plan import plan
from pipelines.backfill.plan_request import PlanRequest
from pipelines.backfill.replay import issue_again, parse_scope
from pipelines.collector.first_rows import first_row_of
from pipelines.collector.targets import targets_of
from pipelines.config.model import InstrumentChoice, Since
from pipelines.config.rows import configuration
from pipelines.sandbox.answers import document
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.running import running
from pipelines.sandbox.venues.kraken import Kraken
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.connectors import connected
from pipelines.sources.exchange.feeds import FEEDS
from pipelines.sources.exchange.routes import SpanRoute, TimeParam
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.exchange.venues import VENUES
from pipelines.sources.load import load
from pipelines.upstream.feed import Axis, Feed, Key
from pipelines.upstream.options import LoadOptions
from tests.fakes.quotes import quotes

NOW = "2024-03-01T12:00:00Z"
NOW_MS = parse_instant(NOW)
SINCE = datetime(2024, 3, 1, 11, tzinfo=UTC)
SPREADS = Feed(
    "spreads",
    table=quotes("spreads"),
    axis=Axis("quoted_at_ms", "ms"),
    way="span",
    row="spread",
    kinds={"bid": "price", "ask": "price"},
    required=frozenset({"bid", "ask"}),
)
ROUTE = SpanRoute(
    method="publicGetSpread",
    weight=1,
    path=("result", "{symbol}"),
    symbol_param="pair",
    since=TimeParam("since", "s"),
    layout={"quoted_at": 0, "bid": 1, "ask": 2},
    cells=3,
    stamp_unit_ms=1000,
)
QUOTES: list[list[Any]] = [
    [at // 1000, f"{100 + n}.25", f"{100 + n}.5"]
    for n, at in enumerate(range(NOW_MS - 3_600_000, NOW_MS, 60_000))
]


@pytest.fixture(scope="module")
def sandbox():
    with running(in_thread=True, now=NOW, frozen=True, rate_limit=False) as started:
        yield started


@pytest.fixture
def venue(sandbox, database, monkeypatch):
    """Kraken with a feed more, of which it serves `QUOTES` from `since` on."""
    answer = Kraken.answer

    def answered(self, path, params):
        if not path.endswith("/Spread"):
            return answer(self, path, params)
        asked.append(int(params.get("since", 0)))
        rows = [quote for quote in QUOTES if quote[0] >= asked[-1]]
        return document({"error": [], "result": {params["pair"]: rows, "last": 1}})

    asked: list[int] = []
    kraken = VENUES["kraken"]
    monkeypatch.setattr(Kraken, "answer", answered)
    monkeypatch.setitem(FEEDS, SPREADS.name, SPREADS)
    monkeypatch.setitem(
        VENUES,
        "kraken",
        replace(kraken, routes={**kraken.routes, SPREADS.name: ROUTE}),
    )
    for name, url in sandbox.environment.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    bootstrap.apply(**database)  # as the release that declares it does
    return asked


def loaded(feed=SPREADS.name, since=SINCE):
    known = configuration(PROJECT_DIR / "seeds")
    options = LoadOptions.parse(
        ["kraken"], ["BTC/USD"], since.isoformat(), feeds=[feed]
    )
    source = ExchangeSource(known, options)
    facts = load(source)
    assert source.failures == []
    return facts


def query(text, *values, role="loader"):
    with warehouse.connect(role, "test") as connection:
        return connection.execute(text, values).fetchall()


def test_it_is_loaded_exactly_and_goes_on_where_it_stopped(venue):
    for _ in range(2):
        facts = loaded()
        held = query(
            "select quoted_at_ms / 1000, bid, ask from bronze_exchange.spreads"
            " where symbol = 'BTC/USD' order by 1"
        )
        assert held == [(at, Decimal(bid), Decimal(ask)) for at, bid, ask in QUOTES]
    assert venue[0] == SINCE.timestamp()
    assert len(venue) <= 2
    assert venue[-1] >= NOW_MS // 1000 - 1 or len(venue) == 1
    assert facts is not None


def test_it_can_be_configured_and_what_is_declared_nowhere_can_not(venue):
    exchange = "insert into config.exchanges (exchange_id, budget_share)"
    query(f"{exchange} values ('kraken', 1) returning 1", role="operator")
    add = "insert into config.instruments (exchange_id, symbol, feeds) values"
    query(f"{add} ('kraken', 'ETH/USD', '{{spreads}}') returning 1", role="operator")
    with pytest.raises(Exception, match=r"unknown feed: 'books'; there are .*spreads"):
        query(f"{add} ('kraken', 'SOL/USD', '{{books}}') returning 1", role="operator")


def test_it_is_collected_and_its_first_row_is_found(venue):
    since = Since(before_now=timedelta(hours=1))
    choice = InstrumentChoice(
        "kraken", "BTC/USD", since, "live", is_enabled=True, feeds=("spreads",)
    )
    known = configuration(PROJECT_DIR / "seeds")
    known = replace(known, instruments=[choice], chains={})
    with connected(known) as connectors:
        targets = targets_of(connectors, known)
    keys = targets.live_keys(targets.series)
    assert keys == {Key("kraken", "BTC/USD", "spreads")}
    facts = loaded()
    began = datetime.now(UTC) - timedelta(hours=1)
    with warehouse.connect("loader", "test") as connection:
        found = first_row_of(connection, keys, began, None)
    assert found is not None
    assert found[0] == facts.load_id


def test_its_history_is_planned_brought_and_issued_again(venue):
    known = configuration(PROJECT_DIR / "seeds")
    until = SINCE + timedelta(minutes=30)
    wanted = PlanRequest(Key("kraken", "BTC/USD", "spreads"), Since(at=SINCE), until)
    with connected(known) as connectors:
        planned = plan(wanted, connectors)
        with warehouse.connect("loader", "test") as connection:
            plans = ledger.plans(connection, [planned.plan_id])
        done = applying.apply(connectors, plans)
        again = plan(wanted, connectors)
    assert (planned.steps, planned.chunks_count) == (30, 1)
    assert done.failures == []
    assert done.rows_count == 30
    assert (again.chunks_count, again.held_steps) == (0, 30)
    scope = parse_scope(SINCE.isoformat(), until.isoformat(), ["BTC/USD"], None)
    with warehouse.connect("transformer", "test") as connection:
        assert issue_again(connection, [], scope) == 1


def test_a_row_that_breaks_its_kinds_is_refused_and_the_rest_loads(venue, monkeypatch):
    broken = [QUOTES[5][0], "0", "1"]
    monkeypatch.setitem(globals(), "QUOTES", [*QUOTES[:5], broken, *QUOTES[6:]])
    loaded()
    ((reason, raw),) = query("select reason, raw from bronze_exchange.quarantine")
    assert "BTC/USD on kraken: spread at" in reason
    assert "has bid 0, not above 0" in reason
    assert json.loads(raw) == broken
    assert query("select count(*) from bronze_exchange.spreads") == [(59,)]


def test_of_a_feed_whose_answer_is_all_there_is_what_was_asked_for_is_kept_once(
    venue, monkeypatch
):
    kraken = VENUES["kraken"]
    whole = {**kraken.routes, SPREADS.name: replace(ROUTE, since=None)}
    monkeypatch.setitem(FEEDS, SPREADS.name, replace(SPREADS, way="whole"))
    monkeypatch.setitem(VENUES, "kraken", replace(kraken, routes=whole))
    for _ in range(2):
        loaded(since=SINCE + timedelta(minutes=30))
        held = query(
            "select quoted_at_ms / 1000 from bronze_exchange.spreads order by 1"
        )
        assert held == [(quote[0],) for quote in QUOTES[30:]]
    assert set(venue) == {0}  # never from anywhere
