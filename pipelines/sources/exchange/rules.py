"""What a row of a span feed must satisfy to be kept; others go to quarantine.

The rules run on whole frames of text. Comparisons are of exact decimals, and a number
that is kept reads the same as on the wire: only an exponent is written out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.sources.exchange.columns import AMOUNT, read
from pipelines.sources.exchange.feeds import CANDLES
from pipelines.upstream.feed import MINUTE_MS, Feed

DATE_RESOLUTION_MS = 1000  # a `Date` header counts whole seconds
POSITION = ("page", "row")
Rule = tuple[pl.Expr, pl.Expr]  # what breaks it, and the words for it


@dataclass(frozen=True)
class Checked:
    """`kept` rows as bronze holds them; `refused` ones with their `reason`.

    Both carry `page` and `row`; the refused row's stamp is null where it can not be
    read.
    """

    kept: pl.DataFrame
    refused: pl.DataFrame


def check(
    frame: pl.DataFrame, feed: Feed, about: str | pl.Expr, stamp_unit_ms: int
) -> Checked:
    """Split rows, all text but `page`, `row` and `venue_now_ms`.

    `about` names the series in a reason (`BTC/USD on kraken`). Where rows have a
    `symbol`, it is kept.
    """
    axis = feed.axis
    names = [name for name in feed.kinds if name in frame.columns]
    frame, wrongs = read(frame, feed, [axis.stamp])
    frame = frame.with_columns(
        pl.col([n for n in names if feed.kinds[n] == "price"])
        .cast(AMOUNT)
        .name.suffix(" exactly"),
        (pl.col(axis.stamp) * stamp_unit_ms).alias(axis.column),
    )
    broken = [pl.when(breaks).then(reason) for breaks, reason in _rules(feed, names)]
    judged = frame.with_columns(pl.coalesce(*wrongs, *broken).alias("reason"))
    is_refused = pl.col("reason").is_not_null()
    refused = judged.filter(is_refused).select(
        *POSITION,
        pl.when(_in_time(feed)).then(axis.column).alias(axis.column),
        pl.format(
            "{}: {} at {} {}",
            about if isinstance(about, pl.Expr) else pl.lit(about),
            pl.lit(feed.row),
            _shown_time(axis.column),
            "reason",
        ).alias("reason"),
    )
    kept = judged.filter(~is_refused)
    names += [name for name in ("symbol",) if name in frame.columns]
    return Checked(kept.select(*POSITION, axis.column, *names, "venue_now_ms"), refused)


def _rules(feed: Feed, names: Sequence[str]) -> list[Rule]:
    stamp, now = pl.col(feed.axis.column), pl.col("venue_now_ms")
    step, words = feed.axis.step, pl.format
    whole = "minute" if step == MINUTE_MS else f"step of {step} ms"
    prices = [name for name in names if feed.kinds[name] == "price"]
    counts = [name for name in names if feed.kinds[name] == "count"]
    amounts = [name for name in names if feed.kinds[name] == "amount"]
    return [
        *(
            [(stamp % step != 0, words(f"has stamp {{}} ms off the {whole}", stamp))]
            if feed.way != "snapshot"
            else []
        ),
        (
            stamp >= now + DATE_RESOLUTION_MS,
            words("has stamp {} ms after the venue's now, {} ms", stamp, now),
        ),
        *(
            (
                pl.col(f"{name} exactly") <= 0,
                words(f"has {name} {{}}, not above 0", name),
            )
            for name in prices
        ),
        *RELATIONS.get(feed.name, list)(),
        *(
            (
                pl.col(name).str.starts_with("-"),
                words(f"has negative {name} {{}}", name),
            )
            for name in amounts
        ),
        *(
            (pl.col(name) < 0, words(f"has negative {name} {{}}", name))
            for name in counts
        ),
    ]


def _candle_relations() -> list[Rule]:
    """The prices of a candle lie between its low and its high."""
    names = ("open", "high", "low", "close")
    open_, high, low, close = (pl.col(f"{name} exactly") for name in names)
    words = pl.format
    return [
        (high < low, words("has high {} < low {}", "high", "low")),
        (
            (open_ < low) | (open_ > high),
            words("has open {} outside {} to {}", "open", "low", "high"),
        ),
        (
            (close < low) | (close > high),
            words("has close {} outside {} to {}", "close", "low", "high"),
        ),
    ]


# what the cells of a row must be to each other, by the name of the feed
RELATIONS: Mapping[str, Callable[[], list[Rule]]] = {CANDLES.name: _candle_relations}


def _in_time(feed: Feed) -> pl.Expr:
    """Whether the row's stamp is one that the venue may have."""
    stamp = pl.col(feed.axis.column)
    is_past = stamp < pl.col("venue_now_ms") + DATE_RESOLUTION_MS
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
