"""One HTTP request to a venue, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ccxt

from pipelines.errors import UpstreamError
from pipelines.sources.exchange.ccxt_exchange import Response
from pipelines.upstream import request_log
from pipelines.upstream.clock import Clock
from pipelines.upstream.decoding import decoding

SILENCE_S = 10.0  # kept after a 429 or 418 that names no Retry-After
LIMITS = (429, 418)


@dataclass
class Attempt(request_log.Attempt):
    """One HTTP request, and what became of it; `is_final`: again will not help."""

    response: Response | None = None
    is_final: bool = False
    body: Any = field(default=None, repr=False)


def attempt(
    exchange: Any,
    ask: Callable[[], Any],
    pick: Callable[[Any], Any],
    number: int,
    clock: Clock,
) -> Attempt:
    """Send the request once; `error` of the result says what went wrong."""
    result = Attempt(number, clock.now(), clock.monotonic())
    exchange.responses.last = exchange.responses.unread = None
    failure: Exception | None = None
    try:
        with decoding("a body that can not be read"):
            try:
                body = ask()
            except ccxt.BaseError as error:
                failure = error
            else:
                if isinstance(body, str):
                    cut_off = TypeError(f"not JSON, or cut off: {body[:60]!r}")
                    raise exchange.responses.unread or cut_off
                result.body = pick(body)
    except UpstreamError as error:
        result.error = str(error)
    if failure is not None:
        result.error = request_log.described(failure)
    result.response = exchange.responses.last
    if failure is not None and result.response is not None:
        result.is_final = _is_refusal(failure, result.response)
        result.silence_s = _silence_s(failure, result.response)
    return result


def _is_refusal(error: Exception, response: Response) -> bool:
    """Whether the venue understood and refuses: asking again will not help."""
    if isinstance(error, ccxt.NetworkError) or response.status in LIMITS:
        return False
    if isinstance(error, ccxt.BadRequest | ccxt.BadSymbol):
        return True
    return 400 <= response.status < 500  # noqa: PLR2004  # HTTP's client errors


def _silence_s(error: Exception, response: Response) -> float | None:
    """The pause that the venue asked for; None: it asked for none."""
    limited = isinstance(error, ccxt.DDoSProtection | ccxt.RateLimitExceeded)
    if not (response.status in LIMITS or limited):
        return None
    now = request_log.date(response.headers.get("Date"))
    asked = request_log.retry_after_s(response.headers.get("Retry-After"), now)
    return SILENCE_S if asked is None else asked


def date_ms(response: Response | None) -> int | None:
    """The `Date` header; it counts whole seconds, so the venue is at most 999 ms on."""
    date = request_log.date(response.headers.get("Date")) if response else None
    return int(date.timestamp()) * 1000 if date else None
