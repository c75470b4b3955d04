"""Open interest, ratios, depth: incremental = full refresh = reckoned apart."""

import pytest

from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.archive.source import ArchiveSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.contents.any_order import check_any_order
from tests.contents.transform import Transform
from tests.fakes.archive_server import archive_server, csv
from tests.fakes.memory_source import deliver
from tests.histories.depth_histories import DepthHistories
from tests.integration.models.test_dbt_histories import select
from tests.oracles import depth_oracle, metrics_oracle
from tests.soak import seeds, times

MODELS = ("fct_open_interest", "fct_positioning", "fct_book_depth")
LOADS = times(40, 14)
OPEN_INTEREST = """
select exchange_id, symbol, observed_at, open_interest, open_interest_contracts,
    open_interest_value, evidence_grade, source, reading_id, readings_count,
    is_contradicted
from gold.fct_open_interest order by 1, 2, 3
"""
POSITIONING = """
select exchange_id, symbol, observed_at, top_trader_accounts_ratio,
    top_trader_positions_ratio, global_accounts_ratio, taker_ratio, evidence_grade,
    source, is_contradicted
from gold.fct_positioning order by 1, 2, 3
"""
DEPTH = """
select exchange_id, symbol, snapshot_at, side, band_pct, base_depth, contracts_depth,
    quote_depth, unchanged_seconds, excluded_for, evidence_grade, reading_id,
    is_contradicted
from gold.fct_book_depth order by 1, 2, 3, 4, 5
"""
RUNS = (
    ("run", "--select", *MODELS),
    ("run", "--select", "fct_open_interest"),
    ("run", "--select", "fct_book_depth"),
    ("run", "--full-refresh", "--select", "fct_positioning"),
    ("run", "--select", *MODELS, "--vars", "backlog_rows: 10"),
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(__name__, times(20, 1)))
def test_metrics_are_the_same_in_any_order_and_as_reckoned_apart(built_database, seed):
    history = DepthHistories(seed)
    loads = history.loads(LOADS)
    check_any_order(
        seed,
        loads,
        RUNS,
        held=lambda: (select(OPEN_INTEREST), select(POSITIONING), select(DEPTH)),
        told=lambda: (
            metrics_oracle.open_interest(loads),
            metrics_oracle.positioning(loads),
            depth_oracle.depth(loads),
        ),
    )
    for load_again in history.about_midnight():
        deliver(load_again)
        loads.append(load_again)
        Transform().rerun(*RUNS[2])
        assert select(DEPTH) == depth_oracle.depth(loads)


def test_a_band_that_stands_still_in_a_verified_file_is_frozen_in_gold(
    built_database, monkeypatch
):
    day, name = ("2026-09-04", "2026-09-05"), "BTCUSDT-bookDepth-2026-09-04.zip"
    lines = [
        f"2026-09-04 00:{minute:02}:08,{band},{depth},{depth}"
        for minute in range(8)
        for band, depth in (("-0.20", minute + 1), ("0.20", 5))
    ]
    with archive_server() as host:
        monkeypatch.setenv("BULLION_ARCHIVE_URL", host.url)
        settings.cache_clear()
        path = f"data/futures/um/daily/bookDepth/BTCUSDT/{name}"
        host.put_csv(path, csv(lines, "timestamp,percentage,depth,notional"))
        asked = LoadOptions.parse(
            ["binance"], ["BTC/USDT:USDT"], *day, feeds=["book_depth"]
        )
        load(ArchiveSource(configuration(PROJECT_DIR / "seeds"), asked))
    Transform().rerun("run", "--select", "fct_book_depth")
    held = select(
        "select side, count(*), count(*) filter (where excluded_for = 'frozen'),"
        " min(unchanged_seconds) filter (where excluded_for = 'frozen')"
        " from gold.fct_book_depth group by side order by side"
    )
    assert held == [("ask", 8, 3, 300), ("bid", 8, 0, None)]
    assert select("select count(*) from gold.fct_liquidity") == [(0,)]
