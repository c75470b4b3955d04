"""An answer stays within its bounds, and comes from who was asked."""

import gzip
import time
import zlib
from functools import partial

import pytest
import requests

from pipelines.errors import UpstreamError
from pipelines.upstream import http_session
from pipelines.upstream.bounds import Bounds
from pipelines.upstream.http_session import BoundedSession
from tests.fakes.raw_server import HEAD, raw_server
from tests.fakes.venue_server import Reply, venue_server

MIB = 1 << 20


def sent(reply, path, params):
    return reply


@pytest.fixture
def bounds(monkeypatch):
    monkeypatch.setattr(http_session, "BOUNDS", Bounds(seconds=1))


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + b"Content-Length: 100\r\n\r\n", *[b"x"] * 100],
        [HEAD + b"Connection: close\r\n\r\n", *[b"x"] * 100],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 100],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"0"] * 100],
        [HEAD, *[b"X: y\r\n"] * 90],
        [HEAD + b"X: ", *[b"y"] * 90],
        [
            b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 99\r\n\r\n",
            *[b"x"] * 99,
        ],
    ],
    ids=["length", "close", "chunks", "size", "headers", "header", "redirect"],
)
@pytest.mark.usefixtures("bounds")
def test_an_answer_that_drips_ends_in_time(pieces):
    began = time.monotonic()
    with (
        raw_server(pieces, 0.1) as url,
        pytest.raises(UpstreamError, match="after 1 s"),
    ):
        BoundedSession().get(url, timeout=5)
    assert time.monotonic() - began < 5


@pytest.mark.timeout(60)
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("status", [b"200 OK", b"500 Oops", b"302 Found"])
def test_a_body_is_bounded_by_what_it_unpacks_to(coding, status):
    pack = gzip.compress if coding == "gzip" else zlib.compress
    body = pack(b"\0" * 100 * MIB, 9)
    head = b"HTTP/1.1 %b\r\nLocation: /\r\nContent-Encoding: %b\r\n" % (
        status,
        coding.encode(),
    )
    head += b"Content-Length: %d\r\n\r\n" % len(body)
    assert len(body) < MIB
    too_many = pytest.raises(UpstreamError, match=f"more than {64 * MIB} bytes")
    with raw_server([head + body]) as url, too_many:
        BoundedSession().get(url, timeout=5)


def test_an_answer_within_the_bounds_is_as_it_was_sent():
    body = gzip.compress(b"[1]" * 1000)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with raw_server([head + body]) as url:
        assert BoundedSession().get(url, timeout=5).text == "[1]" * 1000


@pytest.mark.parametrize(
    "there",
    ["http://localhost:{port}/x", "https://127.0.0.1:{port}/x", "//evil.test/x"],
)
def test_a_redirect_to_another_host_port_or_scheme_is_not_followed(there):
    refused = pytest.raises(UpstreamError, match="which is not followed")
    with venue_server(lambda path, params: Reply("[]")) as other:
        port = other.url.rsplit(":", 1)[1]
        for location in (there.format(port=port), f"{other.url}/x"):
            reply = Reply("", status=302, headers={"Location": location})
            respond = partial(sent, reply)
            with venue_server(respond) as server, refused:
                BoundedSession().get(server.url, timeout=5)
        assert other.asked == []


@pytest.mark.parametrize("location", ["/there", "there", "{url}/there"])
def test_a_redirect_within_the_host_is_followed_and_noted(location):
    def respond(path, params):
        if path == "/there":
            return Reply("[7]")
        return Reply(
            "", status=307, headers={"Location": location.format(url=server.url)}
        )

    session = BoundedSession()
    with venue_server(respond) as server:
        assert session.get(f"{server.url}/here?a=1", timeout=5).json() == [7]
        assert session.answered.url == f"{server.url}/there"


def test_redirects_in_a_circle_end():
    reply = Reply("", status=302, headers={"Location": "/"})
    with venue_server(lambda path, params: reply) as server:
        with pytest.raises(requests.TooManyRedirects):
            BoundedSession().get(server.url, timeout=5)
        assert len(server.asked) == http_session.MOST_REDIRECTS + 1
