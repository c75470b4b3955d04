"""One budget per venue for all processes: never above the limit, live first."""

import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice, takewhile
from typing import NamedTuple

import psycopg
import pytest

from pipelines import warehouse
from pipelines.config.listener import StaticConfig
from pipelines.config.model import ExchangeChoice
from pipelines.config.rows import configuration
from pipelines.errors import UpstreamError
from pipelines.settings import PROJECT_DIR, child_environment
from pipelines.sources.exchange.venues import VENUES
from pipelines.upstream.budget import Limit, SharedBudget
from pipelines.upstream.clock import SystemClock

LIMIT = Limit(weight=20, window_s=1, burst=5)
SPEC = replace(VENUES["kraken"], limits={"weight": LIMIT})
SEEDS = configuration(PROJECT_DIR / "seeds")
KNOWN = replace(
    SEEDS,
    exchanges={"kraken": ExchangeChoice("kraken", is_enabled=True, budget_share=1.0)},
    thresholds=replace(
        SEEDS.thresholds,
        breaker_failures=3,
        breaker_cool_down_seconds=60,
        patience_seconds=2,
    ),
)

ASK = (
    "select reason from ops.acquire_request_budget(%s, '{weight}', '{1}', array[%s],"
    " array[%s], 0, %s, 'w')"
)
NOTED_S = 2  # a waiter is noted for its wait and two seconds more
SPENDER = """
import sys
from tests.integration.sources.exchange.test_exchange_budget import spend
spend(sys.argv[1])
"""


class Watched(SystemClock):
    """Knows when each sleep began and ended."""

    def __init__(self):
        self.stamps = []

    def sleep(self, seconds):
        self.stamps.append(time.time())
        super().sleep(seconds)
        self.stamps.append(time.time())


class Request(NamedTuple):
    """When a process asked, first slept, last woke, and had the grant.

    The grant is of a moment after it woke: no stamp is of that moment itself.
    """

    asked_at: float
    slept_at: float
    woke_at: float
    had_at: float

    @property
    def was_noted(self):
        """Whether it was noted as waiting from its first sleep to its last."""
        return self.slept_at < self.woke_at < self.asked_at + NOTED_S


def budget(priority="live", spec=SPEC, clock=None):
    connect = lambda: warehouse.connect("loader", "test")  # noqa: E731
    return SharedBudget(
        spec.budget_id,
        spec.exchange_id,
        spec.limits,
        config=StaticConfig(KNOWN),
        precedence=priority,
        connect=connect,
        clock=clock or SystemClock(),
    )


def spend(priority):
    """Ask without end, and print each request."""
    clock = Watched()
    mine = budget(priority, clock=clock)
    while True:
        clock.stamps = [time.time()]
        mine.acquire(weight=1)
        stamps = [*clock.stamps, time.time()]
        print(*stamps[:2], *stamps[-2:], flush=True)


@contextmanager
def spending(priority):
    """The requests of another process, which asks until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", SPENDER, priority],
        env=child_environment({"PYTHONPATH": str(PROJECT_DIR)}),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        try:
            yield (Request(*map(float, line.split())) for line in process.stdout)
        finally:
            process.kill()


def time_passes(seconds):
    """The circuit's cool-down is over so much sooner."""
    with warehouse.connect(None, "test") as connection:
        connection.execute(
            "update ops.request_budgets"
            " set open_until = open_until - make_interval(secs => %s)",
            (seconds,),
        )


def events():
    """What was noted: of which budget, what, for how many seconds, and why."""
    with warehouse.connect("transformer", "test") as connection:
        return connection.execute(
            "select e.budget, e.event,"
            " round(extract(epoch from e.until_at - e.happened_at)), e.reason"
            " from ops.budget_events as e"
            " inner join ops.batches as b"
            " on e.changed_in = b.batch_id and b.feed = 'budget_events'"
            " order by e.event_id"
        ).fetchall()


def test_two_processes_at_once_stay_below_the_limit(database):
    with spending("live") as one, spending("live") as other:
        first = next(one), next(other)
        until = time.time() + 4
        both = [
            list(takewhile(lambda request: request.had_at < until, process))
            for process in (one, other)
        ]
    assert all(len(spent) > 5 for spent in both)
    spent = sorted([*first, *both[0], *both[1]], key=lambda request: request.had_at)
    most = max(
        sum(t <= request.woke_at and request.had_at < t + 1 for request in spent)
        for t in (request.woke_at for request in spent)
    )
    assert most <= LIMIT.weight
    took_s = spent[-1].had_at - spent[0].had_at
    assert len(spent) / took_s > 0.5 * LIMIT.per_second(1.0)


def test_history_stands_back_while_live_asks(database):
    with spending("history") as history:
        granted = [next(history)]
        with spending("live") as live:
            waits = list(islice((one for one in live if one.was_noted), 20))
        while granted[-1].had_at < waits[-1].had_at:  # once live has ended it goes on
            granted.append(next(history))
    assert len(waits) == 20
    assert not [
        (one, wait)
        for one in granted
        for wait in waits
        if wait.slept_at < one.woke_at and one.had_at < wait.woke_at
    ]


def test_a_new_series_goes_before_live_that_waits_already(database):
    slow = replace(SPEC, limits={"weight": Limit(weight=3, window_s=1, burst=1)})
    budget("live", slow).acquire(weight=1)
    order = []

    def wait(precedence, name):
        budget(precedence, slow).acquire(weight=1)
        order.append(name)

    def started(precedence, name):
        thread = threading.Thread(target=wait, args=(precedence, name))
        thread.start()
        return thread

    waiting = [started("live", f"live {n}") for n in range(6)]
    while not order:  # one of them is served, and the others wait
        time.sleep(0.01)
    waiting.append(started("first", "first"))
    for thread in waiting:
        thread.join(300)
    assert len(order) == 7
    assert order.index("first") <= 3  # it came when two, at most three, were served


