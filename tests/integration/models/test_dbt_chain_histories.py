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
EVERYTHING = "int_blocks_read+ int_heads_confirmed+"
CANONICAL = """
select chain_id, block_hash, is_canonical from silver.int_blocks_canonical
"""
HEADS = """
select chain_id, head_hash from silver.int_heads_followed
order by chain_id, seen_at, endpoint, block_number, block_hash
"""


def deliver(rows: Load) -> None:
    load(Memory(rows, "evm"))


def hashes() -> dict[str, str]:
    """A hash of each table, but for the batch that made a row."""
    tables = [f"silver.{table}" for table in SILVER]
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
    model = rng.choice(SILVER)
    commands: list[tuple[Any, ...]] = [
        ("run", "--select", EVERYTHING),
        ("run", "--select", model),
        ("run", "--select", f"{model}+"),
        ("run", "--full-refresh", "--select", model),
        ("run", "--select", EVERYTHING, "--vars", "backlog_rows: 10"),
    ]
    if rng.random() < 0.7:
        transform.run(*rng.choice(commands))


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
    transform.run("run", "--select", EVERYTHING)
    incremental = hashes()
    check_silver(loads)
    transform.run("run", "--full-refresh", "--select", EVERYTHING)
    assert hashes() == incremental


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
