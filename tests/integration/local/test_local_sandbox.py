"""The sandbox as a local service, with a stand-in for what it serves."""

import socket
from dataclasses import replace

import pytest

from pipelines.errors import SetupError
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
