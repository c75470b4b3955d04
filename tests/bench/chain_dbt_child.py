"""dbt on one size of a chain's history, in a process of its own."""

from pipelines import warehouse
from tests.bench import chain_history
from tests.bench.chain_history import LOGS
from tests.bench.child import Facts, answer
from tests.bench.transform_child import BUILD, Dbt, probe_s

NEW_BLOCKS = 100
DEPTH = 10
GOLD = """
select
    (select count(*) from gold.fct_blocks),
    (select count(*) from gold.fct_reorgs where depth = %s)
"""


def measure(asked: Facts) -> Facts:
    """Grow history to `wanted` logs; rebuild; then `repeats` times three increments.

    They have new blocks, a reorganisation, and nothing.
    """
    dbt = Dbt(asked["target"])
    dbt.run("parse")
    held, wanted = asked["held"], asked["wanted"] // LOGS
    if not held:
        chain_history.begin()
    chain_history.grow(held, wanted)
    head = wanted
    found: Facts = {"full": dbt.run(*BUILD, "--full-refresh")}
    found |= {"blocks": [], "reorgs": [], "nothing": []}
    for number in range(asked["repeats"]):
        chain_history.grow(head, head + NEW_BLOCKS)
        head += NEW_BLOCKS
        found["blocks"].append({"probe_s": probe_s(), **dbt.run(*BUILD)})
        # the branch that wins has a block more
        chain_history.grow(head - DEPTH, head + 1, f" branch {head} {number}")
        head += 1
        found["reorgs"].append({"probe_s": probe_s(), **dbt.run(*BUILD)})
        found["nothing"].append({"probe_s": probe_s(), **dbt.run(*BUILD)})
    with warehouse.connect("analyst", "bench") as connection:
        counted = connection.execute(GOLD, (DEPTH,)).fetchone()
    if counted != (head, asked["seen"] + asked["repeats"]):
        raise SystemExit(f"gold has {counted} blocks and reorganisations")
    return found | {"held": head}


if __name__ == "__main__":
    answer(measure)
