"""The data directory of a running stack is lost, or lies under an odd name."""

import os
import shutil
import stat
import time

import psycopg
import pytest

from pipelines.local import place, postgres, stack
from pipelines.local.postgres_server import is_postmaster, postmaster_pid
from pipelines.local.process import began
from pipelines.local.sandbox_service import Sandbox
from tests.services import command
from tests.services.embedded import connect, data_folder, one, up


@pytest.mark.skipif(os.getuid() != 0, reason="data stands outside as root alone")
@pytest.mark.parametrize("words", [["--delete"], []])
def test_a_server_whose_data_directory_was_lost_can_still_be_ended(home, words):
    said: list[str] = []
    up(say=said.append)
    outside = place.recorded(home)
    assert outside
    assert [line for line in said if str(outside) in line and "--delete" in line]
    data = data_folder(home)
    pid = postmaster_pid(data)
    assert pid
    shutil.rmtree(home)
    told = command.run("status", environment={})
    assert str(outside) in told.stderr
    command.bullion("down", *words, environment={})
    assert not is_postmaster(pid, data)
    assert outside.exists() is not bool(words)


@pytest.mark.skipif(os.getuid() != 0, reason="data stands outside as root alone")
def test_the_next_up_takes_its_data_over_with_a_new_secret(home):
    up()
    with connect() as connection:
        connection.execute("create table kept as select 1 as answer")
    before = postgres.connection()
    shutil.rmtree(home)
    assert up().is_ready
    with connect() as connection:
        assert one(connection, "select answer from kept") == 1
    assert postgres.connection()["password"] != before["password"]
    known = {**before, "port": postgres.connection()["port"]}
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(**known)


def test_a_sandbox_ends_with_its_data_directory(home):
    stack.up(["sandbox"])
    pid = Sandbox.from_settings()._process.pid()
    assert pid
    shutil.rmtree(home)
    deadline = time.monotonic() + 60
    while began(pid):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_every_folder_of_the_stack_is_its_owners_alone(home):
    up()
    stack.up(["sandbox"])
    folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
    if outside := place.recorded(home):
        folders += [outside, *(path for path in outside.rglob("*") if path.is_dir())]
    modes = {str(path): stat.S_IMODE(path.stat().st_mode) for path in folders}
    assert {path: mode for path, mode in modes.items() if mode & 0o077} == {}


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
def test_a_path_of_any_script_serves_in_any_locale(home, monkeypatch, locale):
    environment = {
        "BULLION_DATA_DIR": str(home.parent / "données Ω 数据"),
        "LC_ALL": locale,
    }
    try:
        command.bullion("up", environment=environment)
        told = command.bullion(
            "sql", "--csv", "-c", "select 1 as n", environment=environment
        )
        assert told.split() == ["n", "1"]
    finally:
        command.bullion("down", "--delete", environment=environment)
