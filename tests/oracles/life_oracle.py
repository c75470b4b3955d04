"""When instruments were listed, delisted and halted, in plain Python."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.histories.archive_histories import DAY
from tests.histories.candle_histories import Load, Row
from tests.oracles.evidence_oracle import Key, at, rows

LEAVE = 7 * DAY
Stamps = Mapping[str, list[int]]  # by origin


@dataclass(frozen=True)
class Life:
    """Of an instrument: stamps in milliseconds, and what says them."""

    listed: int
    listed_by: str
    delisted: int | None
    delisted_by: str | None
    halts: Sequence[tuple[int, int | None]]

    def cause(self, stamp: int, *, is_before_candles: bool) -> str | None:
        """Why a minute has no candle; None: not for the instrument's life."""
        is_early = stamp < self.listed and self.listed_by != "first seen"
        if is_early and is_before_candles:
            return "not listed"
        if self.delisted is not None and stamp >= self.delisted:
            return "delisted"
        return "halted" if self.is_halted(stamp) else None

    def is_halted(self, stamp: int) -> bool:
        """Whether it is not traded then."""
        return any(a <= stamp and (b is None or stamp < b) for a, b in self.halts)

    def has(self, stamp: int) -> bool:
        """Whether it is listed then."""
        return self.listed <= stamp and (self.delisted is None or stamp < self.delisted)


def lives(loads: Sequence[Load]) -> dict[Key, Life]:
    """The life of each instrument that a listing or the archive has."""
    readings: dict[Key, list[Row]] = defaultdict(list)
    for row in rows(loads, "instruments"):
        readings[row["exchange_id"], row["symbol"]].append(row)
    whole, filed = _whole(loads), _filed(loads)
    ends = max((until for _, until in filed.values()), default=0)
    named = {k: v for k, v in filed.items() if k[1].endswith("/USDT")}
    return {
        key: _life(readings[key], whole.get(key[0], {}), named.get(key), ends)
        for key in {*readings, *named}
    }


def universe(loads: Sequence[Load], moment: datetime) -> list[tuple[Any, ...]]:
    """The rows of gold.universe_at: key, life, whether halted and by what."""
    stamp = int(moment.timestamp() * 1000)
    return sorted(
        (
            *key,
            at(life.listed),
            life.listed_by,
            None if life.delisted is None else at(life.delisted),
            life.delisted_by,
            life.is_halted(stamp),
            "listing" if life.is_halted(stamp) else None,
        )
        for key, life in lives(loads).items()
        if life.has(stamp)
    )


def edges(loads: Sequence[Load]) -> list[datetime]:
    """Every instant at which something begins or ends in a life."""
    found = set[int | None]()
    for life in lives(loads).values():
        found |= {life.listed, life.delisted, *(s for span in life.halts for s in span)}
    return sorted(at(stamp) for stamp in found if stamp is not None)


def _whole(loads: Sequence[Load]) -> dict[str, Stamps]:
    """By venue and origin, when it listed without that a row was refused."""
    torn = {row["request_id"] for row in rows(loads, "quarantine")}
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(loads, "instruments"):
        if row["request_id"] not in torn:
            stamps = found[row["exchange_id"]][row["origin"]]
            stamps.append(row["venue_now_ms"])
    return {venue: dict(origins) for venue, origins in found.items()}


def _filed(loads: Sequence[Load]) -> dict[Key, tuple[int, int]]:
    """By instrument, from where to where the archive has files of it."""
    found: dict[Key, tuple[int, int]] = {}
    for row in rows(loads, "archive.symbols"):
        key = row["exchange_id"], row["venue_symbol"].replace("USDT", "/USDT")
        first, last = found.get(key, (row["first_from_ms"], row["last_until_ms"]))
        found[key] = min(first, row["first_from_ms"]), max(last, row["last_until_ms"])
    return found


def _life(
    readings: list[Row], whole: Stamps, filed: tuple[int, int] | None, ends: int
) -> Life:
    readings = sorted(readings, key=lambda r: r["venue_now_ms"])
    listed, listed_by = _listed(readings, whole, filed)
    delisted, delisted_by = _delisted(readings, whole, filed, ends)
    return Life(listed, listed_by, delisted, delisted_by, _halts(readings))


def _listed(
    readings: list[Row], whole: Stamps, filed: tuple[int, int] | None
) -> tuple[int, str]:
    evidence = []
    if filed:
        evidence.append((filed[0], 1, "archive"))
    launches = [r["launched_at_ms"] for r in readings if r["launched_at_ms"]]
    if launches:
        evidence.append((launches[-1], 0, "venue"))
    elif readings:
        first = readings[0]["venue_now_ms"]
        origin = min(r["origin"] for r in readings if r["venue_now_ms"] == first)
        was_there = any(stamp < first for stamp in whole.get(origin, ()))
        evidence.append((first, 2, "listing" if was_there else "first seen"))
    stamp, _, told_by = min(evidence)
    return stamp, told_by


def _delisted(
    readings: list[Row], whole: Stamps, filed: tuple[int, int] | None, ends: int
) -> tuple[int | None, str | None]:
    active = [r["venue_now_ms"] for r in readings if r["is_active"]]
    if filed and filed[1] + LEAVE <= ends and max(active, default=0) < filed[1] + LEAVE:
        return filed[1], "archive"
    if readings:
        last = readings[-1]["venue_now_ms"]
        origin = min(r["origin"] for r in readings if r["venue_now_ms"] == last)
        later = sorted({stamp for stamp in whole.get(origin, ()) if stamp > last})
        if len(later) > 1:
            return later[0], "listing"
    return None, None


def _halts(readings: list[Row]) -> list[tuple[int, int | None]]:
    """From the first to the last reading in a row that had it inactive."""
    found: list[tuple[int, int | None]] = []
    since = last = None
    for row in readings:
        if not row["is_active"]:
            since, last = since or row["venue_now_ms"], row["venue_now_ms"]
        elif since is not None:
            found.append((since, last))
            since = None
    return [*found, (since, None)] if since is not None else found
