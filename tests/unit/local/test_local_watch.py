"""The watch of a service: what dies comes back, and what lives is left alone."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from pipelines.local import watch
from pipelines.local.process import began
from pipelines.local.watch import Watch
from pipelines.local.watched import MODULE, Order, Watched
from pipelines.settings import child_environment

SLEEP = "import os, time; print('up', os.environ['SECRET'], flush=True); time.sleep(60)"


def until(look, wait_s=120):
    deadline = time.monotonic() + wait_s
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def watches(home):
    listing = subprocess.check_output(["ps", "-eww", "-o", "pid,args"], text=True)
    lines = [line.split(None, 1) for line in listing.splitlines()]
    return [int(pid) for pid, args in lines if args.endswith(f"{MODULE} {home}")]


@pytest.fixture
def watched(tmp_path):
    found = Watched(tmp_path / "watch")
    yield found
    found.stop()
    until(lambda: not watches(found.home))


def start(watched, command=SLEEP):
    watched.start(
        [sys.executable, "-c", command, watched.home],
        log=watched.home.parent / "log",
        environment=child_environment({"SECRET": "correct-horse-battery"}),
        folder=watched.home.parent,
    )
    return until(watched.pid)


def another(watched, pid):
    return until(lambda: (now := watched.pid()) and now != pid and now)


def kill(*pids):
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def test_a_process_that_is_killed_is_started_again_and_its_log_says_so(watched):
    pid = start(watched)
    log = watched.home.parent / "log"
    until(log.read_text)
    kill(pid)
    another(watched, pid)
    until(lambda: log.read_text().count("up correct-horse-battery") == 2)
    assert "watch: it ended; started again in 0.2 s" in log.read_text()


def test_a_watch_that_is_killed_is_followed_by_its_twin(watched):
    pid = start(watched)
    first, second = sorted(until(lambda: len(w := watches(watched.home)) == 2 and w))
    kill(first)
    until(lambda: second in (w := watches(watched.home)) and len(w) == 2)
    assert watched.pid() == pid  # it was never touched
    kill(pid)
    another(watched, pid)


def test_with_every_watch_killed_the_process_goes_on_and_is_taken_over(watched):
    pid = start(watched)
    kill(*until(lambda: len(w := watches(watched.home)) == 2 and w))
    until(lambda: not watched.is_watched())
    assert watched.pid() == pid
    start(watched)
    until(watched.is_watched)
    assert watched.pid() == pid
    kill(pid)
    another(watched, pid)


def test_a_process_whose_pid_was_never_noted_is_found_and_ended(watched):
    pid = start(watched)
    until((watched.home / "service.pid").exists)
    (watched.home / "service.pid").unlink()
    assert watched.pid() == pid
    watched.stop()
    assert not watched.is_alive()


def test_a_pid_that_another_process_has_now_is_not_ended(watched):
    start(watched)
    with subprocess.Popen(["sleep", "60"]) as bystander:
        watched.note(bystander.pid)
        watched.stop()
        assert not watched.is_alive()
        assert bystander.poll() is None
        bystander.kill()


def test_what_ignores_the_request_is_killed(watched, monkeypatch):
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('up', flush=True); time.sleep(60)"
    )
    start(watched, stubborn)
    until((watched.home.parent / "log").read_text)
    kill(*until(lambda: len(w := watches(watched.home)) == 2 and w))
    watched.end(grace_s=0.3)
    assert not watched.is_alive()


def test_the_secret_of_a_process_is_in_no_file_and_no_argument(watched):
    start(watched)
    for file in watched.home.iterdir():
        with suppress(
            FileNotFoundError
        ):  # a file is written beside its place, then moved
            assert "correct-horse-battery" not in file.read_text()
    listing = subprocess.check_output(["ps", "-eww", "-o", "args"], text=True)
    assert "correct-horse-battery" not in listing


def test_a_data_directory_that_is_deleted_ends_what_runs_in_it(watched):
    pid = start(watched)
    until(lambda: len(watches(watched.home)) == 2)
    shutil.rmtree(watched.home)
    until(lambda: not began(pid) and not watches(watched.home))


def test_one_that_dies_at_once_is_not_started_at_once_for_ever(tmp_path):
    watch_ = Watch(Watched(tmp_path))
    pauses = [watch_._pause(now=0.001) for _ in range(9)]
    assert pauses[:3] == [0.2, 0.4, 0.8]
    assert max(pauses) == watch.LONGEST_PAUSE_S
    assert watch_._pause(now=watch.WELL_AFTER_S + 1) == 0.2


def test_a_log_that_grew_large_is_kept_in_part(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "LOG_BYTES", 10)
    log = tmp_path / "log"
    log.write_text("more than ten bytes\n")
    with log.open("a") as writer:
        watch._keep_small(log)
        writer.write("new\n")
    assert log.read_text() == "new\n"
    assert (tmp_path / "log.1").read_text() == "more than ten bytes\n"


def test_an_order_is_read_as_it_was_given(tmp_path):
    order = Order(("a", "b c"), "/", "/log")
    Watched(tmp_path).give(order)
    assert Watched(tmp_path).order() == order
