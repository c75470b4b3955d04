"""Transfers and tokens in gold are those of the chain that stands, in any order.

More than the suite's: `python -m tests.integration.models.test_dbt_token_histories 30`
on the empty, bootstrapped database that `PG*` names; a seed as second argument repeats
one.
"""

import random
import sys
from typing import Any

import pytest

from tests.contents.transform import Transform, build
from tests.histories.candle_histories import Load, Row
from tests.histories.chain_histories import CONFIRMATIONS, ChainHistories
from tests.histories.token_reads import reads
from tests.integration.models.test_dbt_chain_histories import deliver
from tests.integration.models.test_dbt_histories import forget, select
from tests.oracles import token_oracle, transfer_oracle
from tests.oracles.chain_oracle import ChainOracle
from tests.soak import seeds, times

SEEDS = seeds(__name__, times(4, 1))
LOADS = times(40, 10)
MODELS = (
    *("fct_token_transfers", "int_logs_quarantined"),
    *("int_tokens_seen", "int_tokens_read"),
)
TABLES = (
    *("gold.fct_token_transfers", "silver.int_logs_quarantined"),
    *("silver.int_tokens_seen", "silver.int_tokens_read", "gold.dim_tokens"),
)
EVERYTHING = f"+fct_token_transfers+ {' '.join(f'+{model}' for model in MODELS)}"
WITH_ALL_BELOW = f"int_blocks_read+ int_heads_confirmed+ {'+ '.join(MODELS)}+"
TRANSFERS = """
select chain_id, block_number, log_index, block_hash, token_address, transfer_index,
    token_standard, transfer_type, from_address, to_address, token_id, amount_raw
from gold.fct_token_transfers order by 1, 2, 3, 6
"""
TOKENS = """
select chain_id, token_address, symbol, name, decimals, read_status, reason
from gold.dim_tokens order by 1, 2
"""
QUARANTINED = """
select chain_id, block_number, log_index
from silver.int_logs_quarantined order by 1, 2, 3
"""


def hashes() -> dict[str, str]:
    """A hash of each table, but for the batch that made a row."""
    row = "(to_jsonb(t) - 'changed_in')::text"
    return {
        table: select(
            f"select count(*) || ' ' || coalesce(md5(string_agg({row}, '|'"
            f" order by {row})), '') from {table} as t"
        )[0][0]
        for table in TABLES
    }


def run_something(transform: Transform, rng: random.Random) -> None:
    """dbt, wholly or in part, or not at all."""
    model = rng.choice(MODELS)
    commands: list[tuple[Any, ...]] = [
        ("run", "--select", EVERYTHING),
        ("run", "--select", model),
        ("run", "--full-refresh", "--select", f"{model}+"),
        ("run", "--select", WITH_ALL_BELOW),
        ("run", "--select", EVERYTHING, "--vars", "backlog_rows: 10"),
    ]
    if rng.random() < 0.7:
        transform.rerun(*rng.choice(commands))


def expected(logs: list[Row]) -> tuple[list[Any], list[Any]]:
    """What these logs of canonical blocks give: transfers, and what is refused."""
    found: list[Any] = []
    refused: list[Any] = []
    for log in sorted(logs, key=place):
        if transfer_oracle.is_wrong(log):
            refused.append(place(log))
            continue
        own = (f"0x{log[name].hex()}" for name in ("block_hash", "address"))
        found += transfer_oracle.rows(log, (*place(log), *own))
    return found, refused


def place(log: Row) -> tuple[int, int, int]:
    return log["chain_id"], log["block_number"], log["log_index"]


def judged(loads: list[Load]) -> tuple[list[Row], dict[tuple[int, bytes], bool | None]]:
    """The logs of the canonical blocks, of all that was loaded; which blocks are so."""
    oracles = [ChainOracle(chain, n, loads) for chain, n in CONFIRMATIONS.items()]
    canonical = {
        (oracle.chain_id, key): verdict
        for oracle in oracles
        for key, verdict in oracle.canonical().items()
    }
    logs = [
        log
        for oracle in oracles
        for key, reading in oracle.readings.items()
        if canonical[oracle.chain_id, key]
        for log in reading.logs
    ]
    return logs, canonical


def check(loads: list[Load], survivors: list[Load]) -> None:
    """Gold is what the loads give; after the survivors, what these alone do."""
    logs, canonical = judged([*loads, *survivors])
    if survivors:
        logs = [log for rows in survivors for log in rows["logs"]]
    found, refused = expected(logs)
    assert select(TRANSFERS) == found
    assert select(QUARANTINED) == refused
    told = {
        (chain, f"0x{address.hex()}"): row
        for (chain, address), row in token_oracle.tokens(loads, canonical).items()
    }
    unread = (None, None, None, "unread", "its contract was not called yet")
    keys = sorted({(row[0], row[4]) for row in found})
    assert select(TOKENS) == [(*key, *told.get(key, unread)) for key in keys]


def check_history(transform: Transform, seed: int) -> None:
    """Deliver one history with dbt in between, and compare at its end.

    Then the chain as it is comes whole: of what stood before, nothing is left.
    """
    histories = ChainHistories(seed)
    rng = histories.rng
    loads = histories.loads(rng.randint(5, LOADS))
    if rng.random() < 0.5:
        loads = rng.sample(loads, len(loads))
    for at, rows in enumerate(loads):
        if "contract_reads" not in rows and rng.random() < 0.6:
            loads[at] = {**rows, "contract_reads": reads(rng, rows)}
        deliver(loads[at])
        run_something(transform, rng)
    transform.rerun("run", "--select", EVERYTHING)
    check(loads, [])
    survivors = [histories.surviving(world) for world in histories.worlds]
    for rows in survivors:
        deliver(rows)
    transform.rerun("run", "--select", EVERYTHING)
    check(loads, survivors)
    incremental = hashes()
    transform.run("run", "--full-refresh", "--select", WITH_ALL_BELOW)
    assert hashes() == incremental


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_repetition_split_or_lateness_gives_the_transfers_that_stand(
    built_database, seed
):
    print(f"seed {seed}")
    check_history(Transform(), seed)


def main() -> None:
    """Run many cases on one database, emptied in between; print each seed."""
    given = [int(text) for text in sys.argv[2:]]
    for number in range(int(sys.argv[1])):
        seed = given[0] if given else random.SystemRandom().getrandbits(32)
        sys.stdout.write(f"case {number} seed {seed}\n")
        sys.stdout.flush()
        forget()
        deliver({})  # the tables come into being
        check_history(build(), seed)


if __name__ == "__main__":
    main()
