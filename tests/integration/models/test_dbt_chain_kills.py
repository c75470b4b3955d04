"""A run of dbt that is killed leaves of chains what a quiet run leaves."""

import signal

import pytest

from pipelines import warehouse
from tests.contents.transform import Transform
from tests.histories.chain_histories import ChainHistories
from tests.integration.models.test_dbt_chain_histories import (
    EVERYTHING,
    GOLD,
    SILVER,
    check_gold,
    deliver,
    hashes,
)
from tests.integration.models.test_dbt_histories import select
from tests.integration.models.test_dbt_kills import runs, start, wait_for_lock
from tests.soak import seeds, some

__all__ = ["runs", "start"]
SEEDS = seeds(__name__, 1)
LOADS = 12


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("model", some(__name__, GOLD, 1))
def test_killed_inside_a_mart_and_between_models_gold_is_that_of_a_quiet_run(
    start,
    model,
    seed,
):
    print(f"seed {seed}")
    histories = ChainHistories(seed)
    loads = histories.loads(LOADS)
    for rows in loads[: LOADS // 2]:
        deliver(rows)
    Transform().run("run", "--select", EVERYTHING)
    for rows in loads[LOADS // 2 :]:
        deliver(rows)
    name = f'dbt "{select("select current_database()")[0][0]}"."gold"."{model}"'
    with warehouse.connect("transformer", "test") as connection:
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (name,))
        run = start("--select", EVERYTHING)
        wait_for_lock(connection, run)
        assert run.kill()
    more = histories.load()
    deliver(more)
    between = histories.rng.choice(SILVER)
    run = start("--threads", "1", "--select", EVERYTHING, dies_after=between)
    assert run.wait() == -signal.SIGKILL
    Transform().run("run", "--select", EVERYTHING)
    check_gold([*loads, more])
    killed = hashes()
    Transform().run("run", "--full-refresh", "--select", EVERYTHING)
    assert hashes() == killed
