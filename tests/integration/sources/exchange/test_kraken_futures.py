"""Kraken Futures on the sandbox, through the real load into a real Postgres."""

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
from tests.contents.transform import Transform

NOW = "2024-03-01T12:00:30Z"
SINCE = "2024-03-01T10:00:00Z"
MODELS = ("fct_candles", "fct_market_features", "fct_trades", "rpt_candle_quality")
RATES = "derivatives/api/v4/historicalfundingrates?symbol=PF_XBTUSD"


@pytest.fixture
def venue(built_database, monkeypatch):
    with running(in_thread=True, now=NOW, frozen=True) as started:
        for name, url in started.environment.items():
            monkeypatch.setenv(name, url)
        settings.cache_clear()
        yield started


def loaded(symbols, *feeds, since=SINCE):
    known = configuration(PROJECT_DIR / "seeds")
    symbols = [symbols] if isinstance(symbols, str) else symbols
    options = LoadOptions.parse(["kraken_futures"], symbols, since, feeds=feeds)
    source = ExchangeSource(known, options)
    load(source)
    return source.failures


def query(text):
    with warehouse.connect(None, "test") as connection:
        return connection.execute(text).fetchall()


def test_candles_and_funding_stand_once_with_every_digit(venue):
    for _ in range(2):
        assert loaded("BTC/USD:USD", "candles", "funding_rates") == []
    rates = query(
        "select settled_at_ms, funding_rate from bronze_exchange.funding_rates"
        " order by settled_at_ms"
    )
    with requests.Session() as session:
        session.trust_env = False
        body = session.get(f"{venue.venue_url('kraken_futures')}/{RATES}").text
    sent = [Decimal(r["relativeFundingRate"]) for r in wire.decode(body)["rates"]]
    assert [rate for _, rate in rates] == sent[-3:]
    first = parse_instant(SINCE)
    assert [at for at, _ in rates] == [first + n * 3_600_000 for n in range(3)]
    assert any(rate % Decimal("1e-8") for rate in sent)
    candles = query(
        "select count(*), count(distinct opened_at_ms), min(opened_at_ms),"
        " min(base_volume) from bronze_exchange.ohlcv where venue_now_ms > opened_at_ms"
    )
    assert candles[0][1] > 10
    assert candles[0][2] >= first
    assert candles[0][3] > 0
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


def test_what_settles_in_its_base_has_a_base_volume_where_trades_prove_it(venue):
    symbol = "BTC/USD:BTC"
    assert loaded(symbol, "candles") == []
    volumes = "count(base_volume), count(*) - count(quote_volume), sum(quote_volume)"
    ((*told, dollars),) = query(f"select {volumes} from bronze_exchange.ohlcv")
    assert told == [0, 0]
    assert dollars > 1000
    Transform().run("run", "--select", *(f"+{name}" for name in MODELS))
    candles = f"select {volumes} from gold.fct_candles where vwap is null group by "
    assert set(query(f"{candles} timeframe")) == {(0, 0, dollars)}
    known = query(
        "select bool_or(log_return is not null), count(volume_sma_20),"
        " count(nullif(obv, 0)) from gold.fct_market_features"
    )
    assert known == [(True, 0, 0)]
    assert loaded(symbol, "trades") == []
    Transform().run("run", "--select", *(f"+{name}" for name in MODELS))
    proven = "select count(*) filter (where proof = 'contradicted'), count(*) > 10"
    assert query(f"{proven} from gold.fct_candle_proofs") == [(0, True)]
    rebuilt = query("""
        select count(*) > 10, bool_and(c.base_volume = t.base), bool_and(c.vwap > 0)
        from gold.fct_candles as c
        inner join (
            select minute_at, sum(base_amount) as base from gold.fct_trades group by 1
        ) as t on c.opened_at = t.minute_at
        where c.timeframe = '1m' and c.base_volume is not null
    """)
    assert rebuilt == [(True, True, True)]
    flows = (
        "select timeframe, opened_at, obv from gold.fct_market_features order by 1, 2"
    )
    summed = query(flows)
    assert any(flow for *_, flow in summed)
    Transform().run("run", "--full-refresh", "--select", "fct_market_features")
    assert query(flows) == summed
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


def test_one_request_has_marks_or_what_is_open_of_all_contracts(venue):
    symbols = ["BTC/USD:USD", "ETH/USD:USD", "BTC/USD:BTC"]
    assert loaded(symbols, "mark_prices") == []
    marks = "select count(distinct symbol) from bronze_exchange.mark_prices"
    assert query(f"{marks} where mark_price > 0 and index_price > 0") == [(3,)]
    assert loaded(symbols, "open_interest") == []
    asked = "select count(distinct request_id) from bronze_exchange.open_interest"
    assert query(asked) == [(2,)]  # a market each
    held = query(
        "select symbol, base_open_interest > 0, contracts_open_interest > 0"
        " from bronze_exchange.open_interest order by 1"
    )
    assert held == [
        ("BTC/USD:BTC", None, True),
        ("BTC/USD:USD", True, None),
        ("ETH/USD:USD", True, None),
    ]
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


def test_trades_say_which_closed_a_position_by_force(venue):
    since = "2024-02-29T12:00:00Z"
    for symbol in ("BTC/USD:USD", "BTC/USD:BTC"):
        assert loaded(symbol, "trades", since=since) == []
    told = query(
        "select count(*), count(distinct trade_id), max(trade_id) - min(trade_id) + 1,"
        " count(*) filter (where liquidation = 'liquidation'), count(liquidation),"
        " count(base_amount), count(quote_amount)"
        " from bronze_exchange.trades group by symbol order by symbol desc"
    )
    for rows, ids, spread, forced, said, *_ in told:
        assert rows == ids == spread > 300  # some pages
        assert 0 < forced == said < rows / 10
    amounts = [(base, quote) for *_, base, quote in told]
    assert amounts == [(told[0][0], 0), (0, told[1][0])]
    spans = "select min(answered_from), max(answered_until) from bronze_exchange.pages"
    first, last = parse_instant(since), parse_instant(NOW)
    assert query(spans) == [(first * 10**6, last * 10**6)]
    assert query("select count(*) from bronze_exchange.quarantine") == [(0,)]


def test_the_venue_has_no_spot_pairs_and_one_budget(venue):
    known = configuration(PROJECT_DIR / "seeds")
    options = LoadOptions.parse(["kraken_futures"], ["BTC/USD"], SINCE)
    with pytest.raises(Exception, match="spot pairs are not collected from kraken_fut"):
        ExchangeSource(known, options)
    for symbol in ("BTC/USD:USD", "BTC/USD:BTC"):
        assert loaded(symbol, "funding_rates") == []
    spent = "select budget from ops.request_budgets where budget like 'kraken_f%'"
    assert query(spent) == [("kraken_futures",)]
