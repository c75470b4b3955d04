"""One HTTP request to a venue, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ccxt

from pipelines.sources.exchange.ccxt_exchange import Heard
from pipelines.upstream import request_log
from pipelines.upstream.clock import Clock

SILENCE_S = 10.0  # kept after a 429 or 418 that names no Retry-After
LIMITS = (429, 418)
# what ccxt trips over when an error's body is itself cut off or not JSON
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)


@dataclass
class Attempt(request_log.Attempt):
    """One HTTP request, and what became of it; `is_final`: again will not help."""

    heard: Heard | None = None
    is_final: bool = False
    body: Any = field(default=None, repr=False)


def attempted(
    exchange: Any,
    ask: Callable[[], Any],
    pick: Callable[[Any], Any],
    number: int,
    clock: Clock,
) -> Attempt:
    """Ask once. What goes wrong is told in `error`, whoever is to blame."""
    attempt = Attempt(number, clock.now(), clock.monotonic())
    exchange.heard.answer = None
    failure: Exception | None = None
    try:
        body = ask()
        if isinstance(body, str):
            raise TypeError(f"not JSON, or cut off: {body[:60]!r}")
        attempt.body = pick(body)
    except UNREADABLE as error:
        attempt.error = f"a body that can not be read: {request_log.described(error)}"
    except ccxt.BaseError as error:
        failure = error
        attempt.error = request_log.described(error)
    attempt.heard = exchange.heard.answer
    if failure is not None and attempt.heard is not None:
        attempt.is_final = _is_refusal(failure, attempt.heard)
        attempt.silence_s = _silence_s(failure, attempt.heard)
    return attempt


def _is_refusal(error: Exception, heard: Heard) -> bool:
    """Whether the venue understood and refuses: asking again will not help."""
    if isinstance(error, ccxt.NetworkError) or heard.status in LIMITS:
        return False
    if isinstance(error, ccxt.BadRequest | ccxt.BadSymbol):
        return True
    return 400 <= heard.status < 500  # noqa: PLR2004  # HTTP's client errors


def _silence_s(error: Exception, heard: Heard) -> float | None:
    """How long the venue is to be left alone; None: it did not ask for it."""
    limited = isinstance(error, ccxt.DDoSProtection | ccxt.RateLimitExceeded)
    if not (heard.status in LIMITS or limited):
        return None
    now = request_log.date(heard.headers.get("Date"))
    asked = request_log.retry_after_s(heard.headers.get("Retry-After"), now)
    return SILENCE_S if asked is None else asked


def date_ms(heard: Heard | None) -> int | None:
    """The `Date` header; it counts whole seconds, so the venue is at most 999 ms on."""
    date = request_log.date(heard.headers.get("Date")) if heard else None
    return int(date.timestamp()) * 1000 if date else None
