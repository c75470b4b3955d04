"""What a plan is asked for, by a command line or a deployment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.config.model import DEFAULT_FEED, Configuration, Since
from pipelines.config.span import Numbers, check_numbers, parse_span
from pipelines.errors import SetupError
from pipelines.sources import feeds as declared_feeds
from pipelines.upstream.extents import to_ms
from pipelines.upstream.feed import MINUTE_MS, Extent, ExtentUnit, Key


@dataclass(frozen=True)
class PlanRequest:
    """A key and the part of its axis that is asked for.

    Attributes:
        until: a time, or a number; None: the upstream's now.
    """

    key: Key
    since: Since
    until: datetime | int | None = None

    def extent(self, unit: ExtentUnit, now: int) -> Extent:
        """Up to the upstream's `now` at most, and maybe empty.

        Of a time whole minutes, up to the last one that has ended.
        """
        if unit == "number":
            end = min(self.until, now) if isinstance(self.until, int) else now
            return Extent("number", self.since.from_number(now), end)
        end = min(to_ms(self.until), now) if isinstance(self.until, datetime) else now
        return Extent("ms", self.since.from_ms(now), end - end % MINUTE_MS)


def parse(
    configuration: Configuration,
    exchanges: Sequence[str] | None,
    symbols: Sequence[str] | None,
    *,
    feeds: Sequence[str] | None,
    since: str | None,
    until: str | None,
) -> list[PlanRequest]:
    """What a command line or a deployment's parameters say; candles by default.

    Raises:
        SetupError: a time is not ISO UTC, the span is empty, a feed has no history, or
            no series fits.
    """
    if not since:
        raise SetupError("say from when: --since; of a chain from which block: --from")
    start, end = parse_span(since, until or None)
    names = [
        name
        for name, feed in declared_feeds().items()
        if (feed.has_history or feed.archived) and feed.axis.unit != "number"
    ]
    for name in feeds or ():
        if name in declared_feeds() and name not in names:
            raise SetupError(f"{name} are what is true now: they have no history")
    unknown = [name for name in feeds or () if name not in names]
    if unknown:
        raise SetupError(
            f"unknown feed {', '.join(unknown)}; known: {', '.join(names)}"
        )
    return [
        PlanRequest(Key(*series, name), start, end)
        for series in _series(configuration, exchanges or (), symbols or ())
        for name in names
        if name in (feeds or (DEFAULT_FEED,))
    ]


def parse_numbers(
    scopes: Sequence[str], numbers: Numbers, feeds: Sequence[str] | None
) -> list[PlanRequest]:
    """What is said of scopes whose feeds lie by number: all of these by default.

    Raises:
        SetupError: a number is below 0, the span is empty, or a feed is none of these.
    """
    check_numbers(*numbers)
    lying = {
        name: feed
        for name, feed in declared_feeds().items()
        if feed.axis.unit == "number"
    }
    if unknown := [name for name in feeds or () if name not in lying]:
        raise SetupError(
            f"{', '.join(unknown)} do not lie by number; known: {', '.join(lying)}"
        )
    first, end = numbers
    return [
        PlanRequest(Key(scope, "", name), Since(number=first or 0), end)
        for scope in dict.fromkeys(scopes)
        for name in feeds or lying
    ]


def _series(
    configuration: Configuration, exchanges: Sequence[str], symbols: Sequence[str]
) -> list[tuple[str, str]]:
    """The series that were named; every enabled one that fits by default."""
    if exchanges and symbols:
        return [
            (e, s) for e in dict.fromkeys(exchanges) for s in dict.fromkeys(symbols)
        ]
    series = [
        (choice.exchange_id, choice.symbol)
        for choice in configuration.instruments
        if choice.is_enabled
        and configuration.exchanges[choice.exchange_id].is_enabled
        and (not exchanges or choice.exchange_id in exchanges)
        and (not symbols or choice.symbol in symbols)
    ]
    if not series:
        raise SetupError("no enabled instrument of config.instruments fits")
    return series
