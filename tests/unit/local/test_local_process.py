"""Detached processes, ports and locks of the local stack."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from pipelines.errors import BusyError, SetupError
from pipelines.local import lock
from pipelines.local import port as ports
from pipelines.local.process import Detached, began, command_line
from pipelines.settings import child_environment

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('up', flush=True); time.sleep(60)"
)


@pytest.fixture
def detached(tmp_path):
    process = Detached(tmp_path / "process.json")
    yield process
    process.stop(grace_s=0.1)


def start(detached: Detached, command=SLEEP) -> int:
    log = detached.record.with_name("log")
    folder = detached.record.parent
    pid = detached.start(
        command, log=log, environment=child_environment(), folder=folder
    )
    deadline = time.monotonic() + 120
    while not log.read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    return pid


def test_a_process_is_found_by_its_record_and_leads_a_session_of_its_own(detached):
    pid = start(detached)
    assert Detached(detached.record).pid() == pid
    assert os.getsid(pid) == pid
    assert "time.sleep" in command_line(pid)
    assert detached.record.stat().st_mode & 0o077 == 0


def test_a_process_that_was_killed_is_not_found(detached):
    os.kill(start(detached), signal.SIGKILL)
    deadline = time.monotonic() + 120
    while detached.pid() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert detached.pid() is None


def test_a_pid_that_another_process_has_now_is_neither_found_nor_stopped(detached):
    bystander = subprocess.Popen(SLEEP, stdout=subprocess.DEVNULL)
    try:
        facts = {"pid": bystander.pid, "began": "long ago"}
        detached.record.write_text(json.dumps(facts))
        assert detached.pid() is None
        detached.stop()
        assert bystander.poll() is None
        assert not detached.record.exists()
    finally:
        bystander.kill()
        bystander.wait()


def test_a_process_that_ignores_the_request_is_killed(detached):
    pid = start(detached, [sys.executable, "-c", STUBBORN])
    detached.stop(grace_s=0.2)
    assert began(pid) is None


def test_without_a_record_or_with_half_of_one_nothing_runs(detached):
    assert detached.pid() is None
    detached.record.write_text('{"pid": 1')
    assert detached.pid() is None


def test_a_taken_port_is_seen_and_its_holder_named():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port)
        assert f"port {port}" in str(ports.taken(port, "PGPORT"))
        holder = ports.holder(port)
        assert holder is None or f"pid {os.getpid()}" in holder
    assert ports.holder(port) is None


def test_a_key_has_the_same_port_while_it_is_free():
    first = ports.choose("a key")
    assert first == ports.choose("a key")
    assert first in ports.RANGE
    with socket.create_server(("127.0.0.1", first)):
        assert ports.choose("a key") != first
    assert ports.choose("a key", but={first}) != first


@pytest.mark.parametrize(("patience_s", "expected"), [(10, (200, b"up")), (0.05, None)])
def test_a_server_that_answers_late_is_waited_for(monkeypatch, patience_s, expected):
    monkeypatch.setattr(ports, "CONNECT_TIMEOUT_S", 0.2)
    monkeypatch.setattr(ports, "ANSWER_TIMEOUT_S", patience_s)

    def answer_late(server):
        connection, _ = server.accept()
        with connection:
            connection.recv(1024)
            time.sleep(0.4)
            with suppress(OSError):  # who asked may be gone
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nup")

    with socket.create_server(("127.0.0.1", 0)) as server:
        late = Thread(target=answer_late, args=(server,))
        late.start()
        port = server.getsockname()[1]
        assert ports.http_get("127.0.0.1", port, "/health") == expected
        late.join()


def test_with_every_port_taken_there_is_none(monkeypatch):
    monkeypatch.setattr(ports, "RANGE", range(15432, 15442))
    monkeypatch.setattr(ports, "is_free", lambda _: False)
    with pytest.raises(SetupError, match="every port from 15432 to 15441 is taken"):
        ports.choose("a key")


HOLDER = """
import sys, time
from pathlib import Path
from pipelines.local import lock
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_names_its_holder_and_a_kill_frees_it(tmp_path):
    file = tmp_path / "stack.lock"
    command = [sys.executable, "-c", HOLDER, str(file)]
    holder = subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    said: list[str] = []
    try:
        assert holder.stdout
        holder.stdout.readline()
        refused = pytest.raises(BusyError, match=f"held by pid {holder.pid}")
        with refused, lock.held(file, said.append, wait_s=0.2):
            pass
    finally:
        holder.kill()
        holder.communicate()
    assert said == [f"waiting: {file} is held by pid {holder.pid}"]
    with lock.held(file, wait_s=0):
        pass
