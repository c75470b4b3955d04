"""Whether anybody answers is known in seconds, and told without an address."""

import logging
import socket
import threading
import time

import pytest

from pipelines.terminal import output
from pipelines.upstream import reachability, retry
from pipelines.upstream.reachability import unreachable


@pytest.fixture
def silent():
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed():
    """An address of this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def no_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def patience(monkeypatch):
    monkeypatch.setattr(reachability, "PATIENCE_S", 0.5)


def test_of_this_machine_it_is_known_at_once(silent, closed):
    assert unreachable([silent, closed]) == {closed: "connection refused"}


def test_who_is_silent_is_not_waited_for(silent, no_proxy, patience, monkeypatch):
    monkeypatch.setattr(reachability, "is_loopback", lambda _: False)
    began = time.monotonic()
    many = [f"{silent}/{number}" for number in range(20)]
    assert unreachable(many) == dict.fromkeys(many, reachability.SILENT)
    assert time.monotonic() - began < 5


def test_a_name_that_takes_long_to_resolve_is_not_waited_for(no_proxy, patience):
    hold = threading.Event()

    def resolve(*_, **__):
        hold.wait(10)
        raise OSError

    url = "http://venue.example"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", resolve)
        began = time.monotonic()
        assert unreachable([url]) == {url: reachability.SILENT}
        assert time.monotonic() - began < 5
        hold.set()


def test_any_answer_counts(no_proxy, monkeypatch):
    monkeypatch.setattr(reachability, "is_loopback", lambda _: False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        refusal = b"HTTP/1.1 451 Unavailable For Legal Reasons\r\n\r\n"
        thread = threading.Thread(target=_answer, args=(server, refusal), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert unreachable([url]) == {}
        thread.join()


def _answer(server, text):
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(text)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_asked_where_one_is_named_and_no_address_is_told(
    scheme, closed, no_proxy, monkeypatch
):
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", closed)
    url = f"{scheme}://node.example/a-secret-key"
    assert unreachable([url]) == {url: "the proxy does not pass it on"}


def test_each_retry_is_told_with_its_reason(capsys):
    waits: list[float] = []
    output.speak_json(asked=False)
    output.tell_retries()
    try:
        retry.wait_after(1, "BTC/USD on kraken: HTTP 502", waits.append)
    finally:
        logging.getLogger("bullion.retries").handlers = []
    told = capsys.readouterr().err
    assert told == (
        f"BTC/USD on kraken: HTTP 502; asked again in {waits[0]:.1f} s (attempt 2)\n"
    )
