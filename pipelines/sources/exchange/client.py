"""A venue's client: asks within the budget, tries again, and tells what it heard.

Retries live here and nowhere else. Every HTTP request becomes a row of `requests`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from pipelines.config.listener import ConfigProvider
from pipelines.errors import BadDataError, UpstreamError
from pipelines.sources.exchange.attempt import Attempt, attempted, date_ms
from pipelines.sources.exchange.ccxt_exchange import exchange
from pipelines.sources.exchange.endpoints import address
from pipelines.sources.exchange.routes import Route, VenueSpec
from pipelines.upstream import wire
from pipelines.upstream.budget import Budget
from pipelines.upstream.clock import Clock
from pipelines.upstream.request_log import RequestLog
from pipelines.upstream.retry import backoff_s


@dataclass(frozen=True)
class Answer:
    """A good answer. `venue_now_ms` is the venue's clock when it answered."""

    body: Any
    text: str
    request_id: str
    origin: str
    venue_now_ms: int
    received_at: str


class VenueTime:
    """A venue's clock as its clients last heard it. Threads may share it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: tuple[int, float] | None = None  # the venue's clock, and ours

    def hear(self, venue_now_ms: int) -> None:
        """The venue told its time."""
        self._heard = venue_now_ms, self._clock.monotonic()

    def now_ms(self) -> int | None:
        """As last heard, and what has passed since; None: it never was."""
        if self._heard is None:
            return None
        heard_ms, at_s = self._heard
        return heard_ms + int((self._clock.monotonic() - at_s) * 1000)


class VenueClient:
    """Asks one venue. Threads may share it.

    Attempts, timeout and address are those that count at each request.

    Raises:
        SetupError: the venue is not to be asked, or its address is not known.
    """

    def __init__(
        self,
        spec: VenueSpec,
        budget: Budget,
        clock: Clock,
        configured: ConfigProvider,
        time: VenueTime | None = None,
    ) -> None:
        self.spec = spec
        self._budget = budget
        self._clock = clock
        self._configured = configured
        known = configured.current
        self._url = address(known, spec.exchange_id)
        timeout_s = known.thresholds.request_timeout_seconds
        self.exchange = exchange(spec, self._url, timeout_s)
        self._sends_date = True
        self._time = time or VenueTime(clock)

    def close(self) -> None:
        """Give back what is held."""
        self._budget.close()
        self.exchange.session.close()

    def venue_now_ms(self, log: RequestLog) -> int:
        """The venue's clock: as last heard, and what has passed since.

        It asks the venue if it never heard it.
        """
        now_ms = self._time.now_ms()
        return self._ask_clock(log) if now_ms is None else now_ms

    def call(
        self,
        route: Route,
        params: dict[str, Any],
        log: RequestLog,
        *,
        symbol: str | None = None,
        pick: Callable[[Any], Any] = lambda body: body,
        send: Callable[[], Any] | None = None,
    ) -> Answer:
        """The venue's answer, with `pick(body)` as its body.

        `pick` raises ValueError or TypeError where the body is not as expected; that is
        tried again. `send` is used instead of the route's own ccxt method. Requests
        are appended to `log`, whatever happens.

        Raises:
            UpstreamError: no good answer came in all attempts, or the venue may not be
                asked now.
            BadDataError: the venue refuses the question (an unknown symbol).
            SetupError: the venue is not to be asked any more.
        """
        method = getattr(self.exchange, route.method)
        ask = send or (lambda: method(dict(params)))
        told_ms = None if self._sends_date else self._ask_clock(log)
        attempt, text = self._answered(route, ask, pick, log, symbol)
        venue_now_ms = date_ms(attempt.heard) if told_ms is None else told_ms
        if venue_now_ms is None:
            # asked before the answer, the clock can not make a forming candle closed
            self._sends_date = False
            return self.call(route, params, log, symbol=symbol, pick=pick, send=send)
        self._time.hear(venue_now_ms)
        return Answer(
            body=attempt.body,
            text=text,
            request_id=attempt.request_id,
            origin=attempt.heard.url if attempt.heard else "",
            venue_now_ms=venue_now_ms,
            received_at=self._clock.now().isoformat(),
        )

    def _answered(
        self,
        route: Route,
        ask: Callable[[], Any],
        pick: Callable[[Any], Any],
        log: RequestLog,
        symbol: str | None,
    ) -> tuple[Attempt, str]:
        for number in count(1):
            self._budget.acquire(route.weight)
            self._follow()
            attempt = attempted(self.exchange, ask, pick, number, self._clock)
            log.append(self._row(attempt, route, symbol))
            if attempt.error is None and attempt.heard is not None:
                self._budget.succeeded()
                return attempt, attempt.heard.text
            about = f"{symbol or route.method} on {self.spec.exchange_id}"
            said = f"{about}: {attempt.error}"
            if attempt.is_final:
                self._budget.succeeded()  # the venue is there, and says no
                raise BadDataError(said)
            self._tell(attempt)
            if number >= self._configured.current.thresholds.attempts:
                raise UpstreamError(f"{said} (attempt {number} of {number})")
            self._clock.sleep(backoff_s(number))
        raise AssertionError("it counts for ever")  # pragma: no cover

    def _follow(self) -> None:
        """Take up what the configuration says by now."""
        known = self._configured.current
        self.exchange.timeout = known.thresholds.request_timeout_seconds * 1000
        url = address(known, self.spec.exchange_id)
        if url != self._url:
            self._url = url
            self.exchange.move(url)

    def _tell(self, attempt: Attempt) -> None:
        if attempt.silence_s is not None:
            self._budget.pause(attempt.silence_s, attempt.error or "")
        else:
            self._budget.failed(attempt.error or "")

    def _ask_clock(self, log: RequestLog) -> int:
        route = self.spec.clock
        method = getattr(self.exchange, route.method)

        def read(body: Any) -> int:
            stamp = wire.plain(str(wire.at(body, route.path)))
            return int(Decimal(stamp) * route.unit_ms)

        attempt, _ = self._answered(route, method, read, log, None)
        heard_ms = date_ms(attempt.heard) if self._sends_date else None
        now_ms = int(attempt.body) if heard_ms is None else heard_ms
        self._time.hear(now_ms)
        return now_ms

    def _row(
        self, attempt: Attempt, route: Route, symbol: str | None
    ) -> dict[str, object]:
        heard = attempt.heard
        return attempt.log_row(
            self.spec.exchange_id,
            route.method,
            symbol,
            ended=self._clock.monotonic(),
            status=heard.status if heard else None,
            bytes_count=len(heard.text.encode()) if heard else 0,
            weight=route.weight,
        )
