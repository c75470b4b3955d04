"""One HTTP request to the archive's host, and what became of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self, TypeVar

import requests

from pipelines.errors import BadDataError, UpstreamError
from pipelines.upstream import request_log
from pipelines.upstream.http_session import cut_off

EXCHANGE_ID = "binance"
GOOD = 200
ABSENT = 404
BUSY = (429, 418, 503)

T = TypeVar("T")


class AbsentError(UpstreamError):
    """The host has no such file (yet)."""


@dataclass(frozen=True)
class ResponseHead:
    """A good answer's headers and receipt; `now_ms` is the host's clock."""

    request_id: str
    origin: str
    now_ms: int
    published_at_ms: int | None
    received_at: str


@dataclass
class Attempt(request_log.Attempt):
    """One HTTP request, and what became of it."""

    url: str = ""
    endpoint: str = ""
    symbol: str | None = None
    status: int | None = None
    bytes_count: int = 0
    date: datetime | None = None
    published: datetime | None = None

    @classmethod
    def begun(cls, url: str, endpoint: str, symbol: str | None, number: int) -> Self:
        """One that begins now."""
        now, began = datetime.now(UTC), time.monotonic()
        return cls(number, now, began, url=url, endpoint=endpoint, symbol=symbol)

    def run(
        self,
        session: requests.Session,
        timeout_s: float,
        seconds: float,
        take: Callable[[requests.Response], T],
    ) -> T:
        """Ask, and let `take` read the body of a good answer, for so many `seconds`.

        Raises:
            AbsentError: the host has nothing there.
            BadDataError: the host refuses the request.
            UpstreamError: the host can not answer now.
        """
        headers = {"Accept-Encoding": "identity"}  # the bytes as published
        with session.get(
            self.url, headers=headers, timeout=timeout_s, stream=True
        ) as response:
            self.status = response.status_code
            self.date = request_log.date(response.headers.get("Date"))
            self.published = request_log.date(response.headers.get("Last-Modified"))
            self.url = response.url
            if response.status_code != GOOD:
                raise self._refusal(response)
            try:
                with cut_off(response.raw.shutdown, seconds):
                    return take(response)
            finally:
                self.bytes_count = response.raw.tell()

    def _refusal(self, response: requests.Response) -> Exception:
        status = response.status_code
        if status == ABSENT:
            return AbsentError(f"{self.url} is not there (404)")
        if status in BUSY:
            asked = response.headers.get("Retry-After")
            self.silence_s = request_log.retry_after_s(asked, self.date)
        message = f"HTTP {status} {response.reason}"
        is_final = status < 500 and status not in BUSY  # noqa: PLR2004
        return (
            BadDataError(f"{self.url}: {message}")
            if is_final
            else UpstreamError(message)
        )

    def failed(self, error: Exception) -> str:
        """Note what went wrong; the message."""
        self.error = request_log.described(error)
        return self.error

    def head(self) -> ResponseHead:
        """The head of the answer."""
        now = self.date or datetime.now(UTC)
        return ResponseHead(
            self.request_id,
            self.url,
            int(now.timestamp()) * 1000,
            int(self.published.timestamp()) * 1000 if self.published else None,
            datetime.now(UTC).isoformat(),
        )

    def row(self) -> dict[str, object]:
        """The request as a row of `requests`; the archive's host counts no weight."""
        return self.log_row(
            EXCHANGE_ID,
            self.endpoint,
            self.symbol,
            ended=time.monotonic(),
            status=self.status,
            bytes_count=self.bytes_count,
        )
