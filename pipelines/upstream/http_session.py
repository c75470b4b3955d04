"""A session whose answers stay within the bounds, and come from who was asked."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RD
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from pipelines.errors import UpstreamError
from pipelines.upstream.bounds import BOUNDS

MOST_REDIRECTS = 5
CHUNK = 1 << 16


@contextmanager
def cut_off(shutdown: Callable[[], Any], seconds: float) -> Iterator[None]:
    """What the block receives ends after so many seconds, however slowly it comes.

    A socket's own timeout is of one silence; a byte a second never breaks it.

    Raises:
        UpstreamError: it was cut off.
    """
    is_late = threading.Event()

    def cut() -> None:
        is_late.set()
        with suppress(OSError, ValueError):  # it has ended by itself
            shutdown()

    timer = threading.Timer(max(seconds, 0), cut)
    timer.daemon = True
    timer.start()
    late = f"the answer was not whole after {seconds:.0f} s"
    try:
        yield
    except Exception as error:
        if is_late.is_set():
            raise UpstreamError(late) from error
        raise
    finally:
        timer.cancel()
    if is_late.is_set():
        raise UpstreamError(late)


class _TimedConnection(HTTPConnection):
    def getresponse(self) -> Any:
        """The response's head, in time."""
        sock = self.sock
        with cut_off(lambda: sock.shutdown(SHUT_RD), BOUNDS.seconds):
            return super().getresponse()


class _TimedSecureConnection(_TimedConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _TimedSecureConnection


POOLS = {"http": _Pool, "https": _SecurePool}


class BoundedAdapter(HTTPAdapter):
    """Reads a body up to the bounds, before anybody else can read all of it.

    Attributes:
        limit: bytes of a body, after decompression.
    """

    limit = BOUNDS.bytes_count

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Connections are timed."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Connections through a proxy are timed, too."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = POOLS
        return manager

    def send(  # type: ignore[override]
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002  # requests' signature
        **kwargs: Any,
    ) -> requests.Response:
        """The response; its body is read, unless it is to be streamed.

        Raises:
            UpstreamError: it is beyond the bounds.
        """
        began = time.monotonic()
        response = super().send(request, stream=True, **kwargs)
        if stream and not response.is_redirect:
            return response
        left_s = BOUNDS.seconds - (time.monotonic() - began)
        try:
            with cut_off(response.raw.shutdown, left_s):
                # as requests itself keeps a body that was read
                response._content = bounded_body(  # noqa: SLF001
                    response, self.limit
                )
        except BaseException:
            response.close()
            raise
        return response


class BoundedSession(requests.Session):
    """A session for an upstream. Threads may share it.

    Attributes:
        answered: by thread, the `url` that gave the last answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.max_redirects = MOST_REDIRECTS
        self.answered = threading.local()
        self.mount("https://", BoundedAdapter())
        self.mount("http://", BoundedAdapter())

    def send(
        self, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        """The answer, after redirects; the session notes who gave it."""
        response = super().send(request, **kwargs)
        self.answered.url = response.url
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where the response sends to.

        Raises:
            UpstreamError: to another host, port or scheme.
        """
        target = super().get_redirect_target(resp)
        if target is not None:
            here, there = (origin(u) for u in (resp.url, urljoin(resp.url, target)))
            if here != there and not self.follows(there):
                raise UpstreamError(f"{here} sends to {there}, which is not followed")
        return target

    def follows(self, origin: str) -> bool:
        """Whether a response may send to another origin than its own."""
        del origin
        return False


def bounded_body(response: requests.Response, limit: int = BOUNDS.bytes_count) -> bytes:
    """The body, decompressed.

    Raises:
        UpstreamError: it has more bytes than `limit`.
    """
    blocks: list[bytes] = []
    count = 0
    for block in response.iter_content(CHUNK):
        blocks.append(block)
        count += len(block)
        if count > limit:
            raise UpstreamError(f"the answer has more than {limit} bytes")
    return b"".join(blocks)


def origin(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, standard) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"
