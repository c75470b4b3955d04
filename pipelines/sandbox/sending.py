"""How an answer is sent, and how it is spoilt on its way."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from starlette.responses import Response

from pipelines.sandbox.answers import Answer
from pipelines.sandbox.faults import Fault

_CONTENT_TYPE = "application/json;charset=UTF-8"
_SPOILING = ("server_error", "timeout", "slow", "truncated", "disconnect")
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Cut(Response):
    """Half of a body under the length of the whole, then the end of the connection."""

    async def __call__(self, scope: Any, receive: Any, send: _Send) -> None:  # noqa: ARG002
        """Sends what there is and fails, so that the server closes the connection."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        raise ConnectionAbortedError


def spoiler(faults: Sequence[Fault]) -> Fault | None:
    """The fault that spoils how the answer is sent."""
    return next((fault for fault in faults if fault.kind in _SPOILING), None)


def too_many(faults: Sequence[Fault]) -> Fault | None:
    """The fault that refuses a request for the longest time."""
    refusing = (fault for fault in faults if fault.kind == "too_many")
    return max(refusing, key=lambda fault: fault.retry_after_s, default=None)


def retry_after(fault: Fault | None, seconds: int = 0) -> dict[str, str]:
    """The header of a refusal, unless the fault leaves it out."""
    if fault is None:
        return {"Retry-After": str(seconds)} if seconds else {}
    if fault.form == "bare":
        return {}
    wait_s = str(max(seconds, fault.retry_after_s))
    if fault.form == "reset":
        return {"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": wait_s}
    return {"Retry-After": wait_s}


async def sent(
    answer: Answer, headers: dict[str, str], fault: Fault | None
) -> Response:
    """The response to a request."""
    kind = fault.kind if fault else None
    if fault and kind == "server_error":
        page = f"<html><body><h1>{fault.status}</h1></body></html>"
        return Response(page, fault.status, headers, "text/html")
    if fault and kind in {"timeout", "slow"}:
        await asyncio.sleep(fault.seconds)
    body = answer.body
    if kind == "truncated":
        body = body[: len(body) // 2]
    shape = Cut if kind in {"disconnect", "timeout"} else Response
    return shape(body, answer.status, headers, _CONTENT_TYPE)