def test_an_unknown_priority_is_refused(database):
    with (
        warehouse.connect("loader", "test") as connection,
        pytest.raises(psycopg.DataError, match="unknown priority urgent; known: "),
    ):
        connection.execute(ASK, ("k", 1, 1, "urgent"))


def test_a_waiting_live_request_that_died_does_not_hold_history_for_ever(database):
    with warehouse.connect("loader", "test") as connection:
        for _ in range(2):  # the second has to wait, and is never asked again
            connection.execute(ASK, ("k", 1, 1, "live"))
        history = ("k", 1, 1, "history")
        assert connection.execute(ASK, history).fetchone() == ("others first",)
        time.sleep(3.2)
        assert connection.execute(ASK, history).fetchone() == ("granted",)


def test_a_pause_holds_every_process_and_too_long_a_one_is_told(database):
    one, other = budget(), budget("history")
    one.acquire(weight=1)
    other.acquire(weight=1)
    began = time.monotonic()
    one.pause(1, "429")
    other.acquire(weight=1)
    assert time.monotonic() - began > 0.99
    one.pause(60, "418 until later")
    with pytest.raises(UpstreamError, match=r"kraken: paused: 418 .* again in \d+ s"):
        other.acquire(weight=1)
    one.pause(30, "no longer than the one that stands")
    noted = [("kraken", "pause", 1, "429"), ("kraken", "pause", 60, "418 until later")]
    assert events() == noted


def test_the_circuit_opens_for_all_says_when_and_closes_after_a_good_trial(database):
    one, other = budget(), budget()
    other.acquire(weight=1)
    for _ in range(3):
        one.acquire(weight=1)
        one.failed("no route")
    said = (
        r"kraken: not asked, 3 requests in a row failed \(last: no route\);"
        r" .* in [3-6]\d s"
    )
    with pytest.raises(UpstreamError, match=said):
        other.acquire(weight=1)
    time_passes(60)
    other.acquire(weight=1)  # the trial
    other.failed("still no route")
    with pytest.raises(UpstreamError, match=r"tried again in (9|10|11|12)\d s"):
        one.acquire(weight=1)
    time_passes(120)
    one.acquire(weight=1)
    one.succeeded()
    for _ in range(3):
        other.acquire(weight=1)
    assert events() == [
        ("kraken", "opening", 60, "no route"),
        ("kraken", "opening", 120, "still no route"),
        ("kraken", "closing", 0, None),
    ]


def test_one_trial_at_a_time(database):
    one = budget()
    one.acquire(weight=1)
    for _ in range(3):
        one.failed("x")
    time_passes(60)
    one.acquire(weight=1)
    with warehouse.connect("loader", "test") as connection:
        row = connection.execute(ASK, ("kraken", 1, 5, "live")).fetchone()
    assert row == ("circuit on trial",)


TWO = replace(
    SPEC,
    limits={
        "calls": Limit(weight=20, window_s=1, burst=5),
        "units": Limit(weight=1000, window_s=86_400, burst=100),
    },
)


def spent(database):
    """What is spent of each limit."""
    with psycopg.connect(**database) as connection:
        query = "select limit_name, spent from ops.request_limits"
        return dict(connection.execute(query).fetchall())


def test_a_request_counts_against_each_of_its_limits_or_against_none(database):
    one = budget(spec=TWO)
    one.acquire(calls=1, units=90)
    assert spent(database) == {"calls": 1, "units": 90}
    with warehouse.connect("loader", "test") as connection:
        row = connection.execute(
            "select wait_ms, reason from ops.acquire_request_budget('kraken',"
            " '{calls,units}', '{1,20}', '{15,0.01}', '{5,100}', 0, 'history', 'w')"
        ).fetchone()
    assert row is not None
    wait_ms, reason = row
    assert reason == "rate"
    assert 900_000 < wait_ms <= 1_000_000  # ten units too many, a hundred seconds each
    calls, units = spent(database).values()
    assert calls <= 1
    assert units <= 90


def test_a_spent_limit_holds_no_request_of_another(database):
    one = budget(spec=TWO)
    one.acquire(units=100)
    with warehouse.connect("loader", "test") as connection:
        waits = (
            "select reason from ops.acquire_request_budget('kraken', '{units}', '{9}',"
            " '{0.01}', '{100}', 0, 'live', 'waits')"
        )
        assert connection.execute(waits).fetchone() == ("rate",)
    began = time.monotonic()
    budget("history", TWO).acquire(calls=1)
    assert time.monotonic() - began < NOTED_S


def test_a_pause_holds_every_limit(database):
    one, other = budget(spec=TWO), budget(spec=TWO)
    one.acquire(calls=1)
    one.pause(60, "429")
    with pytest.raises(UpstreamError, match="paused: 429"):
        other.acquire(units=1)


def test_a_crowd_of_requests_waits_evenly(database):
    one = budget()
    began = time.monotonic()
    for number in range(1, 26):
        one.acquire(weight=1)
        even_s = (number - LIMIT.burst) / LIMIT.per_second(1.0)
        assert time.monotonic() - began > 0.99 * even_s


@pytest.mark.parametrize("role", ["transformer", "analyst"])
def test_only_the_loader_may_draw_on_the_budget(database, role):
    with (
        warehouse.connect(role, "test") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("select ops.report_request_success('kraken')")
