"""The load is exact: killed at any point and started again, each row stands once."""

import random
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest
from dlt.common.runners import pool_runner
from dlt.load.load import Load
from dlt.normalize.normalize import Normalize

from pipelines import warehouse
from pipelines.bronze import run
from pipelines.bronze.delivery import Rows
from pipelines.bronze.load import recover
from pipelines.bronze.run import Run
from pipelines.errors import BadDataError, BusyError, SetupError, UpstreamError
from pipelines.settings import settings
from pipelines.sources import load
from tests.conftest import environment_of
from tests.fakes.numbers_source import FRAMES, NUMBERS, POINTS, ROWS, Numbers
from tests.services.collecting import wait_for
from tests.services.forks import forks
from tests.soak import moments, times

EACH_ONCE = """
select series, count(*), count(distinct number), min(number), max(number),
    count(distinct (_dlt_load_id, delivery_file, delivery_row))
from bronze_numbers.numbers
where _dlt_load_id in (select load_id from bronze_numbers._dlt_loads)
group by series order by series
"""
A_LOAD = FRAMES * ROWS
KILLS = times(20, 5)  # of a load that was under way


def rows(statement):
    with warehouse.connect(None, "test") as connection:
        return connection.execute(statement).fetchall()


def assert_each_stands_once(series, count):
    expected = [(s, count, count, 0, count - 1, count) for s in series]
    assert rows(EACH_ONCE) == expected
    # what is not of a finished load would be a row that nobody accounts for
    assert rows("select count(*) from bronze_numbers.numbers") == [
        (count * len(series),)
    ]


@pytest.fixture(scope="module")
def loads():
    with forks("tests.fakes.numbers_source:work") as started:
        yield started


@pytest.fixture
def start(loads, database):
    """Starts a load in a process of its own."""

    def start(point="none", *series):
        known = {"BULLION_DATA_DIR": str(settings().data_dir)}
        environment = environment_of(database) | known
        return loads.start(point, *series, environment=environment)

    return start


@pytest.mark.parametrize("point", list(POINTS))
def test_a_kill_at_a_boundary_loses_nothing_and_doubles_nothing(start, point):
    load.load(Numbers(["a", "b", "c"]))

    assert start(point).wait() == -signal.SIGKILL
    load.load(Numbers(["a", "b", "c"]))

    # a package that was whole is delivered, and the load after it brings the next
    was_whole = point != "while extracting"
    assert_each_stands_once("abc", A_LOAD * (3 if was_whole else 2))
    assert not list(Run.left())


def test_kills_at_random_times_lose_nothing_and_double_nothing(start):
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    load.load(Numbers(["a", "b", "c"]))
    kills, pauses = 0, moments(chance, 0.7, KILLS)
    while kills < KILLS:
        running = start()
        time.sleep(next(pauses))
        kills += running.kill()
    load.load(Numbers(["a", "b", "c"]))

    (_, count, *_), *_ = rows(EACH_ONCE)
    assert count >= A_LOAD * 2
    assert_each_stands_once("abc", count)


def test_what_died_before_a_first_load_is_delivered_by_two_at_once(start):
    dying = [start("after normalise", series) for series in "ab"]
    assert [fork.wait() for fork in dying] == [-signal.SIGKILL] * 2
    assert len(Run.left()) == 2
    begin = threading.Barrier(2)

    def recovered(_):
        with warehouse.connect("loader", "test") as connection:
            begin.wait(300)
            return recover(connection)

    with ThreadPoolExecutor(begin.parties) as threads:
        assert sum(threads.map(recovered, range(2))) == 2
    assert_each_stands_once("ab", A_LOAD)


def test_what_could_not_be_delivered_is_free_for_whoever_comes_next(start, monkeypatch):
    assert start("after normalise", "a").wait() == -signal.SIGKILL
    deliver = Run.deliver

    def failing(run):
        raise UpstreamError("the warehouse did not take it yet")

    with warehouse.connect("loader", "test") as first:
        monkeypatch.setattr(Run, "deliver", failing)
        with pytest.raises(UpstreamError):
            recover(first)
        monkeypatch.setattr(Run, "deliver", deliver)
        with warehouse.connect("loader", "test") as second:
            assert recover(second) == 1
    assert_each_stands_once("a", A_LOAD)


