"""The embedded Postgres when something is killed, or two begin at once."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import psycopg

from pipelines.doctor.examination import examination
from pipelines.local import lock, postgres, stack
from pipelines.local.postgres_server import postmaster_pid
from pipelines.settings import PROJECT_DIR, child_environment
from tests.services.collecting import wait_for
from tests.services.embedded import connect, data_folder, one, up

INSERTED = 2_000_000
INSERTS = "select pid from pg_stat_activity where query like 'insert into big%'"


def test_two_ups_at_once_give_one_server(home):
    script = "from pipelines.local import stack; stack.up(['postgres'])"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script], env=child_environment(), cwd=PROJECT_DIR
        )
        for _ in range(2)
    ]
    assert [process.wait(300) for process in both] == [0, 0]
    with connect() as connection:
        assert one(connection, "select 1") == 1
    assert "Is another postmaster" not in stack.status()[0].log.read_text()


def test_a_second_up_waits_for_the_first_and_says_so(home):
    said: list[str] = []
    with lock.held(stack.lock_file()):
        waiting = threading.Thread(target=up, kwargs={"say": said.append})
        waiting.start()
        wait_for(lambda: said)
        assert "waiting: " in said[0]
    waiting.join(300)
    assert postgres.connection()["host"] == "127.0.0.1"


def test_initdb_killed_half_way_begins_again(home):
    up()
    stack.down()
    data = data_folder(home)
    data.rename(data.with_name("data.partial"))
    (data.with_name("data.partial") / "PG_VERSION").unlink()
    up()
    with connect() as connection:
        assert one(connection, "select current_database()") == "bullion"


def test_a_stale_lock_that_names_another_process_harms_nobody(home):
    up()
    pid = postmaster_pid(data_folder(home))
    assert pid
    os.kill(pid, signal.SIGKILL)
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        file = data_folder(home) / "postmaster.pid"
        text = file.read_text()
        file.write_text(text.replace(str(pid), str(bystander.pid), 1))
        assert stack.down()[-1].is_running is False
        assert bystander.poll() is None
        file.write_text(text)
        up()
    finally:
        bystander.kill()
        bystander.wait()


def test_after_kill_9_up_waits_for_orphans_and_the_data_is_consistent(home):
    up()
    data = data_folder(home)
    with connect() as connection:
        connection.execute("create table before_it as select generate_series(1, 1000)")
        connection.execute("create table big (n integer, wide text)")
    client = threading.Thread(target=_insert_many)
    client.start()
    with connect() as connection:
        wait_for(lambda: one(connection, "select pg_relation_size('big')") > 1_000_000)
        orphan = one(connection, INSERTS)
    os.kill(orphan, signal.SIGSTOP)  # it is at work for as long as the test wants
    killed = postmaster_pid(data)
    assert killed
    os.kill(killed, signal.SIGKILL)
    said: list[str] = []

    def say(text):
        said.append(text)
        if "still at work" in text:
            assert postmaster_pid(data) == killed  # the lock stands
            os.kill(orphan, signal.SIGCONT)

    try:
        up(say=say)
    finally:
        with suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGCONT)
        client.join()
    assert any("Postgres was killed" in text for text in said), said
    with connect() as connection:
        assert one(connection, "select count(*) from before_it") == 1000
        counted = "select count(*), count(distinct n), coalesce(max(n), 0) from big"
        row = connection.execute(counted).fetchone()
        assert row in {(0, 0, 0), (INSERTED,) * 3}
        connection.execute("create index on big (n)")
    assert [c.ok for c in examination() if c.name == "warehouse"] == [True]


def _insert_many():
    with suppress(psycopg.OperationalError), connect() as connection:
        connection.execute(
            f"insert into big select n, repeat('x', 20) from generate_series(1, "
            f"{INSERTED}) as n"
        )
