"""Incremental = full refresh = an independent computation, whatever the input's order.

More cases than the suite's: `python -m tests.integration.models.test_dbt_histories 30`
on the empty, bootstrapped database that `PG*` names; a seed as second argument
repeats one.
"""

import random
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import psycopg
import pytest

from pipelines import warehouse
from tests.contents.transform import Transform, build
from tests.fakes.memory_source import deliver
from tests.histories.candle_histories import Load
from tests.histories.config_histories import ConfigHistories, deliver_changes
from tests.histories.life_histories import LifeHistories, moments
from tests.oracles import (
    candle_oracle,
    config_oracle,
    evidence_oracle,
    gap_oracle,
    life_oracle,
)
from tests.soak import seeds, times

CASES = times(2, 1)
LOADS = times(20, 8)
SEEDS = seeds(__name__, CASES)
CONFIG_BATCHES = 8
GOLD = (
    "fct_candles",
    "fct_market_features",
    "fct_prices",
    "fct_candle_anomalies",
    "fct_gaps",
    "rpt_completeness",
    "rpt_candle_quality",
    "dim_instruments",
    "dim_config_exchanges",
    "dim_config_instruments",
)
SILVER = (
    "int_candles_graded",
    "int_minutes_answered",
    "int_candles_chosen",
    "int_minutes_accounted",
    "int_minutes_unasked",
    "int_candle_disagreements",
    "int_prices_consolidated",
    "int_instruments_dated",
)
CANDLES = """
select exchange_id, symbol, timeframe, opened_at, open, high, low, close, base_volume,
    quote_volume, trades_count, taker_buy_base, taker_buy_quote, vwap, evidence_grade,
    minutes_count, is_complete, source, is_filled_from_trades
from gold.fct_candles order by 1, 2, 3, 4
"""
GAPS = """
select exchange_id, symbol, started_at, ended_at, minutes_count, cause
from gold.fct_gaps order by 1, 2, 3
"""
UNASKED = """
select exchange_id, symbol, opened_date, not_configured_count, our_fault_count
from gold.rpt_completeness
where not_configured_count + our_fault_count > 0 order by 1, 2, 3
"""
CONFIGURED = """
select exchange_id, symbol, valid_from, valid_to, is_enabled, feeds, since
from gold.dim_config_instruments order by 1, 2, 3
"""
INSTRUMENTS = """
select exchange_id, symbol, valid_from, valid_to, base_asset, status, is_active
from gold.dim_instruments where is_active is not null order by 1, 2, 3
"""
UNIVERSE = """
select exchange_id, symbol, listed_at, listed_by, delisted_at, delisted_by, is_halted,
    halted_by
from gold.universe_at('{}') order by 1, 2
"""
GRADED = """
select exchange_id, symbol, opened_at, evidence_grade, source, reading_id
from silver.int_candles_graded order by 1, 2, 3
"""
DISAGREEMENTS = """
select exchange_id, symbol, opened_at, source, reading_id, value_name, reading_value,
    standing_value, standing_source
from silver.int_candle_disagreements order by 1, 2, 3, 4, 5, 6, 7
"""


def select(query: str) -> list[tuple[Any, ...]]:
    with warehouse.connect("transformer", "test") as connection:
        return connection.execute(query).fetchall()


def hashes() -> dict[str, str]:
    """A hash of each table but for the batch that made a row."""
    tables = [f"gold.{t}" for t in GOLD] + [f"silver.{t}" for t in SILVER]
    row = "(to_jsonb(t) - 'changed_in')::text"
    return {
        table: select(
            f"select count(*) || ' ' || coalesce(md5(string_agg({row}, '|'"
            f" order by {row})), '') from {table} as t"
        )[0][0]
        for table in tables
    }


def graded(loads: Sequence[Load]) -> list[tuple[Any, ...]]:
    """What the venues' own candles must be: key, grade, source and reading."""
    grades = evidence_oracle.GRADES
    return sorted(
        (
            *key,
            evidence_oracle.at(stamp),
            grades[c["grade"]],
            c["source"],
            c["reading_id"],
        )
        for key, candles in evidence_oracle.graded(loads).items()
        for stamp, candle in candles.items()
        for c in (candle,)
    )


def run_something(transform: Transform, rng: random.Random) -> None:
    """dbt, wholly or in part, or not at all."""
    model = rng.choice((*GOLD, *SILVER, "int_instruments_versioned"))
    command = rng.choice(
        (
            ("run",),
            ("run",),
            ("run", "--select", model),
            ("run", "--select", f"{model}+"),
            ("run", "--full-refresh", "--select", model),
            ("run", "--vars", "backlog_rows: 50"),
            (),
        )
    )
    if command:
        transform.rerun(*command)


def check_history(transform: Transform, seed: int) -> None:
    """Deliver one history with dbt in between, and compare all of gold at its end."""
    histories = LifeHistories(seed)
    rng = histories.rng
    loads: list[Load] = histories.loads(rng.randint(6, LOADS))
    batches = ConfigHistories(rng).batches(CONFIG_BATCHES)
    steps: list[Callable[[], object]] = [partial(deliver, load) for load in loads]
    steps += [partial(deliver_changes, batch) for batch in batches]
    for bring in rng.sample(steps, len(steps)):
        bring()
        if rng.random() < 0.7:
            run_something(transform, rng)
    transform.rerun("run")
    incremental = hashes()
    assert select(GRADED) == graded(loads)
    assert select(CANDLES) == candle_oracle.candles(loads)
    configured = config_oracle.Configured([e for batch in batches for e in batch])
    assert select(CONFIGURED) == configured.instruments()
    assert select(GAPS) == gap_oracle.gaps(loads, configured)
    assert select(UNASKED) == gap_oracle.unasked_counts(loads, configured)
    assert select(INSTRUMENTS) == gap_oracle.instruments(loads)
    for moment in (*moments(rng, 5), *life_oracle.edges(loads)):
        universe = life_oracle.universe(loads, moment)
        assert select(UNIVERSE.format(moment)) == universe, moment
    assert select(DISAGREEMENTS) == evidence_oracle.disagreements(loads)
    transform.rerun("run")
    assert hashes() == incremental
    transform.run("run", "--full-refresh")
    assert hashes() == incremental


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_repetition_split_or_lateness_gives_the_same_gold(
    built_database, seed
):
    print(f"seed {seed}")
    check_history(Transform(of_candles=True), seed)


def main() -> None:
    """Run many cases on one database, emptied in between; print each seed."""
    cases = int(sys.argv[1])
    given = [int(s) for s in sys.argv[2:]]
    transform = Transform(of_candles=True)
    for number in range(cases):
        seed = given[0] if given else random.SystemRandom().getrandbits(32)
        sys.stdout.write(f"case {number} seed {seed}\n")
        sys.stdout.flush()
        forget()
        deliver({})  # the tables come into being
        build()
        check_history(transform, seed)


def forget() -> None:
    """Empty the warehouse: the next case starts from nothing."""
    with warehouse.connect(None, "test") as connection:
        for schema in (
            "bronze_exchange",
            "bronze_archive",
            "bronze_config",
            "bronze_evm",
            "silver",
            "gold",
            "reference",
        ):
            connection.execute(f"drop schema if exists {schema} cascade")
        connection.execute(
            "truncate ops.batches, ops.consumed_batches, ops.loads, ops.deliveries,"
            " ops.config_effects"
        )
    from pipelines import bootstrap

    with psycopg.connect(**warehouse.parameters(None, "test")) as connection:
        bootstrap.apply(connection.info.dsn)


if __name__ == "__main__":
    main()
