"""Liquidations: incremental = full refresh = an independent computation."""

import pytest

from tests.contents.any_order import check_any_order
from tests.histories.liquidation_histories import LiquidationHistories
from tests.integration.models.test_dbt_histories import select
from tests.oracles import liquidation_oracle
from tests.soak import seeds, times

LIQUIDATIONS = """
select exchange_id, symbol, liquidated_at, liquidation_id, closed_side, price,
    base_amount, contracts, liquidated_value, reported_as, evidence_grade, source,
    reading_id, is_contradicted
from gold.fct_liquidations order by 1, 2, 3, liquidation_id collate "C"
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(__name__, times(20, 1)))
def test_liquidations_are_the_same_in_any_order_and_as_reckoned_apart(
    built_database, seed
):
    loads = LiquidationHistories(seed).loads(times(40, 10))
    check_any_order(
        seed,
        loads,
        [("run", "--select", "fct_liquidations")],
        held=lambda: select(LIQUIDATIONS),
        told=lambda: liquidation_oracle.liquidations(loads),
    )
