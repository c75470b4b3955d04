"""The archive of each venue: Binance's is made of its rows, any may be recorded."""

from pathlib import Path

from pipelines.sandbox.archive.format import Format
from pipelines.sandbox.archive.host import Archive
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.faults import Faults
from pipelines.sandbox.feed import Feed
from pipelines.sandbox.upstreams import EXCHANGE_IDS

ARCHIVED = "binance"
"""The venue whose rows make an archive: the others' bulk hosts are of other formats."""


def archives(
    feed: Feed,
    clock: Clock,
    faults: Faults,
    *,
    recordings: Path | None,
    written: Format,
    max_keys: int,
) -> dict[str, Archive]:
    """Archives by exchange_id; one with neither rows nor recordings is empty."""
    return {
        name: Archive(
            name,
            feed.get(name, {}) if name == ARCHIVED else {},
            clock,
            faults,
            recorded=recordings / name / "archive" if recordings else None,
            written=written,
            max_keys=max_keys,
        )
        for name in EXCHANGE_IDS
    }
