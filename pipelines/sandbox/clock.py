"""The virtual clock: every venue's idea of now.

It starts at a given instant and runs on with real time, or stands still, and can be
set forward. It never goes back: what was served would become the future.
"""

import time
from datetime import UTC, datetime
from email.utils import formatdate

from pipelines.errors import SetupError
from pipelines.settings import VIRTUAL_CLOCK


def parse_instant(text: str) -> int:
    """Milliseconds since 1970 of an ISO instant; without an offset it is UTC.

    Raises:
        SetupError: the text is no ISO instant.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise SetupError(
            f"expected an ISO instant such as 2023-03-01T12:00:00Z, got {text!r}"
        ) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return round(instant.timestamp() * 1000)


def iso(at_ms: int, digits: int = 3) -> str:
    """An instant as ISO text in UTC with that many digits of the second."""
    seconds, ms = divmod(at_ms, 1000)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{ms:03d}{'0' * (digits - 3)}Z" if digits else f"{whole}Z"


class Clock:
    """The sandbox's now in milliseconds since 1970."""

    def __init__(self, now_ms: int | None = None, *, is_frozen: bool = False) -> None:
        self.is_frozen = is_frozen
        self.is_virtual = is_frozen or now_ms is not None
        self._start_ms = int(time.time() * 1000) if now_ms is None else now_ms
        self._started_s = time.monotonic()

    def now_ms(self) -> int:
        """What the time endpoints and the `Date` header tell."""
        if self.is_frozen:
            return self._start_ms
        return self._start_ms + int((time.monotonic() - self._started_s) * 1000)

    def set(self, now_ms: int) -> None:
        """Moves on to an instant, and runs on from there or stands there.

        Raises:
            SetupError: the instant lies before the clock's now.
        """
        now = self.now_ms()
        if now_ms < now:
            raise SetupError(
                f"the sandbox's clock only goes forward: it is {iso(now)}, "
                f"and {iso(now_ms)} was asked for"
            )
        self.is_virtual = True
        self._start_ms = now_ms
        self._started_s = time.monotonic()

    def http_date(self) -> str:
        """Now as the `Date` header of RFC 9110 writes it."""
        return formatdate(self.now_ms() // 1000, usegmt=True)

    def headers(self) -> dict[str, str]:
        """The `Date` of an answer, and whether it is virtual."""
        virtual = {VIRTUAL_CLOCK: "true"} if self.is_virtual else {}
        return {"Date": self.http_date(), **virtual}
