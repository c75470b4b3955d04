"""The sandbox as a local service, with a stand-in for what it serves."""

import shutil
import socket
from dataclasses import replace

import pytest

from pipelines.errors import SetupError
from pipelines.local import place
from pipelines.local.sandbox_service import Sandbox
from pipelines.local.service import bring_up, take_down


@pytest.fixture
def sandbox(tmp_path):
    service = Sandbox(tmp_path, module="tests.fakes.venue_stub")
    yield service
    take_down(service)


def test_it_is_ready_when_it_answers_and_tells_the_venues_addresses(sandbox):
    status = bring_up(sandbox)
    assert status.is_ready
    assert sandbox.urls() == {"BULLION_KRAKEN_URL": f"{status.address}/kraken"}


def test_it_is_found_again_and_keeps_its_port(sandbox, tmp_path):
    first = bring_up(sandbox)
    again = Sandbox(tmp_path, module=sandbox.module)
    assert again.running()
    assert bring_up(again) == first
    take_down(again)
    assert not sandbox.running()
    assert bring_up(sandbox).address == first.address


def test_its_chains_go_on_at_the_next_start_even_where_the_data_directory_was_lost(
    sandbox, tmp_path, monkeypatch
):
    def since():
        bring_up(sandbox)
        take_down(sandbox)
        (line,) = (x for x in sandbox.log.read_text().splitlines() if "since" in x)
        return line

    (tmp_path / "parents").mkdir()
    monkeypatch.setattr(place, "STATE_PARENTS", (tmp_path / "parents",))
    began = since()
    (tmp_path / "sandbox" / "began.json").write_text('"2024-01-01T00:00:00+00:00"')
    shutil.rmtree(tmp_path / "sandbox" / "state")
    assert since() == "since 2024-01-01T00:00:00+00:00" != began

    outside = tmp_path / "parents" / f"{place.PREFIX}x"
    outside.mkdir()
    (outside / place.ORIGIN).write_text(f"{tmp_path}\n")
    assert since() == "since 2024-01-01T00:00:00+00:00"
    shutil.rmtree(tmp_path / "sandbox")
    assert since() == "since 2024-01-01T00:00:00+00:00"
    sandbox.delete(lambda _: None)
    assert not (outside / "sandbox").exists()


def test_a_dead_proxy_does_not_hide_it(sandbox, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert bring_up(sandbox).is_ready


def test_when_it_ends_its_last_words_are_told(sandbox):
    failing = replace(sandbox, arguments=("--fail",))
    with pytest.raises(SetupError, match=r"sandbox ended(.|\n)*no recordings there"):
        bring_up(failing)


def test_a_given_port_that_is_taken_is_refused(sandbox):
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = replace(sandbox, port=server.getsockname()[1])
        with pytest.raises(SetupError, match="BULLION_SANDBOX_PORT"):
            bring_up(given)


def test_it_is_deleted_only_when_it_is_stopped(sandbox, tmp_path):
    bring_up(sandbox)
    with pytest.raises(SetupError, match="stop it"):
        sandbox.delete(lambda _: None)
    take_down(sandbox)
    sandbox.delete(lambda _: None)
    assert not (tmp_path / "sandbox").exists()
