"""Basis: incremental = full refresh = an independent computation, in any order."""

import pytest

from pipelines import warehouse
from tests.contents.any_order import check_any_order
from tests.histories.mark_histories import (
    MarkHistories,
    Settlements,
    Spots,
    put_settlements,
    put_spots,
)
from tests.integration.models.test_dbt_histories import select
from tests.oracles import basis_oracle
from tests.soak import seeds, times

MODELS = ("int_marks_chosen", "fct_basis")
LOADS = times(40, 12)
BASIS = """
select exchange_id, symbol, minute_at, marked_at, mark_price, mark_source,
    mark_reading_id, index_price, index_source, index_reading_id, index_basis_bps,
    premium_index, spot_price, spot_basis_bps, spot_missing_for, expires_at,
    funding_due_at, annualised_rate, annualised_spot_rate, evidence_grade,
    is_contradicted
from gold.fct_basis order by 1, 2, 3
"""
RUNS = (
    ("run", "--select", *MODELS),
    ("run", "--select", *MODELS),
    ("run", "--select", "int_marks_chosen"),
    ("run", "--select", "fct_basis"),
    ("run", "--select", *MODELS, "--vars", "backlog_rows: 10"),
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(__name__, times(20, 1)))
def test_a_basis_is_the_same_in_any_order_and_as_reckoned_apart(built_database, seed):
    loads = MarkHistories(seed).loads(LOADS)
    spots: Spots = {}
    settlements: Settlements = {}

    def put(rng):
        with warehouse.connect("transformer", "test") as connection:
            put_spots(connection, spots, rng)
            put_settlements(connection, settlements, rng)

    check_any_order(
        seed,
        loads,
        RUNS,
        held=lambda: select(BASIS),
        told=lambda: basis_oracle.basis(loads, spots, settlements),
        beside=put,
    )
    missing = "select distinct annualised_missing_for from gold.fct_basis"
    assert len(select(missing)) > 2
