"""A dbt run that is killed, or runs beside another, leaves what a quiet run leaves."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import psycopg
import pytest

from pipelines import warehouse
from pipelines.settings import PROJECT_DIR, child_environment
from tests.integration.candle_histories import Load
from tests.integration.memory_source import deliver
from tests.integration.test_dbt_histories import CANDLES, GAPS, hashes, select
from tests.integration.traded_histories import TradedHistories
from tests.integration.transform import PLACES, Transform

KILLS = 20
DBT = "import sys; from dbt.cli.main import dbtRunner;"
DBT += "sys.exit(not dbtRunner().invoke(sys.argv[1:]).success)"
# with one thread nothing else is under way when a node has finished
DYING = """
import os, signal, sys
from dbt.cli.main import dbtRunner

def heard(event):
    if event.info.name == "NodeFinished":
        if event.data.node_info.node_name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGKILL)

dbtRunner(callbacks=[heard]).invoke([*sys.argv[2:], "--threads", "1"])
"""
MODELS = (
    "int_candles_graded",
    "int_minutes_answered",
    "int_candles_chosen",
    "int_minutes_accounted",
    "int_candle_disagreements",
    "int_instruments_versioned",
    "fct_candles",
    "fct_gaps",
    "dim_instruments",
)


def start(*arguments: str, program: Sequence[str] = (DBT,)) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", *program, "--quiet", "run", *arguments, *PLACES]
    return subprocess.Popen(
        [*command, str(PROJECT_DIR / "dbt")],
        env=child_environment({**warehouse.environment(), "DO_NOT_TRACK": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.fixture
def built(database):
    """A warehouse with tables and a first load, built once."""
    deliver({})
    transform = Transform()
    transform.run("seed")
    transform.run("run")
    return transform


def loaded(seed: int, count: int) -> list[Load]:
    loads = TradedHistories(seed).loads(count)
    for load in loads:
        deliver(load)
    return loads


@pytest.mark.slow
def test_killed_at_random_times_and_run_again_it_is_equal(built):
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    loads = TradedHistories(seed).loads(KILLS)
    for number, load in enumerate(loads):
        deliver(load)
        process = start(*(["--full-refresh"] if number % 5 == 4 else []))
        # dbt takes about 4 s to start, and works for about 1 s then
        time.sleep(rng.uniform(3, 5.5))
        kill(process)
    built.run("run")
    killed = hashes()
    built.run("run", "--full-refresh")
    assert hashes() == killed


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_killed_inside_a_model_and_run_again_it_is_equal(built, model):
    """The model's lock is held by the test, so the run waits inside that model."""
    loaded(7, 3)
    schema = "silver" if model.startswith("int_") else "gold"
    name = f'dbt "{select("select current_database()")[0][0]}"."{schema}"."{model}"'
    with warehouse.connect("transformer", "test") as connection:
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (name,))
        process = start()
        wait_for_lock(connection)
        kill(process)
    built.run("run")
    killed = hashes()
    built.run("run", "--full-refresh")
    assert hashes() == killed


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS[:-1])
def test_killed_between_two_models_and_run_again_it_is_equal(built, model):
    loaded(11, 3)
    process = start(program=(DYING, model))
    output, _ = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, output.decode()
    built.run("run")
    killed = hashes()
    built.run("run", "--full-refresh")
    assert hashes() == killed


def wait_for_lock(connection: psycopg.Connection) -> None:
    deadline = time.monotonic() + 60
    waiting = (
        "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    )
    while connection.execute(waiting).fetchone() == (0,):
        assert time.monotonic() < deadline, "no run waits for the model's lock"
        time.sleep(0.1)


@pytest.mark.slow
def test_two_at_once_beside_loads_leave_what_one_leaves(built):
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    loads = TradedHistories(seed).loads(6)
    delivering = threading.Thread(target=lambda: [deliver(x) for x in loads])
    delivering.start()
    for _ in range(2):
        both = [start(), start()]
        for process in both:
            output, _ = process.communicate(timeout=120)
            assert process.returncode == 0, output.decode()
    delivering.join()
    built.run("run")
    together = hashes()
    built.run("run", "--full-refresh")
    assert hashes() == together
    assert select(CANDLES)
    assert select(GAPS)
