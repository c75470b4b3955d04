"""Open interest, ratios: incremental = full refresh = an independent computation."""

import pytest

from tests.contents.any_order import check_any_order
from tests.histories.metrics_histories import MetricsHistories
from tests.integration.models.test_dbt_histories import select
from tests.oracles import metrics_oracle
from tests.soak import seeds, times

MODELS = ("fct_open_interest", "fct_positioning")
LOADS = times(40, 12)
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
RUNS = (
    ("run", "--select", *MODELS),
    ("run", "--select", "fct_open_interest"),
    ("run", "--full-refresh", "--select", "fct_positioning"),
    ("run", "--select", *MODELS, "--vars", "backlog_rows: 10"),
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(__name__, times(20, 1)))
def test_metrics_are_the_same_in_any_order_and_as_reckoned_apart(built_database, seed):
    loads = MetricsHistories(seed).loads(LOADS)
    check_any_order(
        seed,
        loads,
        RUNS,
        held=lambda: (select(OPEN_INTEREST), select(POSITIONING)),
        told=lambda: (
            metrics_oracle.open_interest(loads),
            metrics_oracle.positioning(loads),
        ),
    )
