"""Consolidated prices are as an independent computation has them, in any order."""

import random
from decimal import Decimal
from typing import Any

import pytest

from pipelines import warehouse
from tests.contents.as_known import AsKnown
from tests.contents.transform import Transform
from tests.histories.venue_histories import Minute, minutes, put_minutes
from tests.oracles import price_oracle
from tests.soak import seeds, times

SEEDS = seeds(__name__, times(20, 1))
STEPS = times(12, 5)
MODELS = ("run", "--select", "int_prices_consolidated", "fct_prices")


def stored() -> list[dict[str, Any]]:
    """Rows of the mart, in order."""
    with warehouse.connect("analyst", "test") as connection:
        cursor = connection.execute(
            "select * from gold.fct_prices order by asset || '/' || quote, minute_at"
        )
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return [{k: v for k, v in row.items() if k != "changed_in"} for row in rows]


def steps(candles: list[Minute], rng: random.Random) -> list[list[Minute]]:
    """Batches that end with these candles: in any order, and some wrong at first."""
    batches: list[list[Minute]] = [[] for _ in range(STEPS)]
    for one in candles:
        number = rng.choice((rng.randrange(STEPS), one.opened_at.hour % STEPS))
        if number and rng.random() < 0.05:
            wrong = one._replace(close=one.close * 2, high=one.close * 2)
            batches[rng.randrange(number)].append(wrong)
        batches[number].append(one)
    return batches


@pytest.mark.slow(20)
@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_of_candles_gives_the_prices_of_a_full_refresh(built_database, seed):
    print(f"seed {seed}")
    rng = random.Random(seed)
    candles = minutes(rng)
    transform = Transform()
    made: set[Any] = set()
    as_known = AsKnown("prices")
    for batch in steps(candles, rng):
        with warehouse.connect("transformer", "test") as connection:
            put_minutes(connection, batch)
        transform.rerun(*MODELS)
        keys = {(r["asset"], r["quote"], r["minute_at"]) for r in stored()}
        assert made <= keys  # a row once made stays
        made = keys
        as_known.see()
    as_known.check()
    rows = stored()
    wanted = price_oracle.prices(candles)
    assert len(rows) == len(wanted)
    for row, right in zip(rows, wanted, strict=True):
        assert row == right
    transform.run(*MODELS, "--full-refresh")
    assert stored() == rows
    as_known.check_forgotten()
    as_known.see()
    reasons = {v["reason"] for row in rows for v in row["excluded"]}
    assert {"stale"} < reasons <= {"stale", "frozen", "distance"}
    assert {row["venues_count"] for row in rows} >= {2, 3}
    assert any(row["median"] is None and row["last_price"] for row in rows)
    assert any(row["peg"] and row["peg"] < Decimal("0.9") for row in rows)
