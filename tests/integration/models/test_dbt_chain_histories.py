"""Chains in silver and gold are those of an independent computation, in any order.

More than the suite's: `python -m tests.integration.models.test_dbt_chain_histories 30`
on the empty, bootstrapped database that `PG*` names; a seed as second argument repeats
one.
"""

import random
import sys
from typing import Any

import pytest

from pipelines.sources.load import load
from tests.contents.transform import Transform, build
from tests.fakes.memory_source import Memory
from tests.histories.candle_histories import Load
from tests.histories.chain_histories import CONFIRMATIONS, ChainHistories
from tests.integration.models.test_dbt_histories import forget, select
from tests.oracles import chain_gold_oracle as gold
from tests.oracles.chain_hours_oracle import hours
from tests.oracles.chain_oracle import ChainOracle
from tests.soak import seeds, times

SEEDS = seeds(__name__, times(4, 1))
LOADS = times(40, 14)
SILVER = (
    "int_blocks_read",
    "int_heads_confirmed",
    "int_heads_followed",
    "int_blocks_finalized",
    "int_blocks_linked",
    "int_blocks_canonical",
)
GOLD = (
    *("fct_blocks", "fct_transactions", "fct_gas", "fct_reorgs"),
    "rpt_chain_completeness",
)
EVERYTHING = "int_blocks_read+ int_heads_confirmed+"
VIEWS = ("fct_blocks_finalized", "fct_transactions_finalized", "rpt_data_quality")
CANONICAL = """
select chain_id, block_hash, is_canonical from silver.int_blocks_canonical
"""
HEADS = """
select chain_id, head_hash from silver.int_heads_followed
order by chain_id, seen_at, endpoint, block_number, block_hash
"""
BLOCKS = """
select chain_id, block_number, block_at, block_hash, parent_hash, gas_used, logs_count,
    transactions_count, fees_raw, base_fees_raw, burnt_raw, tips_raw, blob_fees_raw,
    l1_fees_raw, proof_level
from gold.fct_blocks order by 1, 2
"""
TRANSACTIONS = """
select chain_id, block_number, transaction_index, block_at, block_hash,
    transaction_hash, transaction_type, from_address, to_address, contract_address,
    value_raw, input, status, gas_used, fee_raw, base_fee_raw, burnt_raw, tip_raw,
    blob_fee_raw, l1_fee_raw
from gold.fct_transactions order by 1, 2, 3
"""
GAS = """
select chain_id, hour_at, blocks_count, transactions_count, gas_used, gas_limit,
    base_fee_per_gas_min, base_fee_per_gas_p50, base_fee_per_gas_max, gas_price_p10,
    gas_price_p50, gas_price_p90, fees_raw
from gold.fct_gas order by 1, 2
"""
REORGS = """
select chain_id, seen_at, endpoint, seen_hash, head_move, depth, ancestor_hash,
    old_head_hash, new_head_hash, dropped_blocks, added_blocks, dropped_transactions,
    added_transactions, moved_transactions
from gold.fct_reorgs order by chain_id, seen_at, endpoint, seen_hash
"""
HOURS = """
select chain_id, hour_at, blocks_count, full_count, standard_count, partial_count,
    unproven_count, failed_count, undetermined_blocks_count, dropped_blocks_count,
    holes_count, missing_count, missing_gave_way_count, missing_undetermined_count,
    missing_incomplete_count, missing_refused_count, missing_not_answered_count,
    missing_not_asked_count, quarantined_count, disagreements_count,
    delay_p50_s * interval '1 second', delay_max_s * interval '1 second'
from gold.rpt_chain_completeness order by 1, 2
"""
FINALIZED = """
select chain_id, block_hash from gold.fct_{}_finalized group by 1, 2
"""


def deliver(rows: Load) -> None:
    load(Memory(rows, "evm"))


def hashes() -> dict[str, str]:
    """A hash of each table, but for the batch that made a row."""
    tables = [f"silver.{table}" for table in SILVER]
    tables += [f"gold.{table}" for table in (*GOLD, *VIEWS)]
    row = "(to_jsonb(t) - 'changed_in')::text"
    return {
        table: select(
            f"select count(*) || ' ' || coalesce(md5(string_agg({row}, '|'"
            f" order by {row})), '') from {table} as t"
        )[0][0]
        for table in tables
    }


