"""The embedded Postgres as root: under `nobody`, from places that it can reach.

As root pytest's folders have mode 700, which is the case of a clone that the server's
account can not reach.
"""

import os
import shutil
import subprocess
import traceback
from pathlib import Path

import pytest

from pipelines.errors import SetupError
from pipelines.local import place, postgres, postgres_distribution, stack
from pipelines.local.account import server_account
from pipelines.local.postgres_server import postmaster_pid
from pipelines.settings import PROJECT_DIR, settings
from tests.services.embedded import data_folder, up

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root drops to nobody")


def test_as_root_under_a_closed_home_it_runs_as_nobody_from_a_place_outside(home):
    up()
    account = server_account()
    assert not account.can_use(home.parent)
    outside = place.recorded(home)
    assert outside
    assert outside.stat().st_mode & 0o777 == 0o700
    assert outside.stat().st_uid == account.uid
    pid = postmaster_pid(data_folder(home))
    assert Path(f"/proc/{pid}").stat().st_uid == account.uid
    assert outside not in place.strays()
    stack.down(delete=True)
    assert not outside.exists()
    assert not (home / "postgres").exists()


def test_as_root_in_an_open_place_all_state_lies_in_the_data_directory(
    home, monkeypatch
):
    folder = place.STATE_PARENTS[-1] / f"bullion_test_{os.getpid()}"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    try:
        with monkeypatch.context() as patch:
            patch.setenv("BULLION_DATA_DIR", str(folder))
            settings.cache_clear()
            up()
            assert place.recorded(folder) is None
            assert (folder / "postgres" / "state" / "data" / "PG_VERSION").exists()
            stack.down(delete=True)
    finally:
        shutil.rmtree(folder)


def test_as_another_user_it_runs_from_where_it_is_installed(home, monkeypatch):
    account = server_account()
    for needed in (PROJECT_DIR, postgres_distribution.installed().root):
        if not account.can_use(needed):
            pytest.skip(f"{needed} is closed to other users than root")
    folder = place.STATE_PARENTS[-1] / f"bullion_test_user_{os.getpid()}"
    account.make_folder(folder)
    try:
        with monkeypatch.context() as patch:
            patch.setenv("BULLION_DATA_DIR", str(folder))
            patch.setenv("BULLION_CACHE_DIR", str(folder / "cache"))
            settings.cache_clear()
            # forked, not started: the interpreter may lie where only root can run it
            child = os.fork()
            if child == 0:
                os._exit(_up_and_down_as(account))
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert not (folder / "cache").exists()
    finally:
        shutil.rmtree(folder)


def _up_and_down_as(account):
    try:
        os.chdir("/")
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)
        is_ready = up().is_ready
        is_inside = place.recorded(place.data_dir()) is None
        stack.down(delete=True)
    except BaseException:  # noqa: BLE001  # the child ends here whatever came
        traceback.print_exc()
        return 1
    return 0 if is_ready and is_inside else 2


def test_a_full_disk_is_named(home, tmp_path):
    account = server_account()
    small = place.STATE_PARENTS[-1] / f"bullion_test_small_{os.getpid()}"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "tmpfs", str(small)]
    if subprocess.call(mount, stderr=subprocess.DEVNULL):
        small.rmdir()
        pytest.skip("this container may not mount a small disk")
    try:
        service = postgres.Postgres(small, place.cache_dir())
        service.fetch(lambda _: None)
        with pytest.raises(SetupError, match=f"the disk of {small}.* is full"):
            service.configure(lambda _: None)
        assert account.can_use(small)
    finally:
        subprocess.run(["umount", str(small)], check=True)
        small.rmdir()
