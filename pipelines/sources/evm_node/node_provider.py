"""web3's provider with a session of ours and orjson: batches as they are, bounded.

web3 knows no address: its provider writes its URI into logs. So the URI is a name, and
the session puts the address in its place.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, cast

import orjson
import requests
from pydantic import SecretStr
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from pipelines.errors import UpstreamError
from pipelines.upstream.bounds import BOUNDS
from pipelines.upstream.http_session import BoundedSession
from pipelines.upstream.wire import within_depth

# at their debug level these log the path of each request, and what was answered
for name in ("urllib3.connectionpool", HTTPProvider.logger.name):
    logging.getLogger(name).setLevel(logging.INFO)


class NodeSession(BoundedSession):
    """A session to one address; `answered.response` is the last answer of a thread.

    A redirect is an answer like any other: it is not followed.
    """

    def __init__(self, url: SecretStr, timeout_s: Callable[[], float]) -> None:
        super().__init__()
        self._url = url
        self._timeout_s = timeout_s

    def request(  # type: ignore[override]
        self, method: str, _: str, **kwargs: Any
    ) -> requests.Response:
        """The response of the address, whatever URL is named."""
        self.answered.response = None
        kwargs |= {"timeout": self._timeout_s(), "allow_redirects": False}
        return super().request(method, self._url.get_secret_value(), **kwargs)

    def send(
        self, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        """The answer.

        Raises:
            UpstreamError: it is a redirect.
        """
        response = super().send(request, **kwargs)
        self.answered.response = response
        if response.is_redirect:
            raise UpstreamError("it sends to another address, which is not followed")
        return response


class NodeProvider(HTTPProvider):
    """A node. Threads may share it.

    The calls of a batch have their position in it as their id.
    """

    def __init__(self, name: str, session: NodeSession) -> None:
        uri = f"http://{name}"
        super().__init__(uri, session=session, exception_retry_configuration=None)

    def encode_batch_rpc_request(
        self, requests: list[tuple[RPCEndpoint, Any]]
    ) -> bytes:
        """The body of a batch."""
        return orjson.dumps(
            [_call(at, *request) for at, request in enumerate(requests)]
        )

    def encode_rpc_request(self, method: RPCEndpoint, params: Any) -> bytes:
        """The body of one call."""
        return orjson.dumps(_call(0, method, params))

    @staticmethod
    def decode_rpc_response(raw_response: bytes) -> RPCResponse:
        """The answer, or those of a batch; an error that stands alone is for all of it.

        Raises:
            ValueError: it is no answer, or beyond the bounds of one.
        """
        count = raw_response.count(b",") + 1
        if count > BOUNDS.values:
            raise ValueError(f"some {count} values, more than {BOUNDS.values}")
        said = within_depth(orjson.loads(raw_response))
        if isinstance(said, list) and len(said) == 1:
            said = said[0]
        if isinstance(said, list) and all(map(_is_numbered, said)):
            return cast("RPCResponse", said)
        if isinstance(said, dict):
            return cast("RPCResponse", said)
        raise ValueError(f"no answer with its call's number: {raw_response[:60]!r}")


def ask(provider: NodeProvider, calls: Sequence[tuple[str, Any]]) -> Any:
    """What is answered to the calls of one request: to one alone a mapping."""
    batch = [(RPCEndpoint(method), params) for method, params in calls]
    if len(batch) == 1:
        return provider.make_request(*batch[0])
    return provider.make_batch_request(batch)


def _call(at: int, method: str, params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": at, "method": method, "params": params}


def _is_numbered(answer: object) -> bool:
    return isinstance(answer, dict) and type(answer.get("id")) is int
