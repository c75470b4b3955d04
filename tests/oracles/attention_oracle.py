"""What one could know of assets at an instant, from each reading of each item."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from statistics import fmean, median
from typing import NamedTuple

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


class Reading(NamedTuple):
    """An item as it was read; `delay`: of its source's history."""

    source: str
    item_id: str
    received_at: datetime
    created_at: datetime
    assets: frozenset[str]
    compound: float | None
    is_spam: bool
    delay: timedelta


class Attention(NamedTuple):
    """An hour of an asset as it was known at an instant."""

    mentions: int
    middle: float
    deviation: float

    @property
    def score(self) -> float:
        return (self.mentions - self.middle) / (1.4826 * self.deviation)


def start(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


class Knowledge:
    """What was known at `at`; `strict`: without what is assumed to have been."""

    def __init__(
        self,
        readings: Iterable[Reading],
        answers: Iterable[tuple[str, datetime]],
        at: datetime,
    ) -> None:
        items: dict[tuple[str, str], list[Reading]] = defaultdict(list)
        for one in readings:
            items[one.source, one.item_id].append(one)
        self._sources: dict[datetime, set[str]] = defaultdict(set)
        self._now: dict[datetime, list[Reading]] = defaultdict(list)
        for source, received_at in answers:
            if received_at <= at:
                self._sources[start(received_at)].add(source)
        for readings_of_it in items.values():
            told = sorted(readings_of_it, key=lambda one: one.received_at)
            known = list(_known(told, at))
            if not known:
                continue
            # what was read before is known by then, though it was assumed to be before
            for one in told[: told.index(known[-1]) + 1]:
                self._sources[start(one.created_at)].add(one.source)
            self._now[start(known[-1].created_at)].append(known[-1])

    def mentions(self, asset: str, hour: datetime) -> int:
        return sum(asset in one.assets for one in self._now[hour])

    def attention(self, asset: str, hour: datetime) -> Attention:
        before = [
            self.mentions(asset, earlier)
            for earlier in (hour - weeks * WEEK for weeks in (1, 2, 3, 4))
            if self._sources[earlier] and self._sources[earlier] == self._sources[hour]
        ]
        middle = median(before or [0])
        deviation = median([abs(n - middle) for n in before] or [0])
        return Attention(self.mentions(asset, hour), middle, deviation)

    def sentiment(self, asset: str, hour: datetime) -> float | None:
        compounds = [
            one.compound
            for one in self._now[hour]
            if asset in one.assets and not one.is_spam and one.compound is not None
        ]
        return fmean(compounds) if compounds else None


def _known(told: list[Reading], at: datetime) -> Iterator[Reading]:
    """Of an item's readings those that were known; the first may have been history."""
    for number, one in enumerate(told):
        is_history = one.received_at > one.created_at + timedelta(hours=24)
        known_at = one.created_at + one.delay if is_history else one.received_at
        if (one.received_at if number else known_at) <= at:
            yield one
