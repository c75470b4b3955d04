"""What a venue lets one address spend, counted in real time whatever the clock says."""

import time
from dataclasses import dataclass
from math import ceil
from typing import Protocol

# A 418 lasts at least this long:
# https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits
BAN_S = 120
# How many requests in one window follow a 429 before the address is banned. The
# venue does not say; "repeatedly" is what it writes.
FORGIVEN = 20


@dataclass(frozen=True)
class Verdict:
    """Whether a request passes; `used` is the window's weight, where one is told."""

    is_allowed: bool
    retry_after_s: int = 0
    is_banned: bool = False
    used: int | None = None


class Limit(Protocol):
    """A venue's budget for the one address that the sandbox knows."""

    def spend(self, weight: float) -> Verdict:
        """Counts a request now."""


class Window:
    """Weight per minute of the wall clock, as Binance counts it."""

    def __init__(self, most: int, window_s: int = 60) -> None:
        self._most, self._window_s = most, window_s
        self._number, self._used, self._refused = 0, 0.0, 0
        self._banned_until_s = 0.0

    def spend(self, weight: float) -> Verdict:
        """429 until the window ends; 418 for a client that does not stop."""
        now = time.time()
        number = int(now // self._window_s)
        if number != self._number:
            self._number, self._used, self._refused = number, 0.0, 0
        if now < self._banned_until_s:
            return Verdict(
                is_allowed=False,
                retry_after_s=ceil(self._banned_until_s - now),
                is_banned=True,
                used=int(self._used),
            )
        self._used += weight
        used = int(self._used)
        if self._used <= self._most:
            return Verdict(is_allowed=True, used=used)
        self._refused += 1
        if self._refused > FORGIVEN:
            self._banned_until_s = now + BAN_S
        rest = ceil((number + 1) * self._window_s - now)
        return Verdict(is_allowed=False, retry_after_s=max(rest, 1), used=used)


class Bucket:
    """Tokens that refill steadily up to a burst, as Kraken and Coinbase count."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second, self._burst = per_second, burst
        self._tokens, self._at_s = burst, time.monotonic()

    def spend(self, weight: float) -> Verdict:
        """A request that the bucket cannot pay takes nothing from it."""
        now = time.monotonic()
        gained = (now - self._at_s) * self._per_second
        self._tokens, self._at_s = min(self._burst, self._tokens + gained), now
        if self._tokens >= weight:
            self._tokens -= weight
            return Verdict(is_allowed=True)
        missing = (weight - self._tokens) / self._per_second
        return Verdict(is_allowed=False, retry_after_s=max(ceil(missing), 1))


class Unlimited:
    """What `--no-rate-limit` puts in a venue's place."""

    def spend(self, weight: float) -> Verdict:
        return Verdict(is_allowed=True)
