"""What bronze admits, silver and gold hold: no value of one series stops another."""

import random
from collections.abc import Sequence

from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories import proof_histories
from tests.histories.candle_histories import Histories, Load, Row
from tests.histories.proof_deliveries import Deliveries
from tests.integration.models.test_dbt_proofs import TABLES, hashes, select
from tests.soak import seeds

# numeric(38, 18) from end to end, and whole numbers up to what the doors let in
AMOUNTS = ("99999999999999999999.999999999999999999", "0.000000000000000001", "1", "0")
PRICES = AMOUNTS[:-1]
COUNTS = (999_999_999_999_999, 0, 1)
PAID = ("base_volume", "quote_volume", "taker_buy_base", "taker_buy_quote", "vwap")
(SEED,) = seeds(__name__, 1)
# what every transform builds; how venues answer, which two tests judge, is chance here
WITHOUT_CHANCE = (
    *("--exclude-resource-type", "unit_test", "--exclude"),
    *("tag:whole_history", "venues_answer_as_declared"),
    "venues_seem_to_answer_as_declared",
)
OF_OTHERS = """
select count(*), sum(hashtextextended((to_jsonb(c) - 'changed_in')::text, 0)::numeric)
from gold.fct_candles as c where symbol != 'ODD/USD'
"""


def odd(row: Row, rng: random.Random) -> Row:
    """The row as one of a series of its own, some of its numbers extreme."""
    choices: dict[str, Sequence[object]] = {"trades_count": COUNTS}
    choices |= dict.fromkeys(PAID, AMOUNTS)
    choices |= dict.fromkeys(("price", "base_amount"), PRICES)
    changed: Row = {
        name: rng.choice(choices[name])
        for name in choices
        if name in row and rng.random() < 0.5
    }
    if "open" in row and rng.random() < 0.5:
        changed |= dict.fromkeys(("open", "high", "low", "close"), rng.choice(PRICES))
    return row | changed | {"symbol": "ODD/USD"}


def loads_of(rng: random.Random) -> list[Load]:
    """Candles of all kinds of venues, and trades of one."""
    kind = next(one for one in proof_histories.KINDS if one.has_count)
    series = proof_histories.made(kind, "BTC/USD", rng, 0)
    return [*Histories(SEED).loads(4), *Deliveries(rng).loads([series])]


def test_an_extreme_value_costs_its_own_series_a_figure_and_no_other_anything(
    built_database,
):
    rng = random.Random(SEED)
    loads = loads_of(rng)
    for load in loads:
        deliver(load)
    Transform().run("run")
    alone = select(OF_OTHERS)
    for load in loads:
        deliver(
            {table: [odd(row, rng) for row in rows] for table, rows in load.items()}
        )
    Transform().run("build", *WITHOUT_CHANCE)
    assert select(OF_OTHERS) == alone, SEED
    built = hashes()
    Transform().run("run", "--full-refresh")
    assert hashes() == built, SEED
    assert {table for table in TABLES if select(f"select from {table} limit 1")}


def test_two_minutes_that_fit_one_by_one_leave_their_hour_without_the_sum(
    built_database,
):
    (load,) = Histories(3).loads(1)
    first = load["ohlcv"][0] | {"symbol": "ODD/USD", "opened_at_ms": 1709251200000}
    big = first | {"base_volume": "60000000000000000000", "vwap": None}
    deliver({"ohlcv": [big, big | {"opened_at_ms": 1709251260000}, *load["ohlcv"]]})
    Transform().run("run")
    volumes = (
        "select timeframe, base_volume, minutes_count from gold.fct_candles"
        " where symbol = 'ODD/USD' and timeframe in ('1m', '1h', '1M')"
        " order by minutes_count, opened_at, timeframe"
    )
    minute = ("1m", 6 * 10**19, 1)
    assert select(volumes) == [minute, minute, ("1M", None, 2), ("1h", None, 2)]
