"""What a candle must satisfy to be kept; a row that does not goes to quarantine.

The rules run on whole frames of text. Comparisons are of exact decimals, and a number
that is kept reads the same as on the wire: only an exponent is written out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.sources.exchange.columns import (
    AMOUNT,
    AMOUNT_FORM,
    WHOLE_FORM,
    plainly,
    where,
    wholly,
)
from pipelines.sources.exchange.routes import MINUTE_MS

DATE_RESOLUTION_MS = 1000  # a `Date` header counts whole seconds
PRICES = ("open", "high", "low", "close")
REQUIRED = (*PRICES, "base_volume")
OPTIONAL = ("quote_volume", "vwap", "taker_buy_base", "taker_buy_quote")
COUNTS = ("trades_count", "closed_at_ms")
POSITION = ("page", "row")


@dataclass(frozen=True)
class Checked:
    """`kept` rows as bronze holds them; `refused` ones with their `reason`.

    Both carry `page` and `row`; `refused.opened_at_ms` is null where the row's minute
    can not be told.
    """

    kept: pl.DataFrame
    refused: pl.DataFrame


def check(frame: pl.DataFrame, about: str, stamp_unit_ms: int) -> Checked:
    """Split candle rows, all text but `page`, `row` and `venue_now_ms`.

    `about` names the series in a reason (`BTC/USD on kraken`).
    """
    amounts = [name for name in (*REQUIRED, *OPTIONAL) if name in frame.columns]
    counts = [name for name in COUNTS if name in frame.columns]
    frame, wrongs = _read(frame, amounts, counts)
    frame = frame.with_columns(
        pl.col(PRICES).cast(AMOUNT).name.suffix(" exactly"),
        (pl.col("opened_at") * stamp_unit_ms).alias("opened_at_ms"),
    )
    broken = [
        pl.when(breaks).then(said) for breaks, said in _rules(amounts[4:], counts)
    ]
    judged = frame.with_columns(pl.coalesce(*wrongs, *broken).alias("reason"))
    is_refused = pl.col("reason").is_not_null()
    refused = judged.filter(is_refused).select(
        *POSITION,
        pl.when(_in_time()).then("opened_at_ms").alias("opened_at_ms"),
        pl.format("{}: candle at {} {}", pl.lit(about), _shown_time(), "reason").alias(
            "reason"
        ),
    )
    names = ["opened_at_ms", *amounts, *counts, "venue_now_ms"]
    return Checked(judged.filter(~is_refused).select(*POSITION, *names), refused)


def _read(
    frame: pl.DataFrame, amounts: Sequence[str], counts: Sequence[str]
) -> tuple[pl.DataFrame, list[pl.Expr]]:
    """Every number plain or whole; what is none is null, its reason beside."""
    wrongs: list[pl.Series] = []
    columns: list[pl.Series] = []
    for name in (*amounts, "opened_at", *counts):
        is_amount = name in amounts
        column, said = plainly(frame[name], AMOUNT_FORM if is_amount else WHOLE_FORM)
        if not is_amount:
            column, beyond = wholly(column)
            said += beyond
        if name in REQUIRED or name == "opened_at":
            missing = frame[name].is_null()
            said += [where(missing, f"has no {name}")] if missing.any() else []
        columns.append(column)
        wrongs += said
    return frame.with_columns(columns), [pl.lit(wrong) for wrong in wrongs]


def _rules(
    volumes: Sequence[str], counts: Sequence[str]
) -> list[tuple[pl.Expr, pl.Expr]]:
    """Each rule: what breaks it, and the words for it."""
    stamp, now = pl.col("opened_at_ms"), pl.col("venue_now_ms")
    open_, high, low, close = (pl.col(f"{name} exactly") for name in PRICES)
    words = pl.format
    return [
        (stamp % MINUTE_MS != 0, words("has stamp {} ms off the minute", stamp)),
        (
            stamp >= now + DATE_RESOLUTION_MS,
            words("has stamp {} ms after the venue's now, {} ms", stamp, now),
        ),
        *(
            (
                pl.col(f"{name} exactly") <= 0,
                words(f"has {name} {{}}, not above 0", name),
            )
            for name in PRICES
        ),
        (high < low, words("has high {} < low {}", "high", "low")),
        (
            (open_ < low) | (open_ > high),
            words("has open {} outside {} to {}", "open", "low", "high"),
        ),
        (
            (close < low) | (close > high),
            words("has close {} outside {} to {}", "close", "low", "high"),
        ),
        *(
            (
                pl.col(name).str.starts_with("-"),
                words(f"has negative {name} {{}}", name),
            )
            for name in volumes
        ),
        *(
            (pl.col(name) < 0, words(f"has negative {name} {{}}", name))
            for name in counts
        ),
    ]


def _in_time() -> pl.Expr:
    """Whether the row's stamp is one of a minute that the venue may have."""
    stamp = pl.col("opened_at_ms")
    is_past = stamp < pl.col("venue_now_ms") + DATE_RESOLUTION_MS
    return (stamp % MINUTE_MS == 0) & is_past


def _shown_time() -> pl.Expr:
    stamp = pl.col("opened_at_ms")
    return (
        pl.when(stamp.is_between(0, 253_402_300_799_000))
        .then(
            pl.from_epoch(stamp, time_unit="ms").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
        )
        .otherwise(pl.lit("an unknown time"))
    )
