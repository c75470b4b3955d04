"""doctor: what fails says what it means and what mends it."""

import shutil
import socket
from collections import namedtuple

import pytest

from pipelines.doctor.examination import examination
from pipelines.errors import SetupError
from pipelines.local import java, place, stack
from pipelines.settings import Settings, settings

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.setenv("BULLION_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(place, "STATE_PARENTS", (tmp_path / "none",))
    settings.cache_clear()
    yield
    settings.cache_clear()


def checks():
    settings.cache_clear()
    return {check.name: check for check in examination()}


def test_before_the_first_up_only_the_warehouse_is_missing():
    failing = [check for check in checks().values() if not check.ok]
    assert [(c.name, c.mend) for c in failing] == [("warehouse", "bullion up")]


def test_every_check_that_fails_has_a_meaning_and_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("PGUSER", "me")
    monkeypatch.setenv("PGPASSWORD", "correct-horse-battery")
    monkeypatch.setenv("BULLION_KRAKEN_URL", "http://127.0.0.1:1/kraken")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1, 1, 2**20))
    monkeypatch.setattr(place, "strays", lambda: [tmp_path / "bullion-lost"])
    failing = {name: check for name, check in checks().items() if not check.ok}
    assert set(failing) == {
        "PG* variables",
        "disk",
        "warehouse",
        "BULLION_KRAKEN_URL",
        "forgotten data",
    }
    assert all(check.meaning and check.mend for check in failing.values())
    assert "correct-horse-battery" not in repr(failing)


def test_wrong_settings_are_told_and_nothing_else_is_looked_at(monkeypatch):
    monkeypatch.setenv("PGPORT", "five")
    found = checks()
    assert set(found) == {"python", "settings"}
    assert "PGPORT" in found["settings"].meaning


def test_a_venue_that_answers_is_well(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/binance"
        monkeypatch.setenv("BULLION_BINANCE_URL", url)
        assert checks()["BULLION_BINANCE_URL"].ok


def test_a_given_server_that_does_not_answer_is_told_without_its_password(monkeypatch):
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGPASSWORD", "correct-horse-battery")
    found = checks()
    assert "postgres programs" not in found
    assert not found["warehouse"].ok
    assert "correct-horse-battery" not in repr(found)


def test_a_stream_that_was_started_and_is_silent_is_told_with_what_mends_it(
    monkeypatch,
):
    monkeypatch.setenv("BULLION_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("BULLION_DEBEZIUM", "http://127.0.0.1:1")
    found = checks()
    assert found["java"].ok
    assert not found["kafka"].ok
    assert found["kafka"].mend == "start the broker that BULLION_KAFKA names"
    assert "WAL grows" in found["debezium"].meaning


def test_without_java_doctor_names_the_package(monkeypatch):
    monkeypatch.setattr(java, "PACKAGE", "no_such_package")
    assert "no_such_package is not installed" in checks()["java"].meaning


def test_an_unknown_service_is_refused_with_the_known_ones():
    with pytest.raises(SetupError, match="called redis: there are postgres, sandbox"):
        stack.up(["redis"])


def test_status_knows_every_service_before_the_first_up():
    assert [(s.name, s.is_running) for s in stack.status()] == [
        ("postgres", False),
        ("sandbox", False),
        ("kafka", False),
        ("debezium", False),
        ("prefect-server", False),
        ("prefect-worker", False),
    ]
