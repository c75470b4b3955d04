"""The history of a mart lasts for its days, and begins where a warehouse has none."""

import random
from datetime import timedelta

import pytest

from pipelines import warehouse
from tests.contents.as_known import AsKnown
from tests.contents.transform import Transform
from tests.histories.venue_histories import minutes, put_minutes
from tests.integration.models.test_dbt_histories import select

MODELS = ("run", "--select", "int_prices_consolidated", "fct_prices")
RUNS = "select count(distinct ended_in) from history.fct_prices"


def do(statement: str) -> None:
    with warehouse.connect("transformer", "test") as connection:
        connection.execute(statement.encode())


@pytest.fixture
def change(built_database):
    """Prices become others, and gold follows."""
    candles = minutes(random.Random(1))[:200]
    transform = Transform()

    def change(factor: int, run: str = "rerun") -> None:
        dearer = [
            one._replace(close=one.close * factor, high=one.high * factor)
            for one in candles
        ]
        with warehouse.connect("transformer", "test") as connection:
            put_minutes(connection, dearer)
        getattr(transform, run)(*MODELS)

    return change


def test_what_ended_longer_ago_than_is_kept_is_forgotten(change):
    forgotten, kept = AsKnown("prices"), AsKnown("prices")
    change(1)
    forgotten.see()
    change(2)
    kept.see()
    age = timedelta(days=8)
    do(f"update history.runs set known_at = known_at - interval '{age.days} days'")
    forgotten.age(age)
    kept.age(age)
    for factor in (3, 4):
        change(factor)
        kept.see()
    forgotten.check_forgotten()
    kept.check()
    assert select(RUNS) == [(2,)]  # those that ended rows since


def test_a_warehouse_that_was_filled_before_begins_a_history(change):
    change(1)
    for event in ("updates", "deletes"):
        do(f"drop trigger keep_what_{event}_end on gold.fct_prices")
    do("drop table history.fct_prices cascade")
    do("drop function gold.prices_as_of")
    do("delete from history.runs")
    known = AsKnown("prices")
    change(2, "run")
    known.see()
    for factor in (3, 4):
        change(factor)
        known.see()
    known.check()
