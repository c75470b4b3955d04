"""Funding on the sandbox, through the real load into a real Postgres."""

import pytest

from pipelines import warehouse
from pipelines.config.rows import configuration
from pipelines.errors import BadDataError
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions

NOW = "2024-03-01T12:00:30Z"
SINCE = "2024-01-01T00:00:00Z"
CONTRACTS = ("BTC/USDT:USDT", "BTC/USD:BTC")


@pytest.fixture(scope="module")
def sandbox():
    with running(in_thread=True, now=NOW, frozen=True) as started:
        yield started


@pytest.fixture
def venues(sandbox, database, monkeypatch):
    for name, url in sandbox.environment.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    yield sandbox
    sandbox.clear_counts()


def loaded(symbol, feed="funding_rates"):
    known = configuration(PROJECT_DIR / "seeds")
    options = LoadOptions.parse(["binance"], [symbol], SINCE, feeds=[feed])
    source = ExchangeSource(known, options)
    load(source)
    return source.failures


def query(text):
    with warehouse.connect("loader", "test") as connection:
        return connection.execute(text).fetchall()


@pytest.mark.parametrize("symbol", CONTRACTS)
def test_every_settlement_of_a_span_stands_once_and_a_second_load_adds_none(
    venues, symbol
):
    for _ in range(2):
        assert loaded(symbol) == []
        rows = query(
            "select settled_at_ms, funding_rate, symbol"
            " from bronze_exchange.funding_rates order by settled_at_ms"
        )
        hours = [at // 3_600_000 for at, _, _ in rows]
        first = parse_instant(SINCE) // 3_600_000
        assert hours == list(range(first, first + 24 * 60 + 13, 8))
        assert {name for _, _, name in rows} == {symbol}
        assert all(abs(rate) < 1 for _, rate, _ in rows)
    (spans,) = query(
        "select count(*), min(answered_from), max(answered_until)"
        " from bronze_exchange.pages where feed = 'funding_rates'"
    )
    assert spans[1] == parse_instant(SINCE)
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


def test_what_a_market_is_not_asked_for_is_refused_with_where_it_is_had(venues):
    (failure,) = loaded("BTC/USDT")
    assert isinstance(failure, BadDataError)
    assert "binance has no funding_rates of spot" in str(failure)
