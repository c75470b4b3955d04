"""Only public addresses are reached, each resolved once, checked and connected to."""

import gzip
import socket

import pytest
import requests

from pipelines.errors import BadDataError, UpstreamError
from pipelines.upstream import checked_session
from pipelines.upstream.checked_session import CheckedSession
from tests.fakes.raw_server import HEAD, raw_server

PUBLIC = "93.184.216.34"
FORBIDDEN = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("0.0.0.0", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "64:ff9b::7f00:1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "2002:7f00:1::"),
]
OK = HEAD + b"Content-Length: 2\r\n\r\n[]"


@pytest.fixture
def names(monkeypatch):
    """What names resolve to, in turn; a public address leads to the test's server."""
    known: dict[str, list[str]] = {}
    asked: list[str] = []
    genuine = socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        asked.append(host)
        answers = known.get(host)
        if answers is None:
            return genuine(host, port, *args, **kwargs)
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        where = (address, port, 0, 0) if ":" in address else (address, port)
        return [(family, socket.SOCK_STREAM, 6, "", where)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    known[PUBLIC] = ["127.0.0.1"]
    return known, asked


def port_of(url):
    return url.rsplit(":", 1)[1]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_name_at_an_address_that_is_not_public_is_refused(names, address):
    names[0]["feed.example"] = [address]
    with pytest.raises(BadDataError, match="which is no public address"):
        CheckedSession().get("http://feed.example/rss", timeout=2)


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "[::1]"])
def test_an_address_in_any_spelling_is_refused(host):
    with pytest.raises(BadDataError, match="no public address"):
        CheckedSession().get(f"http://{host}:9/", timeout=2)


def test_a_name_that_resolves_anew_is_connected_to_as_it_was_checked(names):
    known, asked = names
    known["feed.example"] = [PUBLIC, "169.254.169.254"]
    with raw_server([OK]) as url:
        answer = CheckedSession().get(f"http://feed.example:{port_of(url)}/", timeout=2)
    assert answer.text == "[]"
    assert asked == ["feed.example", PUBLIC]


@pytest.mark.parametrize(
    "there", ["http://169.254.169.254/latest/meta-data", "http://inside.example/"]
)
def test_a_redirect_is_checked_as_the_first_hop_is(names, there):
    names[0]["feed.example"] = [PUBLIC]
    names[0]["inside.example"] = ["10.0.0.7"]
    moved = f"HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n"
    with (
        raw_server([moved.encode()]) as url,
        pytest.raises(BadDataError, match="no public address"),
    ):
        CheckedSession().get(f"http://feed.example:{port_of(url)}/", timeout=2)


def test_an_address_that_the_operator_set_may_be_local_and_only_that_one(names):
    with raw_server([OK]) as own, raw_server([OK]) as other:
        session = CheckedSession([f"{own}/rss"])
        assert session.get(f"{own}/rss", timeout=2).text == "[]"
        with pytest.raises(BadDataError, match="no public address"):
            session.get(other, timeout=2)


def test_a_redirect_from_the_operators_address_is_checked():
    there = b"http://169.254.169.254/"
    moved = b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % there
    with (
        raw_server([moved]) as own,
        pytest.raises(BadDataError, match="no public address"),
    ):
        CheckedSession([own]).get(own, timeout=2)


def test_a_secret_is_told_to_nobody_else(names):
    known, asked = names
    known["feed.example"] = known["other.example"] = [PUBLIC]
    there = b"http://other.example/"
    moved = b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % there
    with raw_server([moved]) as url:
        address = f"http://feed.example:{port_of(url)}/"
        with pytest.raises(UpstreamError, match="which is not followed"):
            CheckedSession(has_secret=True).get(address, timeout=2)
    assert "other.example" not in asked


def test_a_sixth_redirect_is_not_followed(names):
    names[0]["feed.example"] = [PUBLIC]
    moved = b"HTTP/1.1 302 Found\r\nLocation: /\r\nConnection: close\r\n\r\n"
    with raw_server([moved]) as url, pytest.raises(requests.TooManyRedirects):
        CheckedSession().get(f"http://feed.example:{port_of(url)}/", timeout=2)


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_body_has_eight_megabytes_at_most_once_it_is_unpacked(is_packed):
    size = 50 << 20
    body = gzip.compress(b"\0" * size, 9) if is_packed else b"\0" * size
    coding = b"Content-Encoding: gzip\r\n" if is_packed else b""
    head = HEAD + coding + b"Content-Length: %d\r\n\r\n" % len(body)
    limit = checked_session.LARGEST_BODY
    with (
        raw_server([head, body]) as own,
        pytest.raises(UpstreamError, match=f"more than {limit} bytes"),
    ):
        CheckedSession([own]).get(own, timeout=5)


def test_a_proxy_is_used_only_where_the_operator_says_that_it_checks(monkeypatch):
    with raw_server([OK]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        checking = CheckedSession(proxy_checks=True)
        assert checking.get("http://10.0.0.1/", timeout=2).text == "[]"
        with pytest.raises(BadDataError, match="no public address"):
            CheckedSession().get("http://10.0.0.1/", timeout=2)
