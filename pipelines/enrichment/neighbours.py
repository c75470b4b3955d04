"""What an item's neighbours make of it: a near duplicate, one of a burst.

A flag is told of an item as soon as its neighbours are there, and never taken back:
more items tell more. So whatever order items come in, the same flags are told.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal, NamedTuple

from pipelines.enrichment.simhash import BANDS, bands, distance

VERSION = "1"
FAR = BANDS  # bits: below it two hashes share a band
SOON = timedelta(hours=24)
# Two that agree in a handful of words say the same, and do not copy one another
FEWEST_WORDS = 8
BURST = 10  # items of an author, within:
BURST_SPAN = timedelta(hours=1)

FlagName = Literal["near_duplicate", "burst", "link_farm"]


class Item(NamedTuple):
    """A text that an item has, and what compares it with others.

    Attributes:
        author: who wrote it; None: nobody says.
        simhash: None: it has too few words to be compared.
    """

    source: str
    item_id: str
    text_hash: str
    author: str | None
    created_at: datetime | None
    simhash: int | None

    @property
    def place(self) -> tuple[datetime, str, str]:
        """Where it stands among items with a time."""
        assert self.created_at is not None  # noqa: S101  # of those with a time
        return self.created_at, self.source, self.item_id


class Flag(NamedTuple):
    """What was told of an item's text; `because` is what was there to tell it by."""

    source: str
    item_id: str
    text_hash: str
    flag: FlagName
    because: str


def neighbour_flags(items: Iterable[Item]) -> set[Flag]:
    """What these items make of each other; those without a time are left out."""
    timed = sorted({item for item in items if item.created_at}, key=lambda i: i.place)
    return {*_near_duplicates(timed), *_bursts(timed)}


@dataclass
class _Alike:
    """Earlier items of one hash: the newest, and of different authors the first two."""

    last: Item
    authors: list[Item] = field(default_factory=list)

    def add(self, item: Item) -> None:
        self.last = item
        known = [one.author for one in self.authors]
        if item.author and item.author not in known and len(known) < 2:  # noqa: PLR2004
            self.authors.append(item)

    def copied_by(self, item: Item) -> Item | None:
        """The one that the item is a copy of."""
        if item.place[0] - self.last.place[0] <= SOON:
            return self.last
        others = (one for one in self.authors if one.author != item.author)
        return next(others, None) if item.author else None


def _near_duplicates(timed: Sequence[Item]) -> Iterator[Flag]:
    """Later ones of two whose hashes differ in at most 3 bits."""
    alike: dict[int, _Alike] = {}
    by_band: dict[tuple[int, int], set[int]] = {}
    for _, versions in groupby(timed, key=lambda item: item.place):
        compared = [item for item in versions if item.simhash is not None]
        for item in compared:  # before they stand there: an edit is no copy
            values = set().union(*(by_band.get(key, ()) for key in _keys(item)))
            found = (alike[v] for v in values if distance(v, item.simhash or 0) < FAR)
            copied = [one for a in found if (one := a.copied_by(item))]
            if copied:
                earliest = min(copied, key=lambda one: one.place)
                yield _flag(
                    item, "near_duplicate", f"{earliest.source} {earliest.item_id}"
                )
        for item in compared:
            value = item.simhash or 0
            alike.setdefault(value, _Alike(item)).add(item)
            for key in _keys(item):
                by_band.setdefault(key, set()).add(value)


def _keys(item: Item) -> Iterable[tuple[int, int]]:
    return enumerate(bands(item.simhash or 0))


def _bursts(timed: Sequence[Item]) -> Iterator[Flag]:
    """All of an author's that stand in an hour with more than ten."""
    authors: dict[str, list[list[Item]]] = {}
    for place, versions in groupby(timed, key=lambda item: item.place):
        found = list(versions)
        if author := found[0].author:
            authors.setdefault(f"{place[1]} {author}", []).append(found)
    because = f"more than {BURST} within an hour"
    for entries in authors.values():
        for start, (first, last) in enumerate(
            zip(entries, entries[BURST:], strict=False)
        ):
            if last[0].place[0] - first[0].place[0] < BURST_SPAN:
                burst = entries[start : start + BURST + 1]
                yield from (
                    _flag(item, "burst", because) for one in burst for item in one
                )


def _flag(item: Item, name: FlagName, because: str) -> Flag:
    return Flag(item.source, item.item_id, item.text_hash, name, because)
