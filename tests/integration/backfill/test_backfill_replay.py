"""Replay and reconcile: whether gold is what bronze makes, and REST what files say."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines import warehouse
from pipelines.backfill.reconcile import reconcile
from pipelines.backfill.replay import parse_numbers, parse_scope, replay
from pipelines.config.rows import configuration
from pipelines.errors import SetupError
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.archive.source import ArchiveSource
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.contents.transform import Transform
from tests.fakes.evm_readings import chained
from tests.fakes.evm_readings import loaded as loaded_blocks
from tests.fakes.memory_source import deliver

NOW = "2024-03-04T12:00:30Z"
SPAN = ("2024-03-02T00:00Z", "2024-03-04T00:00Z")
DAY = ("2024-03-03", "2024-03-04")
SYMBOL = "BTC/USDT"
TABLES = ("--select", "config.materialized:incremental")  # views stand


@pytest.fixture(scope="module")
def sandbox():
    with running(in_thread=True, now=NOW, frozen=True, rate_limit=False) as started:
        yield started


@pytest.fixture
def upstream(sandbox, parsed_database, monkeypatch):
    for name, url in sandbox.environment.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    yield sandbox
    sandbox.clear_faults()


def load_rest(since, until):
    known = configuration(PROJECT_DIR / "seeds")
    options = LoadOptions.parse(["binance"], [SYMBOL], since, until)
    source = ExchangeSource(known, options)
    load(source)
    assert source.failures == []


def load_files(since, until):
    known = configuration(PROJECT_DIR / "seeds")
    options = LoadOptions.parse(None, [SYMBOL], since, until, feeds=["klines"])
    source = ArchiveSource(known, options)
    load(source)
    assert source.failures == []


def run(text):
    with warehouse.connect("transformer", "test") as connection:
        return connection.execute(text).rowcount


def changed(transform, since=SPAN[0], until=SPAN[1], symbols=None):
    scope = parse_scope(since, until, symbols)
    done = replay(scope, lambda: transform.rerun("run", *TABLES))
    return {(one.model, one.part) for one in done.changed}, done


AT = "where exchange_id = 'binance' and opened_at"
ADD_ONE = "update gold.fct_candles set base_volume = base_volume + 1"
ADD_IN_SILVER = "update silver.int_candles_graded set base_volume = base_volume + 1"
TAMPERED = {
    "a gold hour is altered": (
        f"{ADD_ONE} {AT} = '2024-03-02T05:00Z' and timeframe = '1h'",
        {("gold.fct_candles", "2024-03-02")},
    ),
    "a gold day is lost": (
        f"delete from gold.fct_candles {AT} = '2024-03-03T00:00Z' and timeframe = '1d'",
        {("gold.fct_candles", "2024-03-03")},
    ),
    "a silver minute is altered": (
        f"{ADD_IN_SILVER} {AT} = '2024-03-02T07:07Z'",
        {("silver.int_candles_graded", "2024-03-02")},
    ),
    "a silver minute is lost": (
        f"delete from silver.int_candles_chosen {AT} = '2024-03-03T07:07Z'",
        {("silver.int_candles_chosen", "2024-03-03")},
    ),
}


@pytest.mark.slow(90)
def test_a_replay_says_what_it_changed_and_mends_it(upstream):
    with pytest.raises(SetupError, match="nothing is built yet"):
        replay(parse_scope(*SPAN), lambda: None)
    load_files(*(time[:10] for time in SPAN))
    load_rest(SPAN[1], "2024-03-04T03:00Z")
    transform = Transform()
    transform.run("seed")
    transform.rerun("run")

    found, done = changed(transform)
    assert (found, done.sentence.split(":")[0]) == (set(), "unchanged")
    assert done.rows_count > 2 * 1440
    assert (done.loads_count, done.loads_meanwhile) == (1, 0)

    expected = set()
    for name, (statement, days) in TAMPERED.items():
        assert run(statement) == 1, name
        expected |= days
    found, done = changed(transform)
    assert found == expected
    assert done.sentence.startswith("changed: ")

    found, _ = changed(transform)
    assert found == set()


@pytest.mark.slow
def test_a_replay_keeps_to_its_span_and_symbols_and_takes_in_what_waits(upstream):
    load_files(*DAY)
    transform = Transform()
    transform.run("seed")
    transform.rerun("run")
    assert run(f"{ADD_ONE} {AT} = '2024-03-03T05:05Z' and timeframe = '1m'") == 1
    assert changed(transform, until="2024-03-03T05:00Z")[0] == set()
    assert changed(transform, symbols=["ETH/USDT"])[0] == set()

    load_rest(*(f"{day}T00:00Z" for day in DAY))  # a disagreement of nothing
    found, _ = changed(transform, since="2024-03-03T05:00Z")
    # features were made of the candle as it was changed, since the day was built again
    of_day = ("gold.fct_candles", "gold.fct_market_features")
    assert found == {(mart, "2024-03-03") for mart in of_day}


FLIPPED = "update silver.int_blocks_canonical set is_canonical = false"
LOST = "delete from silver.int_blocks_read"
OF_BLOCKS = ("--select", "+int_blocks_canonical")
FIRST_BLOCK = 995  # of ten: two thousands have some


@pytest.mark.slow
def test_a_replay_of_blocks_keeps_to_its_chain_and_numbers(parsed_and_seeded):
    deliver({})  # every table of bronze
    blocks = list(chained(10, FIRST_BLOCK))
    loaded_blocks(blocks[:5])
    loaded_blocks(blocks[5:], "c")
    transform = Transform()
    transform.run("seed")
    transform.rerun("run", *OF_BLOCKS)

    def replayed(first, end=None, chain="ethereum"):
        scope = parse_numbers([chain], first, end)
        done = replay(scope, lambda: transform.rerun("run", *OF_BLOCKS))
        return {(one.model, one.series, one.part) for one in done.changed}, done

    found, done = replayed(0)
    assert (found, done.sentence.split(":")[0]) == (set(), "unchanged")
    assert done.rows_count >= 2 * 10
    assert done.loads_count == 2
    assert run(f"{FLIPPED} where block_number = 999") == 1
    assert run(f"{LOST} where block_number = 1001") == 1
    assert replayed(0, 999)[0] == set()
    assert replayed(0, None, "base")[0] == set()
    canonical = ("silver.int_blocks_canonical", "ethereum", "0")
    assert canonical in replayed(998, 1000)[0]
    found, _ = replayed(0)
    assert ("silver.int_blocks_read", "ethereum", "1000") in found
    assert replayed(0)[0] == set()


def test_an_empty_span_is_refused():
    with pytest.raises(SetupError, match="--to 5 is not above --from 5"):
        parse_numbers(["ethereum"], 5, 5)
    with pytest.raises(SetupError, match="is not after"):
        parse_scope("2024-01-02", "2024-01-01")
    with pytest.raises(SetupError, match="--since, --until"):
        parse_scope("yesterday", "2024-01-01")
    with pytest.raises(SetupError, match="a replay begins at a time"):
        parse_scope("-P1D", "2024-01-01")


def test_what_files_and_rest_say_alike_is_equal_and_what_not_is_told(upstream):
    day = date(2024, 3, 3)
    with pytest.raises(SetupError, match="nothing is loaded yet"):
        reconcile(day)
    load_rest(f"{DAY[0]}T00:00Z", f"{DAY[0]}T12:00Z")
    load_files(*DAY)
    (one,) = reconcile(day)
    assert (one.exchange_id, one.symbol) == ("binance", SYMBOL)
    assert (one.rest_count, one.archive_count) == (720, 1440)
    assert (one.compared_count, one.equal_count, one.changed_count) == (720, 720, 0)
    assert (one.changed_values, one.largest_difference_pct) == (None, None)

    # the venue had said otherwise of two minutes
    at = "opened_at_ms in (1709425800000, 1709425860000)"
    with warehouse.connect("loader", "test") as connection:
        connection.execute(
            f"update bronze_exchange.ohlcv set base_volume = 2 * base_volume where {at}"
        )
    (one,) = reconcile(day)
    assert (one.equal_count, one.changed_count) == (718, 2)
    assert one.changed_values == "base_volume 2"
    assert one.largest_difference_pct == Decimal(50)
    assert reconcile(day, symbols=["ETH/USDT"]) == []
    assert reconcile(date(2024, 3, 4)) == []
