"""From where a partition is read: what bronze holds decides, never an offset store."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.sources.config_changes.batch import Place

Span = tuple[int, int]  # the first offset that the broker holds, the next to be written


@dataclass(frozen=True)
class Start:
    """Where to read a partition from; `reason` where that is not where reading ended.

    `is_anew`: the place that bronze holds says nothing any more.
    """

    offset: int
    reason: str = ""
    is_anew: bool = False


def start(place: Place, span: Span, held: Mapping[Place, int]) -> Start:
    """Where to go on with a partition."""
    first, end = span
    known = held.get(place)
    if known is None:
        others = [p for p in held if p.topic == place.topic]
        if others:
            return Start(
                first,
                f"{place.topic} was made anew: read from its beginning; what was not"
                " read of the old one is gone, `bullion config resync` brings back what"
                " stands",
            )
        return Start(first)
    if known > end:
        return Start(
            first,
            f"{place.topic} ends at offset {end}, and {known} was read: its log was"
            " cut; read from its beginning",
            is_anew=True,
        )
    if known < first:
        return Start(
            first,
            f"{place.topic} begins at offset {first}, and only {known} was read:"
            f" {first - known} offsets are gone unread; `bullion config resync` brings"
            " back what stands",
            is_anew=True,
        )
    return Start(known)
