"""Maven artifacts: locked, downloaded once, whole or not at all."""

import hashlib
import io
import shutil
import tarfile
import tomllib

import pytest
from jgo.env import EnvironmentSpec, LockFile, compute_spec_hash

from pipelines.errors import SetupError
from pipelines.local import artifact_download, debezium_distribution
from pipelines.local.artifact_download import DamagedError
from pipelines.local.artifacts import FOLDER, Artifacts
from pipelines.local.debezium_distribution import Distribution
from pipelines.local.service import UnavailableError
from pipelines.local.whole_folder import MARKER, is_whole
from tests.fakes.maven_server import Repository, serving

BODY = b"a jar of some length " * 1000
LOCKS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def lock_of(folder, body=BODY, packaging="jar"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "jgo.lock.toml").write_text(
        "[[dependencies]]\n"
        'groupId = "org.example"\nartifactId = "thing"\nversion = "1.0"\n'
        f'packaging = "{packaging}"\nsha256 = "{hashlib.sha256(body).hexdigest()}"\n'
    )


@pytest.fixture
def repository(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(artifact_download, "CHUNK", 1000)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(Repository()) as found:
        found.files["/org/example/thing/1.0/thing-1.0.jar"] = BODY
        monkeypatch.setattr(
            artifact_download, "repositories", lambda: {"near": found.address}
        )
        yield found


@pytest.fixture
def artifacts(tmp_path):
    lock_of(tmp_path / "locks" / "thing")
    return Artifacts("thing", tmp_path / "cache", tmp_path / "locks")


def fetch(artifacts):
    said: list[str] = []
    artifacts.fetch(said.append)
    artifacts.verify()
    assert artifacts.paths()[0].read_bytes() == BODY
    return said


@pytest.mark.parametrize("name", LOCKS)
def test_a_committed_lock_covers_its_spec_with_a_sum_for_every_file(name):
    folder = FOLDER / name
    lock = LockFile.load(folder / "jgo.lock.toml")
    assert lock.spec_hash == compute_spec_hash(folder / "jgo.toml")
    assert all(len(dependency.sha256 or "") == 64 for dependency in lock.dependencies)
    locked = {f"{d.groupId}:{d.artifactId}:{d.version}" for d in lock.dependencies}
    for coordinate in EnvironmentSpec.load(folder / "jgo.toml").coordinates:
        assert ":".join(coordinate.rstrip("!").split(":")[:3]) in locked


@pytest.mark.parametrize("name", LOCKS)
def test_a_committed_lock_names_no_address(name):
    for file in ("jgo.toml", "jgo.lock.toml"):
        text = (FOLDER / name / file).read_text(encoding="utf-8")
        assert "://" not in text
        assert "repositories" not in tomllib.loads(text)


def test_the_brokers_jars_are_of_one_version():
    versions = {
        one.version
        for one in Artifacts("kafka", FOLDER).locked
        if one.group == "org.apache.kafka"
    }
    assert len(versions) == 1


def test_what_is_here_is_not_downloaded_again(artifacts, repository):
    assert fetch(artifacts) == [
        f"downloading thing: 1 files to {artifacts.repository}",
    ]
    assert fetch(artifacts) == []
    assert len(repository.asked) == 1


def test_a_download_that_breaks_off_goes_on_where_it_was(artifacts, repository):
    repository.breaks = [5000, 3000]
    fetch(artifacts)
    ranges = [wanted for _, wanted in repository.asked]
    assert ranges == [None, "bytes=5000-", "bytes=8000-"]


def test_a_half_download_of_a_killed_run_is_not_taken_for_whole(artifacts, repository):
    path = artifacts.paths()[0]
    path.parent.mkdir(parents=True)
    path.with_name(path.name + ".part").write_bytes(BODY[:7000])
    assert artifacts.missing()
    fetch(artifacts)
    assert [wanted for _, wanted in repository.asked] == ["bytes=7000-"]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_whole_download_of_a_killed_run_only_gets_its_name(artifacts, repository):
    path = artifacts.paths()[0]
    path.parent.mkdir(parents=True)
    path.with_name(path.name + ".part").write_bytes(BODY)
    fetch(artifacts)
    assert path.read_bytes() == BODY


def test_a_file_that_is_not_what_the_lock_names_is_thrown_away(artifacts, repository):
    repository.files = dict.fromkeys(repository.files, b"something else")
    with pytest.raises(DamagedError, match=r"thing-1\.0\.jar .* is not what the lock"):
        fetch(artifacts)
    assert not any(artifacts.paths()[0].parent.iterdir())


def test_a_file_that_was_changed_since_is_refused_and_fetched_again(
    artifacts, repository
):
    fetch(artifacts)
    artifacts.paths()[0].write_bytes(b"changed")
    with pytest.raises(UnavailableError, match="Run `bullion up thing` again"):
        artifacts.verify()
    fetch(artifacts)


def test_without_a_network_what_is_missing_is_named_and_what_came_is_kept(
    artifacts, repository
):
    repository.breaks = [5000] * 10
    with pytest.raises(
        UnavailableError, match=r"thing-1\.0\.jar can not be downloaded"
    ):
        artifacts.fetch(lambda _: None)
    part = artifacts.paths()[0].with_name("thing-1.0.jar.part")
    assert part.stat().st_size == 20000


def test_a_repository_that_can_not_be_reached_is_said(
    artifacts, repository, monkeypatch
):
    monkeypatch.setattr(
        artifact_download, "repositories", lambda: {"gone": "http://127.0.0.1:1"}
    )
    with pytest.raises(UnavailableError, match="gone: it can not be reached"):
        artifacts.fetch(lambda _: None)


def archive(tmp_path):
    """A distribution in small, with what is not wanted beside what is."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name in (
            *("server/server-1.0-runner.jar", "server/lib/a.jar", "server/lib_opt/b"),
            *("server/connectors/c.jar", "server/config/lib/d", "server/run.sh"),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(name)
            packed.addfile(member, io.BytesIO(name.encode()))
    return buffer.getvalue()


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    body = archive(tmp_path)
    lock_of(tmp_path / "locks" / "debezium", body, "tar.gz")
    found = Distribution(tmp_path / "cache")
    monkeypatch.setattr(
        Distribution,
        "artifacts",
        Artifacts("debezium", tmp_path / "cache", tmp_path / "locks"),
    )
    path = found.artifacts.paths()[0]
    path.parent.mkdir(parents=True)
    path.write_bytes(body)
    shutil.copyfile(path, tmp_path / "again.tar.gz")
    return found


def test_of_the_distribution_only_what_runs_is_unpacked(distribution):
    distribution.fetch(lambda _: None)
    files = [p for p in distribution.root.rglob("*") if p.is_file()]
    assert sorted(p.relative_to(distribution.root).as_posix() for p in files) == [
        MARKER,
        "config/lib/d",
        "lib/a.jar",
        "server-1.0-runner.jar",
    ]
    assert not distribution.artifacts.paths()[0].exists()
    runner, jars = distribution.class_path.split(":")  # no folder: jars alone
    assert runner.endswith("-runner.jar")
    assert jars == str(distribution.root / "lib" / "*")


def test_what_is_unpacked_is_not_unpacked_again(distribution):
    distribution.fetch(lambda _: None)
    before = (distribution.root / MARKER).stat().st_ino
    distribution.fetch(lambda _: None)
    assert (distribution.root / MARKER).stat().st_ino == before


@pytest.mark.parametrize("damage", ["marker", "missing", "torn"])
def test_a_damaged_unpacking_is_replaced(distribution, tmp_path, damage):
    distribution.fetch(lambda _: None)
    jar = distribution.root / "lib" / "a.jar"
    if damage == "torn":
        jar.write_text("torn")
    else:
        (distribution.root / MARKER if damage == "marker" else jar).unlink()
    assert not is_whole(distribution.root)
    shutil.copyfile(tmp_path / "again.tar.gz", distribution.artifacts.paths()[0])
    distribution.fetch(lambda _: None)
    assert jar.read_text() == "server/lib/a.jar"


def test_an_unpacking_that_was_killed_is_swept(distribution):
    left = distribution.cache_dir / f"{debezium_distribution.PARTIAL}killed"
    left.mkdir(parents=True)
    distribution.fetch(lambda _: None)
    assert not left.exists()


def test_an_archive_that_is_not_the_locked_one_is_not_unpacked(distribution):
    distribution.artifacts.paths()[0].write_bytes(b"else")
    with pytest.raises(SetupError, match="not what the lock names"):
        distribution.fetch(lambda _: None)
    assert not distribution.root.exists()
