"""An upstream's own clock, which says what has ended; it is believed within bounds."""

from collections.abc import Mapping

from pipelines.errors import UpstreamError
from pipelines.settings import VIRTUAL_CLOCK
from pipelines.upstream.clock import Clock
from pipelines.upstream.extents import at

AHEAD_MS = 120_000  # of ours, which may be wrong itself
# A cache between us and a venue sends the `Date` of hours ago. An address that a
# setting names may replay any past: what has not ended by then is merely left open.
BEHIND_MS = 86_400_000
LEAP_MS = 60_000  # from answer to answer, beyond what has passed: none takes longer


class UpstreamClock:
    """The clock by its last answer. Threads may share it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: tuple[int, float] | None = None  # the upstream's clock, and ours

    def set(self, now_ms: int) -> None:
        """Take the time of an answer that came now."""
        self._last = now_ms, self._clock.monotonic()

    def now_ms(self) -> int | None:
        """The last time and what has passed since; None: there was no answer."""
        if self._last is None:
            return None
        last_ms, at_s = self._last
        return last_ms + int((self._clock.monotonic() - at_s) * 1000)

    def check(
        self, now_ms: int, headers: Mapping[str, str], *, is_stand_in: bool
    ) -> None:
        """Refuse the time of an answer that can not be.

        `is_stand_in`: a setting names the address that is asked. Such an upstream may
        say that its clock is virtual, as the sandbox does; then it may be any.

        Raises:
            UpstreamError: it is too far from ours, or from the answer before.
        """
        if is_stand_in and VIRTUAL_CLOCK in headers:
            return
        ahead_ms = now_ms - int(self._clock.now().timestamp() * 1000)
        if ahead_ms > AHEAD_MS:
            raise UpstreamError(_told(now_ms, ahead_ms, "ahead of ours", AHEAD_MS))
        if -ahead_ms > BEHIND_MS and not is_stand_in:
            raise UpstreamError(_told(now_ms, -ahead_ms, "behind ours", BEHIND_MS))
        before_ms = self.now_ms()
        if before_ms is not None and now_ms - before_ms > LEAP_MS:
            self._last = None  # whichever of the two was wrong
            leap = _told(now_ms, now_ms - before_ms, "ahead of its last", LEAP_MS)
            raise UpstreamError(leap)


def _told(now_ms: int, off_ms: int, where: str, bound_ms: int) -> str:
    year_9999 = 253_402_300_799_000
    time = f"{at(now_ms):%Y-%m-%dT%H:%M:%SZ}" if 0 <= now_ms <= year_9999 else now_ms
    return (
        f"its clock says {time}, {off_ms // 1000} s {where};"
        f" more than {bound_ms // 1000} s are not believed"
    )
