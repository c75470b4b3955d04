"""A load whose Postgres is killed under it: nothing is lost, nothing is doubled."""

import os
import random
import signal
import time
from contextlib import suppress
from itertools import islice

import pytest

from pipelines.errors import BullionError
from pipelines.local.postgres_server import postmaster_pid
from pipelines.sources import load
from tests.fakes.numbers_source import Numbers
from tests.services.embedded import connect, data_folder, one, up
from tests.services.forks import forks
from tests.soak import moments, times

KILLS = times(20, 4)
SERIES = "abc"
NOT_ONCE = """
select series, count(*), count(distinct number), min(number), max(number)
from bronze_numbers.numbers group by series
having count(*) <> count(distinct number) or count(*) <> max(number) + 1
"""


def test_a_load_survives_kill_9_of_postgres(home):
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    up()
    load.load(Numbers(SERIES))
    with forks("tests.fakes.numbers_source:work") as loads:
        for pause in islice(moments(chance, 2, KILLS), KILLS):
            loading = loads.start("none")
            time.sleep(pause)
            pid = postmaster_pid(data_folder(home))
            assert pid
            os.kill(pid, signal.SIGKILL)
            loading.wait()
            up()
    load.load(Numbers(SERIES))

    with connect() as connection:
        assert connection.execute(NOT_ONCE).fetchall() == []
        assert one(connection, "select max(number) from bronze_numbers.numbers") > 150


def test_a_load_whose_server_went_away_says_so(home):
    up()

    def pause():
        pid = postmaster_pid(data_folder(home))
        assert pid
        with suppress(ProcessLookupError):  # it is gone already
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(BullionError, match=r"warehouse|embedded Postgres"):
        load.load(Numbers("a", pause=pause))

    up()
    assert load.load(Numbers("a"))
