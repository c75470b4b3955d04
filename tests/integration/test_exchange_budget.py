"""One budget per venue for all processes: never above the limit, live first."""

import itertools
import subprocess
import sys
import threading
import time
from dataclasses import replace

import psycopg
import pytest

from pipelines import warehouse
from pipelines.configuration import ExchangeChoice, configuration
from pipelines.errors import UpstreamError
from pipelines.reconfiguration import Fixed
from pipelines.settings import PROJECT_DIR, child_environment
from pipelines.sources.exchange.budget import SharedBudget
from pipelines.sources.exchange.clock import SystemClock
from pipelines.sources.exchange.routes import Limit
from pipelines.sources.exchange.venues import VENUES

SPEC = replace(VENUES["kraken"], limit=Limit(weight=20, window_s=1, burst=5))
SEEDS = configuration(PROJECT_DIR / "seeds")
KNOWN = replace(
    SEEDS,
    exchanges={"kraken": ExchangeChoice("kraken", is_enabled=True, budget_share=1.0)},
    thresholds=replace(
        SEEDS.thresholds,
        breaker_failures=3,
        breaker_cool_down_seconds=1,
        patience_seconds=2,
    ),
)

ASK = "select reason from ops.acquire_request_budget({})"
SPENDER = """
import sys, time
from tests.integration.test_exchange_budget import budget
mine = budget(sys.argv[1])
until = time.time() + float(sys.argv[2])
while time.time() < until:
    mine.acquire(1)
    print(time.time(), flush=True)
"""


def budget(priority="live", spec=SPEC):
    connect = lambda: warehouse.connect("loader", "test")  # noqa: E731
    return SharedBudget(spec, Fixed(KNOWN), priority, connect, SystemClock())


def spender(priority, seconds):
    return subprocess.Popen(
        [sys.executable, "-c", SPENDER, priority, str(seconds)],
        env=child_environment({"PYTHONPATH": str(PROJECT_DIR)}),
        stdout=subprocess.PIPE,
        text=True,
    )


def stamps(process):
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [float(line) for line in out.split()]


def test_two_processes_at_once_stay_below_the_limit(database):
    both = [spender("live", 4), spender("live", 4)]
    spent = [stamps(process) for process in both]
    assert all(len(one) > 5 for one in spent)
    times = sorted(itertools.chain(*spent))
    most = max(sum(t <= u < t + 1 for u in times) for t in times)
    assert most <= SPEC.limit.weight
    assert len(times) / (times[-1] - times[0]) > 0.5 * SPEC.limit.per_second(1.0)


def test_history_stands_back_while_live_asks(database):
    history = spender("history", 6)
    time.sleep(1.5)
    live = spender("live", 2)
    live_times, history_times = stamps(live), stamps(history)
    # from its second request on live never stops asking
    first, last = live_times[1], live_times[-1]
    during = [t for t in history_times if first < t < last]
    assert len(live_times) > 10
    assert len(during) <= len(live_times) / 10
    assert any(t > last for t in history_times)


def test_a_new_series_goes_before_live_that_waits_already(database):
    slow = replace(SPEC, limit=Limit(weight=3, window_s=1, burst=1))
    budget("live", slow).acquire(1)
    order = []

    def wait(precedence, name):
        budget(precedence, slow).acquire(1)
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
        thread.join(30)
    assert len(order) == 7
    assert order.index("first") <= 2


def test_an_unknown_priority_is_refused(database):
    with (
        warehouse.connect("loader", "test") as connection,
        pytest.raises(psycopg.DataError, match="unknown priority urgent; known: "),
    ):
        connection.execute(ASK.format("'k', 1, 'urgent', 1, 1, 0, 'u'"))


def test_a_waiting_live_request_that_died_does_not_hold_history_for_ever(database):
    with warehouse.connect("loader", "test") as connection:
        for _ in range(2):  # the second has to wait, and is never asked again
            connection.execute(
                "select ops.acquire_request_budget('k', 1, 'live', 1, 1, 0, 'gone')"
            )
        ask = ASK.format("'k', 1, 'history', 1, 1, 0, 'h'")
        assert connection.execute(ask).fetchone() == ("others first",)
        time.sleep(3.2)
        assert connection.execute(ask).fetchone() == ("granted",)


def test_a_pause_holds_every_process_and_too_long_a_one_is_told(database):
    one, other = budget(), budget("history")
    one.acquire(1)
    other.acquire(1)
    one.pause(1, "429")
    began = time.monotonic()
    other.acquire(1)
    assert time.monotonic() - began > 0.8
    one.pause(60, "418 until later")
    with pytest.raises(UpstreamError, match=r"kraken: paused: 418 .* again in \d+ s"):
        other.acquire(1)


def test_the_circuit_opens_for_all_says_when_and_closes_after_a_good_trial(database):
    one, other = budget(), budget()
    other.acquire(1)
    for _ in range(3):
        one.acquire(1)
        one.failed("no route")
    said = (
        r"kraken: not asked, 3 requests in a row failed \(last: no route\); .* in 1 s"
    )
    with pytest.raises(UpstreamError, match=said):
        other.acquire(1)
    time.sleep(1.1)
    other.acquire(1)  # the trial
    other.failed("still no route")
    with pytest.raises(UpstreamError, match="tried again in 2 s"):
        one.acquire(1)
    time.sleep(2.1)
    one.acquire(1)
    one.succeeded()
    for _ in range(3):
        other.acquire(1)


def test_one_trial_at_a_time(database):
    one = budget()
    one.acquire(1)
    for _ in range(3):
        one.failed("x")
    time.sleep(1.1)
    one.acquire(1)
    with warehouse.connect("loader", "test") as connection:
        row = connection.execute(
            ASK.format("'kraken', 1, 'live', 1, 5, 0, 'w'")
        ).fetchone()
    assert row == ("circuit on trial",)


def test_a_crowd_of_requests_waits_evenly(database):
    one = budget()
    times = []
    for _ in range(25):
        one.acquire(1)
        times.append(time.monotonic())
    gaps = [b - a for a, b in itertools.pairwise(times)][5:]
    assert sum(gaps) / len(gaps) > 0.9 / SPEC.limit.per_second(1.0)


@pytest.mark.parametrize("role", ["transformer", "analyst"])
def test_only_the_loader_may_draw_on_the_budget(database, role):
    with (
        warehouse.connect(role, "test") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("select ops.report_venue_success('kraken')")
