"""What is unusual is listed the same, whichever model ran when."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from pipelines import warehouse
from tests.contents.transform import Transform
from tests.histories.bar_histories import Bar, Shape, put_bars, series
from tests.histories.venue_histories import Minute, put_minutes
from tests.integration.models.test_dbt_histories import select
from tests.soak import seeds, times

FEATURES, ANOMALIES = "fct_market_features", "fct_candle_anomalies"
# of one month, and of more bars than averages look back: what changes early moves `obv`
# alone at its end
SPARSE = Shape("RARE/USDT", "1m", datetime(2024, 3, 2, tzinfo=UTC), 9 * 1440, 0.15)
LISTED = """
select to_jsonb(a) - 'changed_in' from gold.fct_candle_anomalies as a order by 1
"""
# bars that one run of the features inserts, and another moves before anybody looks
INSERTED_AND_MOVED = 4
RUNS = ((FEATURES,), (ANOMALIES,), (FEATURES, ANOMALIES), ())


def put(bars: list[Bar]) -> None:
    """Make these candles, as batches of both models that hold them."""
    chosen = [
        Minute("binance", *(one.symbol, one.opened_at, one.high, one.low, one.close),
               *(one.base_volume or Decimal(0), one.quote_volume, None, "closed"))
        for one in bars
    ]  # fmt: skip
    with warehouse.connect("transformer", "test") as connection:
        put_minutes(connection, chosen)
        put_bars(connection, bars)


def jumped(one: Bar, rng: random.Random) -> Bar:
    """The bar, far from where it was."""
    close = one.close * rng.choice((Decimal("0.8"), Decimal("1.3")))
    return one._replace(close=close, high=max(one.high, close), low=min(one.low, close))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [INSERTED_AND_MOVED, *seeds(__name__, times(10, 1))])
def test_anomalies_are_the_same_whichever_model_ran_when(built_database, seed):
    print(f"seed {seed}")
    rng, transform = random.Random(seed), Transform()
    bars = [
        jumped(one, rng) if rng.random() < 0.02 else one for one in series(SPARSE, rng)
    ]
    edges = sorted(rng.sample(range(len(bars)), 5))
    for low, high in pairwise([0, *edges, len(bars)]):
        # the next bars, then some early ones otherwise: each may be looked at, or not
        early = rng.sample(bars[: low // 2], min(low // 2, 2))
        for batch in (bars[low:high], [jumped(one, rng) for one in early], early):
            if batch:
                put(batch)
            for model in rng.choice(RUNS):
                transform.rerun("run", "--select", model)
    transform.rerun("run", "--select", FEATURES, ANOMALIES)
    listed = select(LISTED)
    assert listed
    transform.run("run", "--full-refresh", "--select", ANOMALIES)
    assert select(LISTED) == listed


def test_of_a_short_list_many_claims_are_few_where_far_more_is_read(built_database):
    """Anomalies are a row for thousands of bars: claims are held against the bars."""
    rng, transform = random.Random(1), Transform()
    bars = series(SPARSE, rng)
    put(bars)
    transform.run("run", "--select", FEATURES, ANOMALIES)
    with warehouse.connect("transformer", "test") as connection:
        connection.execute("analyze gold.fct_market_features")
        connection.execute("analyze gold.fct_candle_anomalies")
    for place, is_by_claims in ((len(bars) * 3 // 4, True), (0, False)):
        put([jumped(bars[place], rng)])
        results = transform.run(
            "run", "--vars", "backlog_rows: 0", "--select", FEATURES, ANOMALIES
        )
        sent = {one.node.name: one.node.compiled_code for one in results}
        assert ("touched as units" in sent[ANOMALIES]) is is_by_claims
