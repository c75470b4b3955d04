"""The archive's host: asks, tries again, and logs each request.

Live: files at https://data.binance.vision, their listing from the bucket behind it.
Retries live here and nowhere else. Every HTTP request becomes a row of `requests`.
"""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import quote

import requests

from pipelines.errors import BadDataError, BullionError, UpstreamError
from pipelines.sources.archive.address import FILES_URL, files_url, listing_url
from pipelines.sources.archive.attempt import AbsentError, Attempt, ResponseHead
from pipelines.sources.archive.listing import Entry, Page, parse
from pipelines.upstream.bounds import BOUNDS
from pipelines.upstream.clock import SystemClock
from pipelines.upstream.decoding import decoding
from pipelines.upstream.extents import to_ms
from pipelines.upstream.http_session import BoundedSession, bounded_body
from pipelines.upstream.request_log import RequestLog, date
from pipelines.upstream.retry import is_loopback, wait_after
from pipelines.upstream.upstream_clock import UpstreamClock

LONGEST_TEXT = 8 << 20  # a listing's page of 1,000 keys has about 0.4 MB

T = TypeVar("T")


class ArchiveHost:
    """Asks the host. Threads may share it."""

    def __init__(
        self,
        attempts: int = 5,
        timeout_s: float = 20,
        patience_s: float = 90,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.files_url, self._listing_url = files_url(), listing_url()
        self._attempts = attempts
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        self._sleep = sleep
        self._quiet_until = 0.0
        self._clock = UpstreamClock(SystemClock())
        self.session = BoundedSession()
        # requests would send loopback through the environment's proxy
        self.session.trust_env = not is_loopback(self.files_url)

    def close(self) -> None:
        """Close the connections."""
        self.session.close()

    def listed(
        self, prefix: str, log: RequestLog, symbol: str | None = None, after: str = ""
    ) -> tuple[list[Entry], ResponseHead]:
        """Every file whose path begins with `prefix`, and comes `after` a text.

        Raises:
            UpstreamError: the host did not answer, or not with a listing.
        """
        pages = list(self._pages(prefix, log, symbol, after))
        entries = [e for page, _ in pages for e in page.entries]
        return [e for e in entries if e.key.startswith(prefix)], pages[-1][1]

    def folders(self, prefix: str, log: RequestLog) -> list[str]:
        """The names of what lies below a folder, which `prefix` ends with.

        Raises:
            UpstreamError: the host did not answer, or not with a listing.
        """
        return [
            path.removeprefix(prefix).rstrip("/")
            for page, _ in self._pages(prefix, log, None)
            for path in page.folders
        ]

    def _pages(
        self, prefix: str, log: RequestLog, symbol: str | None, marker: str = ""
    ) -> Iterator[tuple[Page, ResponseHead]]:
        for _ in range(BOUNDS.pages):
            url = f"{self._listing_url}?delimiter=/&prefix={quote(prefix)}"
            url += f"&marker={quote(marker)}" if marker else ""
            page, head = self._page(url, log, symbol)
            yield page, head
            if page.next_marker is None:
                return
            if page.next_marker <= marker:
                raise UpstreamError(f"the listing of {prefix} goes round in a circle")
            marker = page.next_marker
        raise UpstreamError(f"the listing of {prefix} has over {BOUNDS.pages} pages")

    def now_ms(self, log: RequestLog) -> int:
        """The host's clock.

        Raises:
            UpstreamError: the host did not answer.
        """
        return self.listed("data/", log)[1].now_ms

    def _page(
        self, url: str, log: RequestLog, symbol: str | None
    ) -> tuple[Page, ResponseHead]:
        def take(response: requests.Response) -> Page:
            with decoding("a listing that can not be read"):
                return parse(bounded_body(response, LONGEST_TEXT))

        return self.asked(url, "listing", take, log, symbol)

    def checksum(
        self, path: str, log: RequestLog, symbol: str | None
    ) -> tuple[str, ResponseHead]:
        """The text of the file's `.CHECKSUM`.

        Raises:
            AbsentError: there is none.
        """
        url = self.url(f"{path}.CHECKSUM")

        def take(response: requests.Response) -> str:
            with decoding("a checksum that can not be read"):
                return bounded_body(response, LONGEST_TEXT).decode("utf-8")

        return self.asked(url, "checksum", take, log, symbol)

    def url(self, path: str) -> str:
        """Where a file lies."""
        return f"{self.files_url}/{quote(path)}"

    def asked(
        self,
        url: str,
        endpoint: str,
        take: Callable[[requests.Response], T],
        log: RequestLog,
        symbol: str | None,
        *,
        seconds: float = BOUNDS.seconds,
    ) -> tuple[T, ResponseHead]:
        """What `take` makes of a good answer's body, which may take so many `seconds`.

        A ValueError is tried again.

        Raises:
            AbsentError: the host has nothing there.
            BadDataError: the host refuses the request.
            UpstreamError: no good answer came in all attempts.
        """
        message = ""
        for number in range(1, self._attempts + 1):
            self._wait(url)
            attempt = Attempt.begun(url, endpoint, symbol, number)
            try:
                body = attempt.run(
                    self.session, self._timeout_s, seconds, self._judged(take)
                )
            except (requests.RequestException, ValueError, BullionError) as error:
                message = attempt.failed(error)
                if isinstance(error, (AbsentError, BadDataError)):
                    raise
                if attempt.silence_s is not None:
                    self._quiet_until = time.monotonic() + attempt.silence_s
            else:
                return body, attempt.head()
            finally:
                log.append(attempt.row())
            if number < self._attempts:
                wait_after(number, f"{url}: {message}", self._sleep)
        raise UpstreamError(f"{url}: {message} (attempt {self._attempts})")

    def _judged(
        self, take: Callable[[requests.Response], T]
    ) -> Callable[[requests.Response], T]:
        """What takes the answer, if its clock is one that can be."""

        def taken(response: requests.Response) -> T:
            now = date(response.headers.get("Date"))
            if now is not None:
                is_stand_in = self.files_url != FILES_URL
                now_ms = to_ms(now)
                self._clock.check(now_ms, response.headers, is_stand_in=is_stand_in)
                self._clock.set(now_ms)
            return take(response)

        return taken

    def _wait(self, url: str) -> None:
        """Wait for as long as the host asked any thread to."""
        left = self._quiet_until - time.monotonic()
        if left > self._patience_s:
            raise UpstreamError(f"{url}: the host wants {left:.0f} s of silence")
        if left > 0:
            self._sleep(left)
