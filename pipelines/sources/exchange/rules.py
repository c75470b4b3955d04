"""What a row of a span feed must satisfy to be kept; others go to quarantine.

What its values must be says the feed; here stands where rows may lie.
"""

import polars as pl

from pipelines.upstream import checks
from pipelines.upstream.checks import Checked, Rule
from pipelines.upstream.feed import MINUTE_MS, Feed

DATE_RESOLUTION_MS = 1000  # a `Date` header counts whole seconds
ISO_FORM = "%Y-%m-%dT%H:%M:%S%.fZ"  # as polars reads it
POSITION = ("page", "row")


def check(
    frame: pl.DataFrame, feed: Feed, about: str | pl.Expr, stamp_unit_ms: int | None
) -> Checked:
    """Split rows, all text but `page`, `row` and `venue_now_ms`.

    Both parts carry `page` and `row`; a refused row's stamp is null where it can not be
    read. `about` names the series in a reason (`BTC/USD on kraken`). Where rows have a
    `symbol`, it is kept. `stamp_unit_ms` is a route's.
    """
    axis = feed.axis
    names = [name for name in feed.kinds if name in frame.columns]
    names += [name for name in ("symbol",) if name in frame.columns]
    kinds = {**feed.kinds, axis.stamp: "count"}
    if stamp_unit_ms is None:
        frame = frame.with_columns(_ms_of_iso(axis.stamp))
    frame, wrongs = checks.read(frame, kinds, {*feed.required, axis.stamp})
    frame = frame.with_columns(
        (pl.col(axis.stamp) * (stamp_unit_ms or 1)).alias(axis.column)
    )
    kept, refused = checks.split(frame, feed, wrongs, _placed(feed))
    return Checked(
        kept.select(*POSITION, axis.column, *names, "venue_now_ms"),
        refused.select(
            *POSITION,
            pl.when(_in_time(feed)).then(axis.column).alias(axis.column),
            pl.format(
                "{}: {} at {} {}",
                about if isinstance(about, pl.Expr) else pl.lit(about),
                pl.lit(feed.row),
                _shown_time(axis.column),
                "reason",
            ).alias("reason"),
        ),
    )


def _ms_of_iso(stamp: str) -> pl.Expr:
    """The stamp in ms, rounded down; what is none stays as it was sent."""
    time = pl.col(stamp).str.to_datetime(ISO_FORM, time_unit="ms", strict=False)
    return pl.coalesce(time.cast(pl.Int64).cast(pl.String), stamp)


def _placed(feed: Feed) -> list[Rule]:
    """Where a row may lie: at the beginning of a step, from 1970 to the venue's now."""
    stamp, now = pl.col(feed.axis.column), pl.col("venue_now_ms")
    step, words = feed.axis.step, pl.format
    whole = "minute" if step == MINUTE_MS else f"step of {step} ms"
    off = (stamp % step != 0, words(f"has stamp {{}} ms off the {whole}", stamp))
    beyond = (
        stamp >= now + DATE_RESOLUTION_MS,
        words("has stamp {} ms after the venue's now, {} ms", stamp, now),
    )
    # 0 is how some say that there is none
    early = (stamp <= 0, words("has stamp {} ms, not after 1970 began", stamp))
    return [early, beyond] if feed.way == "snapshot" else [off, early, beyond]


def _in_time(feed: Feed) -> pl.Expr:
    """Whether the row's stamp is one that the venue may have."""
    stamp = pl.col(feed.axis.column)
    is_past = (stamp > 0) & (stamp < pl.col("venue_now_ms") + DATE_RESOLUTION_MS)
    return (stamp % feed.axis.step == 0) & is_past


def _shown_time(column: str) -> pl.Expr:
    stamp = pl.col(column)
    return (
        pl.when(stamp.is_between(0, 253_402_300_799_000))
        .then(
            pl.from_epoch(stamp, time_unit="ms").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
        )
        .otherwise(pl.lit("an unknown time"))
    )
