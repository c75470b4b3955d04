"""Open interest, ratios, depth: incremental = full refresh = reckoned apart."""

import pytest

from tests.contents.any_order import check_any_order
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
    loads = DepthHistories(seed).loads(LOADS)
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
