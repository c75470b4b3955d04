"""The embedded Postgres, from its programs: what it is and what it keeps."""

import socket
import subprocess
from contextlib import suppress

import psycopg
import pytest

from pipelines.errors import SetupError
from pipelines.local import postgres, stack
from pipelines.settings import settings
from tests.services.embedded import connect, one, up


def test_data_and_address_are_kept_between_runs(home):
    first = up()
    with connect() as connection:
        connection.execute("create table kept as select 1 as answer")
    assert stack.down()[-1].is_running is False
    with pytest.raises(SetupError, match="bullion up"):
        postgres.connection()
    assert up() == first
    with connect() as connection:
        assert one(connection, "select answer from kept") == 1


def test_it_is_set_up_as_the_project_needs_it(home):
    up()
    shown = {
        "wal_level": "logical",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
        "synchronous_commit": "on",
        "fsync": "on",
        "jit": "off",
        "data_checksums": "on",
    }
    with connect() as connection:
        found = {name: one(connection, f"show {name}") for name in shown}
        locale = "select datlocprovider::text || ' ' || datlocale from pg_database"
        assert {row[0] for row in connection.execute(locale)} == {"b C.UTF-8"}
    assert found == shown


def test_nobody_gets_in_without_the_password(home):
    up()
    known = {**postgres.connection(), "password": "guessed"}
    with pytest.raises(psycopg.OperationalError, match="password authentication"):
        psycopg.connect(**known)


def test_the_password_shows_nowhere(home):
    said: list[str] = []
    status = up(say=said.append)
    password = postgres.connection()["password"]
    with connect() as connection, suppress(psycopg.Error):
        connection.execute(f"alter role nobody_at_all password '{password}'")
    listing = subprocess.check_output(["ps", "-eww", "-o", "args"], text=True)
    shown = [*said, repr(status), repr(postgres.connection()), status.log.read_text()]
    assert not [text for text in (*shown, listing) if password in text]
    for file in (home / "postgres").rglob("*"):
        if file.is_file():
            assert file.stat().st_mode & 0o077 == 0, file


def test_a_given_port_that_is_taken_is_refused_with_its_holder(home, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("PGPORT", str(port))
        settings.cache_clear()
        with pytest.raises(SetupError, match=rf"port {port} .* taken by .*PGPORT"):
            up()


def test_a_remembered_port_that_is_taken_is_left_with_a_word(home):
    up()
    port = int(postgres.connection()["port"])
    stack.down()
    said: list[str] = []
    with socket.create_server(("127.0.0.1", port)):
        up(say=said.append)
    assert int(postgres.connection()["port"]) != port
    assert any(f"port {port} is taken" in text for text in said)
