"""Killed before any one of its changes of the file system, a load is exact."""

import random
import signal

import pytest

from pipelines import warehouse
from pipelines.bronze.run import Run
from pipelines.settings import settings
from pipelines.sources import load
from tests.conftest import environment_of
from tests.fakes.numbers_source import ROWS, Numbers
from tests.services.forks import forks
from tests.soak import ordinals

IS_FINISHED = "_dlt_load_id in (select load_id from bronze_numbers._dlt_loads)"
COUNTS = f"""
select count(*) filter (where {IS_FINISHED}), count(distinct number), min(number),
    max(number) + 1, count(*),
    (select sum(rows_count) from ops.loads where schema_name = 'bronze_numbers')
from bronze_numbers.numbers
"""
STRIDE = 9  # from a moment to the next, where not all are tried
MOST_CHANGES = 1000  # of one load


def held_once():
    """How many numbers bronze holds, each once, none missing, all of finished loads."""
    with warehouse.connect(None, "test") as connection:
        [(finished, distinct, first, end, *all_rows)] = connection.execute(COUNTS)
    assert (first, finished, distinct, *all_rows) == (0, end, end, end, end)
    return end


@pytest.mark.slow
def test_a_load_killed_at_every_moment_and_its_recovery_killed_too(database):
    known = environment_of(database) | {"BULLION_DATA_DIR": str(settings().data_dir)}
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    load.load(Numbers(["a"], frames=1))
    held = ROWS
    with forks("tests.fakes.numbers_source:moments", known) as loads:
        for nth in ordinals(chance, STRIDE):
            assert nth < MOST_CHANGES
            code = loads.start(str(nth)).wait()
            # the load that delivers it is killed as well, at this moment or another
            mending = loads.start(str(chance.randrange(1, nth + 50))).wait()
            assert mending in (0, -signal.SIGKILL)
            load.load(Numbers(["a"], frames=1))

            print(f"killed before change {nth}")
            count = held_once()
            # the last load came whole; of the others what they had extracted
            assert held + ROWS <= count <= held + 3 * ROWS
            assert not list(Run.left())
            assert not list(Run.home().with_name("dlt_delivered").iterdir())
            held = count
            if code == 0:
                break
    assert code == 0
    assert nth > 50
