"""The classes of a broker that was stopped, which its next start reads."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.local import java, lock
from pipelines.local.class_archive import FILE, ClassArchive
from pipelines.local.process import command_line
from pipelines.local.service import bring_up, take_down

SHARES = "sharing)"  # `java -version` ends so, where it has read an archive


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("classes") / "kafka"


@pytest.fixture(autouse=True)
def archive(folder, monkeypatch):
    """One that no other test has made."""
    archive = ClassArchive(folder)
    monkeypatch.setattr(ClassArchive, "of", lambda *_: archive)
    return archive


def version(kafka, flags):
    """What Java says of itself with the broker's class path."""
    return subprocess.run(
        [java.java(), *java.FLAGS, *flags, "-version"],
        env={**java.ENVIRONMENT, "CLASSPATH": kafka.class_path},
        capture_output=True,
        text=True,
        check=True,
    )


def put(path, content):
    """Another file in its place: the broker reads the one that was there."""
    path.unlink()
    path.write_bytes(content)


def test_a_broker_that_was_stopped_starts_with_the_classes_it_had(kafka, archive):
    assert archive.flags == ()
    take_down(kafka)
    inode = (archive.folder / FILE).stat().st_ino
    bring_up(kafka)
    assert f"-XX:SharedArchiveFile={archive.folder / FILE}" in command_line(kafka.pid)
    assert SHARES in version(kafka, archive.flags).stderr
    archive.keep(kafka.pid)
    assert (archive.folder / FILE).stat().st_ino == inode  # not written again


def test_of_other_programs_or_damaged_java_starts_without_it(kafka, archive):
    flags = archive.flags
    assert SHARES not in version(kafka, (*flags, "-cp", "/nowhere.jar")).stderr
    file = archive.folder / FILE
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    put(file, content)
    assert archive.flags == flags  # its size is what it was
    assert SHARES not in version(kafka, flags).stderr


def test_cut_short_it_is_made_again_by_one_of_two_that_stop(kafka, archive):
    put(archive.folder / FILE, b"cut short")
    assert archive.flags == ()
    with lock.held(archive.folder.with_suffix(".lock")):
        archive.keep(kafka.pid)
    assert archive.flags == ()
    with ThreadPoolExecutor() as pool:
        list(pool.map(archive.keep, [kafka.pid] * 2))
    assert SHARES in version(kafka, archive.flags).stderr


def test_of_a_process_that_is_gone_there_is_none(tmp_path):
    archive = ClassArchive(tmp_path / "gone")
    archive.keep(2**22 - 1)
    assert archive.flags == ()
    assert not list(tmp_path.glob(".partial*"))
