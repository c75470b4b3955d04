"""Medians and outliers of a few prices."""

import random
from decimal import Decimal
from statistics import median

import pytest

from pipelines import warehouse
from tests.oracles import price_oracle

CASES = 500


@pytest.fixture
def ask(database):
    """What an expression is, for each of these parameters."""
    with warehouse.connect("analyst", "test") as connection:

        def ask(expression, *cases):
            query = f"select {expression}"
            answers = [connection.execute(query, case).fetchall() for case in cases]
            return [value for ((value,),) in answers]

        yield ask


def test_random_prices_have_the_medians_and_outliers_of_another_computation(ask):
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    cases = []
    for _ in range(CASES):
        prices = [
            Decimal(rng.choice((99, 100, 101, 150))) for _ in range(rng.randint(1, 6))
        ]
        volumes = [Decimal(rng.randint(0, 2)) for _ in prices]
        cases.append((sorted(prices), volumes))
    assert ask("market.median(%s)", *[case[:1] for case in cases]) == [
        median(prices) for prices, _ in cases
    ]
    weighted = ask("market.weighted_median(%s, %s)", *cases)
    outliers = ask("market.outliers(%s, 100)", *[case[:1] for case in cases])
    for (prices, volumes), middle, out in zip(cases, weighted, outliers, strict=True):
        venues = [
            {
                "exchange_id": str(place),
                "price": price,
                "volume": volume,
                "reason": None,
                "age_minutes": 0,
                "still_minutes": 0,
            }
            for place, (price, volume) in enumerate(zip(prices, volumes, strict=True))
        ]
        assert middle == price_oracle.weighted_median(venues)
        price_oracle.judge("BTC/USD", venues)
        assert out == [venue["reason"] == "distance" for venue in venues]


def test_what_is_null_has_no_say(ask):
    prices = [[None, 100, 100, 150], [None, None, 100, 150], [None], []]
    assert ask("market.outliers(%s::numeric[], 100)", *[[one] for one in prices]) == [
        [False, False, False, True],
        [False] * 4,
        [False],
        [],
    ]
    assert ask("market.median('{}')", []) == [None]
    assert ask("market.weighted_median('{1, 2}', '{0, 0}')", []) == [None]
