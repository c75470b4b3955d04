"""Fetches what an upstream says over HTTP: within its budget, tried again, logged.

Retries live here and nowhere else. Every HTTP request becomes a row of `requests`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

import requests

from pipelines.config.listener import ConfigProvider
from pipelines.errors import BullionError, UpstreamError
from pipelines.upstream.budget import Budget, Limit
from pipelines.upstream.clock import Clock
from pipelines.upstream.request_log import (
    LONGEST_PAUSE_S,
    Attempt,
    RequestLog,
    date,
    described,
    hidden,
    retry_after_s,
)
from pipelines.upstream.retry import wait_after

BUSY = (429, 418, 503)
FORBIDDEN = 403  # GitHub's for a spent limit:
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
SERVER_ERRORS = 500
SILENCE_S = 60.0  # where a refusal names no time; GitHub asks for a minute at least
EPOCH_S = 1_000_000_000  # a reset above it is a time, below it so many seconds from now


@dataclass(frozen=True)
class Answer:
    """An answer that asking again would not change, whatever its status."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    url: str
    received_at: datetime
    request_id: str


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        url: whole, with its query.
        endpoint: what it is called in the request log, as is `subject`.
        form: what is posted; None: nothing is.
        login: name and password, of a request for a token.
    """

    url: str
    endpoint: str
    subject: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = None
    login: tuple[str, str] | None = field(default=None, repr=False)


class Fetcher:
    """Fetches from one upstream, `scope`. Threads may share it.

    `secrets` are what its requests carry: no error and no row of the log shows them.
    """

    def __init__(
        self,
        scope: str,
        session: requests.Session,
        budget: Budget,
        limits: Mapping[str, Limit],
        *,
        config: ConfigProvider,
        clock: Clock,
        secrets: Collection[str] = (),
    ) -> None:
        self._scope = scope
        self._session = session
        self._budget = budget
        self._weights = dict.fromkeys(limits, 1)
        self._config = config
        self._clock = clock
        self._secrets = secrets

    def close(self) -> None:
        """Close the connections."""
        self._budget.close()
        self._session.close()

    def fetch(self, request: Request, log: RequestLog) -> Answer:
        """The answer; a refusal that is final is one, by its status.

        Each request counts of every limit of the upstream, failures, too.

        Raises:
            UpstreamError: it did not answer in all attempts, or asks for a pause that
                is longer than our patience.
            BadDataError: the address is none that may be asked.
        """
        for number in count(1):
            self._budget.acquire(**self._weights)
            attempt = Attempt(number, self._clock.now(), self._clock.monotonic())
            answer: Answer | None = None
            try:
                answer = self._asked(request, attempt)
            except requests.RequestException as error:
                attempt.error = hidden(described(error), self._secrets)
            except BullionError as error:
                attempt.error = str(error)
                raise
            finally:
                log.append(self._row(request, attempt, answer))
            if answer is not None and attempt.error is None:
                self._budget.succeeded()
                return answer
            self._report(attempt)
            thresholds = self._config.current.thresholds
            about = " ".join(filter(None, (request.endpoint, request.subject)))
            message = f"{self._scope} {about}: {attempt.error}"
            if number >= thresholds.attempts:
                raise UpstreamError(f"{message} (attempt {number})")
            wait_after(number, message, self._clock.sleep)
        raise AssertionError("it counts for ever")  # pragma: no cover

    def _asked(self, request: Request, attempt: Attempt) -> Answer:
        timeout_s = self._config.current.thresholds.request_timeout_seconds
        response = self._session.request(
            "GET" if request.form is None else "POST",
            request.url,
            headers=dict(request.headers),
            data=request.form,
            auth=request.login,
            timeout=timeout_s,
        )
        answer = Answer(
            response.status_code,
            response.content,
            response.headers,
            response.url,
            self._clock.now(),
            attempt.request_id,
        )
        attempt.silence_s = silence_s(answer)
        if attempt.silence_s is not None or answer.status >= SERVER_ERRORS:
            attempt.error = f"HTTP {answer.status} {response.reason}"
        return answer

    def _report(self, attempt: Attempt) -> None:
        reason = attempt.error or ""
        if attempt.silence_s is not None:
            self._budget.pause(attempt.silence_s, reason)
        else:
            self._budget.failed(reason)

    def _row(
        self, request: Request, attempt: Attempt, answer: Answer | None
    ) -> dict[str, object]:
        return attempt.log_row(
            self._scope,
            request.endpoint,
            request.subject,
            ended=self._clock.monotonic(),
            status=answer.status if answer else None,
            bytes_count=len(answer.body) if answer else 0,
            weight=1,
        )


def silence_s(answer: Answer) -> float | None:
    """The pause that an answer asks for; None: it asks for none.

    A spent limit is told by 429, or by 403 with nothing remaining, a time to come
    again, or the words of GitHub's secondary limits.
    """
    headers = {name.lower(): value for name, value in answer.headers.items()}
    asked = retry_after_s(
        headers.get("retry-after"), date(headers.get("date")) or answer.received_at
    )
    spent = headers.get("x-ratelimit-remaining", "").split(".")[0] == "0"
    limited = answer.status == FORBIDDEN and (
        spent or asked is not None or b"secondary rate limit" in answer.body.lower()
    )
    if not (answer.status in BUSY or limited):
        return None
    reset = _until_reset_s(headers, answer.received_at) if spent else None
    named = [seconds for seconds in (asked, reset) if seconds is not None]
    return max(named, default=SILENCE_S)


def _until_reset_s(headers: Mapping[str, str], now: datetime) -> float | None:
    try:
        reset = float(headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return None
    left = reset - now.timestamp() if reset > EPOCH_S else reset
    return min(max(left, 0.0), LONGEST_PAUSE_S)
