"""One HTTP request to a node: a batch of calls, and what became of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import requests

from pipelines.errors import UpstreamError
from pipelines.sources.evm_node.rpc_errors import RpcError, rpc_error
from pipelines.upstream import request_log, wire
from pipelines.upstream.clock import Clock
from pipelines.upstream.decoding import decoding

if TYPE_CHECKING:  # web3 takes two seconds to import
    from pipelines.sources.evm_node.node_provider import NodeProvider, NodeSession

Redacted = Callable[[str], str]
NO_SUCH_ANSWER = RpcError("failed", None, "the batch has no answer to this call")


class Call(NamedTuple):
    """A method, and its parameters."""

    method: str
    params: Sequence[Any]


class Outcome(NamedTuple):
    """What a call came to: a result, or the error in its place."""

    result: Any = None
    error: RpcError | None = None
    request_id: str = ""
    received_at: str = ""


@dataclass
class Attempt(request_log.Attempt):
    """A request, and what became of it.

    Attributes:
        outcomes: of its calls, in their order; empty where it failed as a whole.
        failure: why it did.
    """

    outcomes: Sequence[Outcome] = field(default=(), repr=False)
    failure: RpcError | None = None
    status: int | None = None
    bytes_count: int = 0


def send(
    provider: "NodeProvider",
    session: "NodeSession",
    calls: Sequence[Call],
    *,
    number: int,
    clock: Clock,
    redacted: Redacted,
) -> Attempt:
    """Send the request once; nothing of the address is in what comes back."""
    from pipelines.sources.evm_node.node_provider import ask  # noqa: PLC0415

    attempt = Attempt(number, clock.now(), clock.monotonic())
    said: Any = None
    try:
        with decoding("a body that can not be read"):
            said = _answered(lambda: ask(provider, calls))
    except UpstreamError as error:
        text = redacted(str(error))
        attempt.failure = RpcError("broken", None, text[:300])
    response = getattr(session.answered, "response", None)
    if response is not None:
        attempt.status = response.status_code
        attempt.bytes_count = len(response.content)
    if attempt.failure is None:
        attempt.failure = _failure(said, len(calls), response, redacted)
    if attempt.failure is None:
        now = clock.now().isoformat()
        answers = {a["id"]: a for a in said} if len(calls) > 1 else {0: said}
        attempt.outcomes = [
            Outcome(*_outcome(answers.get(place), redacted), attempt.request_id, now)
            for place in range(len(calls))
        ]
    attempt.error = str(attempt.failure) if attempt.failure else _errors(attempt)
    return attempt


def _answered(ask: Callable[[], Any]) -> Any:
    """What was answered; of an HTTP error nothing yet.

    Raises:
        UpstreamError: nothing was, in words without an address.
    """
    try:
        return ask()
    except requests.HTTPError:
        return None
    except requests.RequestException as error:
        kind = type(error).__name__
        raise UpstreamError(f"no answer: {kind}") from None


def _failure(
    said: Any, count: int, response: requests.Response | None, redacted: Redacted
) -> RpcError | None:
    """Why the request failed as a whole; None: its calls have answers of their own."""
    if said is None and response is not None:
        return _refusal(response, redacted)
    if isinstance(said, dict if count == 1 else list):
        return None
    told = said.get("error") if isinstance(said, dict) else None
    told = told or f"{count} calls have not so many answers"
    return rpc_error(told, redacted, response.status_code if response else None)


def _outcome(answer: Any, redacted: Redacted) -> tuple[Any, RpcError | None]:
    if answer is None:
        return None, NO_SUCH_ANSWER
    if answer.get("error") is not None:
        return None, rpc_error(answer["error"], redacted)
    if "result" not in answer:
        return None, NO_SUCH_ANSWER
    return answer["result"], None


def _refusal(response: requests.Response, redacted: Redacted) -> RpcError:
    """An HTTP error; its body may be a JSON-RPC one."""
    status = response.status_code
    try:
        body = wire.read_json(response.text)
        body = body[0] if isinstance(body, list) else body
        said = body.get("error") or body.get("message")
    except (ValueError, AttributeError, LookupError):
        said = None
    error = rpc_error(said or f"HTTP status {status}", redacted, status)
    now = request_log.date(response.headers.get("Date"))
    pause = request_log.retry_after_s(response.headers.get("Retry-After"), now)
    return RpcError(error.meaning, error.code or status, error.message, pause)


def _errors(attempt: Attempt) -> str | None:
    """The first error of its calls, and of how many."""
    errors = [outcome.error for outcome in attempt.outcomes if outcome.error]
    return f"{len(errors)} of {len(attempt.outcomes)}: {errors[0]}" if errors else None