@pytest.mark.parametrize("step", [(Normalize, "run"), (Load, "complete_package")])
def test_a_load_that_is_interrupted_as_a_step_ends_stops_and_goes_on(
    step, database, monkeypatch
):
    real = getattr(*step)

    def interrupted(*args, **kwargs):
        monkeypatch.setattr(*step, real)
        result = real(*args, **kwargs)
        signal.raise_signal(signal.SIGINT)
        return result

    monkeypatch.setattr(*step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        load.load(Numbers(["a"]))
    load.load(Numbers(["a"]))
    assert_each_stands_once("a", 2 * A_LOAD)


def test_facts_of_a_load_are_recorded(database):
    facts = load.load(Numbers(["a", "b"]))

    assert facts is not None
    assert facts.rows_count == 2 * A_LOAD
    assert facts.bytes_count > 2 * A_LOAD * 20
    assert facts.seconds > 0
    assert rows("select rows_count from ops.loads") == [(facts.rows_count,)]


def test_a_value_reads_the_same_in_bronze_as_it_was_sent(database):
    load.load(Numbers(["a"]))

    query = "select value::text from bronze_numbers.numbers where number = 7"
    assert rows(query) == [("7.000000000000000001",)]


def test_two_loads_of_one_series_do_not_run_at_once_and_the_second_says_who_holds_it(
    database,
):
    going, stop = threading.Event(), threading.Event()

    def pause():
        going.set()
        stop.wait(300)

    first = threading.Thread(target=load.load, args=(Numbers(["a", "b"], pause=pause),))
    first.start()
    assert going.wait(300)
    try:
        with pytest.raises(BusyError, match=r"load numbers b is held by bullion load"):
            load.load(Numbers(["b"]))
        load.load(Numbers(["c"]))  # another series goes on
    finally:
        stop.set()
        first.join()
    load.load(Numbers(["b"]))

    assert {(s, n) for s, n, *_ in rows(EACH_ONCE)} == {
        ("a", A_LOAD),
        ("b", 2 * A_LOAD),
        ("c", A_LOAD),
    }


def test_a_load_that_waits_says_for_whom_and_then_goes_on(database):
    heard: list[str] = []
    with warehouse.locked(["load numbers a"], "load by hand"):
        waiting = threading.Thread(
            target=load.load,
            args=(Numbers(["a"]),),
            kwargs={"wait_s": 60, "say": heard.append},
        )
        waiting.start()
        wait_for(lambda: heard, 30)
    waiting.join()

    assert "held by bullion load by hand" in heard[0]
    assert_each_stands_once("a", A_LOAD)


def test_many_threads_begin_their_first_load_at_once(database):
    run._configure.cache_clear()
    begin = threading.Barrier(8)

    def loaded(series):
        begin.wait(300)
        return load.load(Numbers([series], frames=1))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # else a thread is seldom stopped within a change
    try:
        with ThreadPoolExecutor(begin.parties) as threads:
            facts = list(threads.map(loaded, "abcdefgh"))
    finally:
        sys.setswitchinterval(interval)

    assert [told.rows_count for told in facts] == [ROWS] * begin.parties
    assert_each_stands_once("abcdefgh", ROWS)


def test_a_variable_that_dlt_would_read_lets_no_process_outlive_a_load(
    database, monkeypatch
):
    configs = []
    create_pool = pool_runner.create_pool

    def created(config):
        configs.append(config)
        return create_pool(config)

    monkeypatch.setattr(pool_runner, "create_pool", created)
    monkeypatch.setenv("WORKERS", "3")
    load.load(Numbers(["a"], frames=1))
    assert [(c.pool_type, c.workers) for c in configs] == [("none", 1), ("thread", 4)]


def test_a_file_that_the_warehouse_refuses_is_kept_and_named(database):
    class Broken(Numbers):
        def rows(self, series):
            for found in super().rows(series):
                yield Rows(NUMBERS, found.frame.with_columns(value=pl.lit("x")))

    with pytest.raises(BadDataError, match=r"(?s)numeric.*all of it is kept in"):
        load.load(Broken(["a"]))

    load.load(Numbers(["a"]))
    assert rows(EACH_ONCE)[0][1] == A_LOAD


def test_a_warehouse_that_is_not_there_is_said_so(monkeypatch, tmp_path):
    monkeypatch.delenv("PGHOST", raising=False)
    monkeypatch.setenv("BULLION_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    with pytest.raises(SetupError, match="bullion up"):
        load.load(Numbers(["a"]))
    settings.cache_clear()
