"""A dbt run that is killed, or runs beside another, leaves what a quiet run leaves."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from functools import partial

import psycopg
import pytest
from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg

from pipelines import warehouse
from pipelines.settings import settings
from tests.conftest import WAREHOUSE, environment_of
from tests.contents.transform import WITHOUT_OTHERS, Transform, manifest, places
from tests.fakes.memory_source import deliver
from tests.histories.candle_histories import Load
from tests.histories.traded_histories import TradedHistories
from tests.integration.models.test_dbt_histories import CANDLES, GAPS, hashes, select
from tests.services.forks import Fork, forks
from tests.soak import moments, some, times

KILLS = times(20, 3)
FULL_REFRESH_EACH = times(5, 3)
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


def work() -> Callable[..., None]:
    """dbt on the parsed project: what a fork runs."""
    parsed = manifest(settings().pgdatabase)

    def run(dies_after: str, *words: str) -> None:
        def heard(event: EventMsg) -> None:
            is_end = event.info.name == "NodeFinished"
            if is_end and event.data.node_info.node_name == dies_after:
                os.kill(os.getpid(), signal.SIGKILL)

        runner = dbtRunner(manifest=parsed, callbacks=[heard])
        outcome = runner.invoke(["--quiet", "run", *words])
        assert outcome.success, outcome.exception

    return run


@pytest.fixture(scope="module")
def runs(server):
    known = environment_of({**server, "dbname": WAREHOUSE}) | {"DO_NOT_TRACK": "1"}
    with forks("tests.integration.models.test_dbt_kills:work", known) as started:
        yield started


@pytest.fixture
def start(runs, built_database):
    """Starts a run of dbt of its own on a warehouse that was built once."""

    def start(*words, dies_after=""):
        return runs.start(dies_after, *words, *places())

    return start


@pytest.fixture
def start_of_candles(start):
    """Its runs leave out what candles do not reach."""
    return partial(start, *WITHOUT_OTHERS)


def loaded(seed: int, count: int) -> list[Load]:
    loads = TradedHistories(seed).loads(count)
    for load in loads:
        deliver(load)
    return loads


@pytest.mark.slow
def test_killed_at_random_times_and_run_again_it_is_equal(start_of_candles):
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    loads = TradedHistories(seed).loads(KILLS)
    # it connects for some tenths of a second, and works for about 1 s then
    pauses = moments(rng, 2.3, KILLS)
    for number, (load, pause_s) in enumerate(zip(loads, pauses, strict=False), 1):
        deliver(load)
        is_full = number % FULL_REFRESH_EACH == 0
        run = start_of_candles(*(["--full-refresh"] if is_full else []))
        time.sleep(0.2 + pause_s)
        run.kill()
    Transform(of_candles=True).run("run")
    killed = hashes()
    Transform(of_candles=True).run("run", "--full-refresh")
    assert hashes() == killed


@pytest.mark.slow
@pytest.mark.parametrize("model", some("inside", MODELS, 1))
def test_killed_inside_a_model_and_run_again_it_is_equal(start_of_candles, model):
    """The model's lock is held by the test, so the run waits inside that model."""
    loaded(7, 3)
    schema = "silver" if model.startswith("int_") else "gold"
    name = f'dbt "{select("select current_database()")[0][0]}"."{schema}"."{model}"'
    with warehouse.connect("transformer", "test") as connection:
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (name,))
        run = start_of_candles()
        wait_for_lock(connection, run)
        assert run.kill()
    Transform(of_candles=True).run("run")
    killed = hashes()
    Transform(of_candles=True).run("run", "--full-refresh")
    assert hashes() == killed


@pytest.mark.slow
@pytest.mark.parametrize("model", some("between", MODELS[:-1], 1))
def test_killed_between_two_models_and_run_again_it_is_equal(start_of_candles, model):
    loaded(11, 3)
    # with one thread nothing else is under way when a node has finished
    run = start_of_candles("--threads", "1", dies_after=model)
    assert run.wait() == -signal.SIGKILL
    Transform(of_candles=True).run("run")
    killed = hashes()
    Transform(of_candles=True).run("run", "--full-refresh")
    assert hashes() == killed


def wait_for_lock(connection: psycopg.Connection, run: Fork) -> None:
    waiting = (
        "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    )
    while connection.execute(waiting).fetchone() == (0,):
        assert run.poll() is None, "it ended without the model's lock"
        time.sleep(0.1)


@pytest.mark.slow
def test_two_at_once_beside_loads_leave_what_one_leaves(start_of_candles):
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    loads = TradedHistories(seed).loads(6)
    delivering = threading.Thread(target=lambda: [deliver(x) for x in loads])
    delivering.start()
    for _ in range(2):
        both = [start_of_candles(), start_of_candles()]
        assert [run.wait() for run in both] == [0, 0]
    delivering.join()
    Transform(of_candles=True).run("run")
    together = hashes()
    Transform(of_candles=True).run("run", "--full-refresh")
    assert hashes() == together
    assert select(CANDLES)
    assert select(GAPS)
