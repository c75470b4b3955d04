"""Funding: incremental = full refresh = an independent computation, in any order."""

import pytest

from tests.contents.any_order import check_any_order
from tests.histories.funding_histories import FundingHistories
from tests.integration.models.test_dbt_histories import select
from tests.oracles import funding_oracle
from tests.soak import seeds, times

MODELS = ("int_funding_settled", "int_funding_answered", "fct_funding")
LOADS = times(40, 10)
FUNDING = """
select exchange_id, symbol, due_at, settled_at, rate, interval_hours,
    interval_missing_for, annualised_rate, annualised_rate_7d, evidence_grade, source,
    reading_id, is_contradicted
from gold.fct_funding order by 1, 2, 3
"""
ANSWERED = "select * from silver.int_funding_answered order by 1, 2, 3"
RUNS = (
    ("run", "--select", *MODELS),
    ("run", "--select", *MODELS),
    ("run", "--select", "int_funding_settled"),
    ("run", "--select", "int_funding_answered"),
    ("run", "--select", "fct_funding"),
    ("run", "--full-refresh", "--select", "fct_funding"),
    ("run", "--select", *MODELS, "--vars", "backlog_rows: 10"),
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(__name__, times(20, 1)))
def test_funding_is_the_same_in_any_order_and_as_reckoned_apart(built_database, seed):
    loads = FundingHistories(seed).loads(LOADS)
    check_any_order(
        seed,
        loads,
        RUNS,
        held=lambda: select(FUNDING),
        told=lambda: funding_oracle.funding(loads),
        also=lambda: [row[:-1] for row in select(ANSWERED)],
    )
