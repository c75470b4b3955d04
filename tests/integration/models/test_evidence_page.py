"""docs/evidence.md says what is so: its table of what can be seen."""

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories import proof_histories
from tests.histories.proof_deliveries import Deliveries
from tests.histories.proof_histories import KINDS, START, Fill, Kind, Series
from tests.integration.models.test_dbt_proofs import select

ALTERATION = """
select exchange_id, proof from gold.fct_candle_proofs
where symbol = %s and opened_at = %s
"""


@pytest.fixture
def transform(built_database):
    return Transform()


def five_fills(kind: Kind, symbol: str) -> Series:
    """Every minute has five fills of one trade each; the second is no extreme."""
    series = Series(kind, symbol, random.Random(1))
    prices, sides = (5, 3, 1, 9, 6), ("buy", "sell", "buy", "sell", "buy")
    series.fills = [
        Fill(
            first=minute * 5 + number,
            count=1,
            at_ms=START + minute * 60_000 + number,
            price=Decimal(prices[number]),
            amount=Decimal(number + 1),
            side=sides[number],
        )
        for minute in range(proof_histories.MINUTES)
        for number in range(5)
    ]
    series.settle()
    return series


ALTERED: dict[str, dict[str, Any]] = {
    "an amount": {"amount": Decimal(7)},
    "a price between": {"price": Decimal(4)},
    "a side": {"side": "buy"},
}
CONTRADICTED, COMPLETE = "contradicted", "proven complete"


def test_what_the_page_calls_invisible_is_and_all_else_is_seen(transform):
    """The table of docs/evidence.md: what of an altered trade each venue shows."""
    rng, seen = random.Random(2), {}
    for number, name in enumerate(ALTERED):
        for kind in KINDS:
            one = five_fills(kind, f"{number}/B")
            victim = one.left[30 * 5 + 1]
            one.left[30 * 5 + 1] = replace(victim, **ALTERED[name])
            for load in Deliveries(rng).answers(one):
                deliver(load)
    transform.rerun("run")
    for number, name in enumerate(ALTERED):
        at = "2024-03-31 23:50+00"
        rows = select(ALTERATION, f"{number}/B", at)
        seen[name] = dict(rows)
    unseen = {"coinbase": COMPLETE, "kraken": COMPLETE, "nowhere": "unproven"}
    assert seen == {
        "an amount": dict.fromkeys([k.exchange_id for k in KINDS], CONTRADICTED),
        "a price between": {"binance": CONTRADICTED, **unseen},
        "a side": {"binance": CONTRADICTED, **unseen},
    }
