"""A venue's client: asks within the budget, tries again, and logs each request.

Retries live here and nowhere else. Every HTTP request becomes a row of `requests`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from pipelines.config.listener import ConfigProvider
from pipelines.config.model import parse_time
from pipelines.errors import BadDataError, UpstreamError
from pipelines.sources.exchange.attempt import Attempt, attempt, date_ms
from pipelines.sources.exchange.ccxt_exchange import Response, exchange
from pipelines.sources.exchange.endpoints import address
from pipelines.sources.exchange.routes import Route, VenueSpec
from pipelines.upstream import wire
from pipelines.upstream.budget import Budget
from pipelines.upstream.clock import Clock
from pipelines.upstream.extents import to_ms
from pipelines.upstream.request_log import RequestLog
from pipelines.upstream.retry import wait_after
from pipelines.upstream.upstream_clock import UpstreamClock


@dataclass(frozen=True)
class Answer:
    """A good answer. `venue_now_ms` is the venue's clock when it answered."""

    body: Any
    text: str
    request_id: str
    origin: str
    venue_now_ms: int
    received_at: str


class VenueClient:
    """Asks one venue. Threads may share it.

    Attempts, timeout and address are those that count at each request.

    Raises:
        SetupError: the venue is not to be asked, or has no address.
    """

    def __init__(
        self,
        spec: VenueSpec,
        budget: Budget,
        clock: Clock,
        config: ConfigProvider,
        time: UpstreamClock | None = None,
    ) -> None:
        self.spec = spec
        self._budget = budget
        self._clock = clock
        self._config = config
        self._url = address(config.current, spec.exchange_id)
        timeout_s = config.current.thresholds.request_timeout_seconds
        self.exchange = exchange(spec, self._url, timeout_s)
        self._sends_date = True
        self._time = time or UpstreamClock(clock)

    def close(self) -> None:
        """Close the connections."""
        self._budget.close()
        self.exchange.session.close()

    def venue_now_ms(self, log: RequestLog) -> int:
        """The venue's clock: by its last answer, else the venue is asked."""
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
    ) -> Answer:
        """The venue's answer, with `pick(body)` as its body.

        `pick` raises ValueError or TypeError where the body is not as expected; that is
        tried again. Requests are appended to `log`, whatever happens.

        Raises:
            UpstreamError: no good answer came in all attempts, or the venue may not be
                asked now.
            BadDataError: the venue refuses the request (an unknown symbol).
            SetupError: the venue is not to be asked any more.
        """
        method = getattr(self.exchange, route.method)
        asked_ms = None if self._sends_date else self._ask_clock(log)
        result, response = self._answered(
            route, lambda: method(dict(params)), pick, log, symbol
        )
        venue_now_ms = date_ms(response) if asked_ms is None else asked_ms
        if venue_now_ms is None:
            # asked before the answer, the clock can not make a forming candle closed
            self._sends_date = False
            return self.call(route, params, log, symbol=symbol, pick=pick)
        self._time.set(venue_now_ms)
        return Answer(
            body=result.body,
            text=response.text,
            request_id=result.request_id,
            origin=response.url,
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
    ) -> tuple[Attempt, Response]:
        for number in count(1):
            self._budget.acquire(**route.weights)
            self._follow()
            result = attempt(self.exchange, ask, pick, number, self._clock)
            self._judge(result)
            log.append(self._row(result, route, symbol))
            if result.error is None and result.response is not None:
                self._budget.succeeded()
                return result, result.response
            message = (
                f"{symbol or route.method} on {self.spec.exchange_id}: {result.error}"
            )
            if result.is_final:
                self._budget.succeeded()  # the venue answers, and refuses
                raise BadDataError(message)
            self._report(result)
            if number >= self._config.current.thresholds.attempts:
                raise UpstreamError(f"{message} (attempt {number} of {number})")
            wait_after(number, message, self._clock.sleep)
        raise AssertionError("it counts for ever")  # pragma: no cover

    def _judge(self, result: Attempt) -> None:
        """An answer whose clock can not be is none, for it would say what has ended."""
        now_ms = date_ms(result.response)
        if result.error is None and now_ms is not None:
            try:
                self._check_clock(now_ms, result.response)
            except UpstreamError as error:
                result.error = str(error)

    def _check_clock(self, now_ms: int, response: Response | None) -> None:
        headers = response.headers if response else {}
        self._time.check(now_ms, headers, is_stand_in=self._url is not None)

    def _follow(self) -> None:
        """Follow the configuration in force."""
        config = self._config.current
        self.exchange.timeout = config.thresholds.request_timeout_seconds * 1000
        url = address(config, self.spec.exchange_id)
        if url != self._url:
            self._url = url
            self.exchange.move(url)

    def _report(self, result: Attempt) -> None:
        if result.silence_s is not None:
            self._budget.pause(result.silence_s, result.error or "")
        else:
            self._budget.failed(result.error or "")

    def _ask_clock(self, log: RequestLog) -> int:
        route = self.spec.clock
        method = getattr(self.exchange, route.method)

        def read(body: Any) -> int:
            sent = str(wire.at(body, route.path))
            if route.unit_ms is None:
                now_ms = to_ms(parse_time(sent))
            else:
                now_ms = int(Decimal(wire.plain(sent)) * route.unit_ms)
            self._check_clock(now_ms, self.exchange.responses.last)
            return now_ms

        result, response = self._answered(route, method, read, log, None)
        date = date_ms(response) if self._sends_date else None
        now_ms = int(result.body) if date is None else date
        self._time.set(now_ms)
        return now_ms

    def _row(
        self, result: Attempt, route: Route, symbol: str | None
    ) -> dict[str, object]:
        response = result.response
        return result.log_row(
            self.spec.exchange_id,
            route.method,
            symbol,
            ended=self._clock.monotonic(),
            status=response.status if response else None,
            bytes_count=len(response.text.encode()) if response else 0,
            weight=route.weight,
            limit_name=f"{self.spec.budget_name} {route.limit}",
            limit_per_minute=self.spec.limits[route.limit].per_minute,
        )