def run_something(transform: Transform, rng: random.Random) -> None:
    """dbt, wholly or in part, or not at all."""
    model = rng.choice((*SILVER, *GOLD))
    commands: list[tuple[Any, ...]] = [
        ("run", "--select", EVERYTHING),
        ("run", "--select", model),
        ("run", "--select", f"{model}+"),
        ("run", "--full-refresh", "--select", model),
        ("run", "--select", EVERYTHING, "--vars", "backlog_rows: 10"),
    ]
    if rng.random() < 0.7:
        transform.rerun(*rng.choice(commands))


def check_history(transform: Transform, seed: int) -> None:
    """Deliver one history with dbt in between, and compare all at its end."""
    histories = ChainHistories(seed)
    rng = histories.rng
    loads = histories.loads(rng.randint(6, LOADS))
    if rng.random() < 0.5:
        loads = rng.sample(loads, len(loads))
    for rows in loads:
        deliver(rows)
        run_something(transform, rng)
    transform.rerun("run", "--select", EVERYTHING)
    incremental = hashes()
    check_silver(loads)
    check_gold(loads)
    transform.run("run", "--full-refresh", "--select", EVERYTHING)
    assert hashes() == incremental
    check_surviving(transform, histories)


def check_silver(loads: list[Load]) -> None:
    oracles = [ChainOracle(chain, n, loads) for chain, n in CONFIRMATIONS.items()]
    followed = [(o.chain_id, key) for o in oracles for key in o.heads()]
    assert select(HEADS) == followed
    judged = {
        (o.chain_id, key): verdict
        for o in oracles
        for key, verdict in o.canonical().items()
    }
    assert {(c, key): verdict for c, key, verdict in select(CANONICAL)} == judged


def check_surviving(transform: Transform, histories: ChainHistories) -> None:
    """Once the chain is loaded as it is now, gold has nothing of what gave way."""
    worlds = zip(histories.worlds, CONFIRMATIONS.items(), strict=True)
    oracles = []
    for world, (chain, confirmations) in worlds:
        rows = histories.surviving(world)
        deliver(rows)
        oracles.append(ChainOracle(chain, confirmations, [rows]))
    transform.rerun("run", "--select", EVERYTHING)
    assert select(BLOCKS) == [row for o in oracles for row in gold.blocks(o)]
    assert select(TRANSACTIONS) == [r for o in oracles for r in gold.transactions(o)]
    assert select(GAS) == [row for o in oracles for row in gold.gas(o)]


def check_gold(loads: list[Load]) -> None:
    oracles = [ChainOracle(chain, n, loads) for chain, n in CONFIRMATIONS.items()]
    assert select(BLOCKS) == [row for o in oracles for row in gold.blocks(o)]
    assert select(TRANSACTIONS) == [r for o in oracles for r in gold.transactions(o)]
    assert select(GAS) == [row for o in oracles for row in gold.gas(o)]
    assert select(REORGS) == [row for o in oracles for row in gold.reorgs(o)]
    assert select(HOURS) == [row for o in oracles for row in hours(o)]
    final = {
        (o.chain_id, gold.hexed(key)): o.readings[key]
        for o in oracles
        for key, verdict in o.canonical().items()
        if verdict and key in o.final
    }
    assert set(select(FINALIZED.format("blocks"))) == set(final)
    filled = {key for key, reading in final.items() if reading.transactions}
    assert set(select(FINALIZED.format("transactions"))) == filled


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_repetition_split_or_lateness_gives_the_same_chain(
    built_database, seed
):
    print(f"seed {seed}")
    check_history(Transform(), seed)


def main() -> None:
    """Run many cases on one database, emptied in between; print each seed."""
    given = [int(word) for word in sys.argv[2:]]
    for number in range(int(sys.argv[1])):
        seed = given[0] if given else random.SystemRandom().getrandbits(32)
        sys.stdout.write(f"case {number} seed {seed}\n")
        sys.stdout.flush()
        forget()
        deliver({})  # the tables come into being
        check_history(build(), seed)


if __name__ == "__main__":
    main()
