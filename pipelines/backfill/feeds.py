"""What a backfill brings of a series: what venues give, and what only files hold."""

from pipelines.sources import archive, feeds
from pipelines.sources.archive.files import FEEDS as ARCHIVED


def names() -> tuple[str, ...]:
    """The feeds, those first that venues give; then what only files hold."""
    declared = feeds()
    held = {name for feed in declared.values() for name in feed.archived}
    return (*declared, *(name for name in ARCHIVED if name not in held))


def archived_as(feed: str) -> archive.Feed | None:
    """What the archive calls the feed; None: it has no such files.

    Of several the first: an aggregate is a taker's order, so that there are fewer rows
    than trades, and every id is covered.
    """
    declared = feeds().get(feed)
    called = declared.archived if declared else (feed,)
    return next((name for name in ARCHIVED if name in called[:1]), None)
