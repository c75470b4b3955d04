"""A reorganisation below what was final ends the run, and nothing is overwritten."""

import pytest

from pipelines.errors import BadDataError
from pipelines.sources.load import load
from prefect_flows.dbt_run import arguments, run_dbt
from tests.fakes.memory_source import Memory
from tests.histories.chain_rows import Block, Rows, Sent, head, whole
from tests.integration.models.test_dbt_chain_histories import CANONICAL
from tests.integration.models.test_dbt_histories import select

MODELS = ["int_blocks_read+ int_heads_confirmed+", "dim_config_thresholds"]
HEIGHT, FINAL, FORK = 10, 8, 5


def branch(parent, length, name):
    """Blocks on top of one."""
    for _ in range(length):
        number = parent.number + 1 if parent else 0
        own = f"{name} {number}".encode().ljust(32, b"\0")
        parent = Block(1, number, own, parent.block_hash if parent else bytes(32))
        yield parent


def delivered(blocks, final, seconds):
    """One load: these blocks, and what the node calls its newest and its final one."""
    rows = Rows()
    for tag, block in (("latest", blocks[-1]), ("finalized", final)):
        head(rows, block, tag, Sent("main", seconds, f"{tag} {seconds}"))
    for block in blocks:
        whole(rows, block, Sent("main", seconds, f"block {block.block_hash!r}"))
    load(Memory(rows.load, "evm"))


def transform():
    return run_dbt(arguments(select=MODELS, tests="none"))


@pytest.mark.slow
def test_a_reorganisation_below_what_was_final_ends_the_run(built_database):
    old = list(branch(None, HEIGHT, "old"))
    delivered(old, old[FINAL], 0)
    transform()
    before = sorted(select(CANONICAL))
    assert [is_canonical for _, _, is_canonical in before] == [True] * HEIGHT
    new = list(branch(old[FORK], HEIGHT, "new"))
    delivered(new, new[FINAL - FORK], 60)
    for _ in range(2):  # as often as it is tried
        with pytest.raises(BadDataError) as refused:
            transform()
        assert str(refused.value).startswith("dbt: 1 of ")
        assert "chain 1: " in str(refused.value)
        assert "final" in str(refused.value)
        assert sorted(select(CANONICAL)) == before
