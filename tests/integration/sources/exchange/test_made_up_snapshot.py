"""A snapshot that is only declared: asked once a step, for all, never for the past."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pipelines import bootstrap, warehouse
from pipelines.backfill.plan_request import parse
from pipelines.backfill.replay import issue_again, parse_scope
from pipelines.collector.first_rows import first_row_of
from pipelines.config.rows import configuration
from pipelines.errors import SetupError
from pipelines.sandbox.answers import document
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.running import running
from pipelines.sandbox.venues.kraken import Kraken
from pipelines.settings import settings
from pipelines.sources.exchange.feeds import FEEDS
from pipelines.sources.exchange.routes import SnapshotRoute
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.exchange.venues import VENUES
from pipelines.sources.load import load
from pipelines.upstream.feed import Axis, Feed, Key
from pipelines.upstream.options import LoadOptions
from tests.fakes.quotes import quotes
from tests.services.collecting import NEVER, collecting, wait_for

NOW = "2024-03-01T12:00:00Z"
NOW_MS = parse_instant(NOW)
TOPS = Feed(
    "tops",
    table=quotes("tops"),
    axis=Axis("quoted_at_ms", "ms", step=60_000),
    way="snapshot",
    per="market",
    row="top",
    kinds={"bid": "price", "ask": "price"},
    required=frozenset({"bid", "ask"}),
)
TOP_ROUTE = SnapshotRoute(
    method="publicGetTicker",
    weight=1,
    path=("result",),
    symbol_param=None,
    shape="mapping",
    layout={"venue_symbol": "name", "bid": "b", "ask": "a"},
)
TOP = {
    "XXBTZUSD": ("100.25", "100.5"),
    "XETHZUSD": ("9.25", "9.5"),
    "ADAUSD": ("1", "2"),
}


@pytest.fixture
def sandbox():
    with running(in_thread=True, now=NOW, frozen=True, rate_limit=False) as started:
        yield started


@pytest.fixture
def tops(sandbox, seeded, monkeypatch):
    """Kraken with a snapshot of its whole market; gives what it says, to change."""
    said, asked = dict(TOP), []
    answer = Kraken.answer

    def answered(self, path, params):
        if not path.endswith("/Ticker"):
            return answer(self, path, params)
        asked.append(params)
        rows = {name: {"b": bid, "a": ask} for name, (bid, ask) in said.items()}
        return document({"error": [], "result": rows})

    kraken = VENUES["kraken"]
    routes = {**kraken.routes, TOPS.name: TOP_ROUTE}
    monkeypatch.setattr(Kraken, "answer", answered)
    monkeypatch.setitem(FEEDS, TOPS.name, TOPS)
    monkeypatch.setitem(VENUES, "kraken", replace(kraken, routes=routes))
    for name, url in sandbox.environment.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    bootstrap.apply(**seeded)
    return said, asked


def query(text, *values, role="loader"):
    with warehouse.connect(role, "test") as connection:
        return connection.execute(text, values).fetchall()


def snapshot():
    options = LoadOptions.parse(["kraken"], ["BTC/USD", "ETH/USD"], feeds=[TOPS.name])
    source = ExchangeSource(configuration(), options)
    load(source)
    assert source.failures == []


def held_tops():
    held = "select quoted_at_ms - {} as at, symbol, bid, ask from bronze_exchange.tops"
    return query(f"{held.format(NOW_MS)} order by 1, 2")


def test_a_snapshot_of_a_market_is_asked_once_a_step_and_never_for_what_is_past(
    tops, sandbox
):
    said, asked = tops
    first = [(0, "BTC/USD", Decimal("100.25"), Decimal("100.5"))]
    first += [(0, "ETH/USD", Decimal("9.25"), Decimal("9.5"))]
    for _ in range(2):
        snapshot()
        assert held_tops() == first
    assert len(asked) == 1
    sandbox.set_clock("2024-03-01T12:03:00Z")  # two steps were not asked in time
    said["XXBTZUSD"] = ("101", "102")
    snapshot()
    assert len(asked) == 2
    assert [row[:3] for row in held_tops()[2:]] == [
        (180_000, "BTC/USD", Decimal(101)),
        (180_000, "ETH/USD", Decimal("9.25")),
    ]
    pages = "select scope, subject, answered_from - {0}, answered_until - {0}"
    pages += " from bronze_exchange.pages where feed = 'tops' order by 3"
    assert query(pages.format(NOW_MS)) == [
        ("kraken", "", 0, 60_000),
        ("kraken", "", 180_000, 240_000),
    ]


def test_a_bad_row_of_a_snapshot_costs_its_symbol_alone(tops):
    said, _ = tops
    said["XXBTZUSD"] = ("0", "102")
    snapshot()
    assert [row[1] for row in held_tops()] == ["ETH/USD"]
    ((reason, raw),) = query("select reason, raw from bronze_exchange.quarantine")
    assert reason.startswith("BTC/USD on kraken: top at 2024-03-01T12:00:00")
    assert "has bid 0, not above 0" in reason
    assert json.loads(raw)["b"] == "0"


def test_a_symbol_that_the_venue_does_not_list_fails_alone(tops):
    options = LoadOptions.parse(["kraken"], ["NO/PE", "ETH/USD"], feeds=[TOPS.name])
    source = ExchangeSource(configuration(), options)
    load(source)
    assert list(source.failed) == [Key("kraken", "NO/PE", TOPS.name)]
    assert source.whole() == [Key("kraken", "ETH/USD", TOPS.name)]
    assert "NO/PE" in str(source.failures[0])
    assert [row[1] for row in held_tops()] == ["ETH/USD"]


def test_a_snapshot_has_no_history_and_is_collected_live_for_each_symbol(tops):
    with pytest.raises(SetupError, match="tops are what is true now"):
        parse(
            configuration(),
            ["kraken"],
            ["BTC/USD"],
            feeds=[TOPS.name],
            since="-P1D",
            until=None,
        )
    add = "insert into config.instruments (exchange_id, symbol, feeds) values"
    for symbol in ("ETH/USD", "ADA/USD"):
        query(f"{add} ('kraken', '{symbol}', '{{tops}}') returning 1", role="operator")
    began = datetime.now(UTC)
    keys = [Key("kraken", symbol, TOPS.name) for symbol in ("ADA/USD", "ETH/USD")]
    with collecting(scopes=["kraken"], every_s=NEVER):
        wait_for(lambda: applied(keys))
    with warehouse.connect("loader", "test") as connection:
        for key in keys:
            assert first_row_of(connection, [key], began, None) is not None
        no_plan = "select 1 from ops.backfills where feed = %s"
        assert connection.execute(no_plan, (TOPS.name,)).fetchall() == []
    scope = parse_scope("2024-03-01T11:00", "2024-03-01T13:00", ["ADA/USD"], None)
    with warehouse.connect("transformer", "test") as connection:
        assert issue_again(connection, [], scope) == 1


def applied(keys):
    with warehouse.connect("loader", "test") as connection:
        if not warehouse.has_table(connection, "bronze_exchange.tops"):
            return False
        held = connection.execute("select distinct symbol from bronze_exchange.tops")
        return {key.subject for key in keys} <= {symbol for (symbol,) in held}
