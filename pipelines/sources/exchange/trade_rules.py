"""What a trade must satisfy to be kept; a row that does not goes to quarantine.

A row that stands twice in one answer is one trade, wherever it stands in the answer;
two that differ under one id are both refused.
"""

from dataclasses import dataclass

import polars as pl

from pipelines.sources.exchange.columns import (
    AMOUNT,
    plainly,
    read,
)
from pipelines.sources.exchange.feeds import AMOUNTS, IDS, TRADES
from pipelines.sources.exchange.rules import DATE_RESOLUTION_MS

NS_IN_MS = 1_000_000
DIGITS_OF_NS = {"ms": 6, "s": 9}  # decimals that a stamp of the unit may have
STAMP_FORM = r"^([0-9]{1,16})(?:\.([0-9]*))?$"
ISO_FORM = "%Y-%m-%dT%H:%M:%S%.fZ"
LAST_SECOND = 9_223_372_036  # whose nanoseconds fit a bigint: the year 2262


@dataclass(frozen=True)
class CheckedTrades:
    """`kept` rows as bronze holds them, by id; `refused` ones with their `reason`.

    Both carry `row`, the place in the answer; `refused.trade_id` and
    `refused.traded_at_ns` are null where they can not be read.
    """

    kept: pl.DataFrame
    refused: pl.DataFrame


def check_trades(
    frame: pl.DataFrame, about: str, stamp: str, venue_now_ms: int
) -> CheckedTrades:
    """Split the trades of one answer, all text but `row`.

    `about` names the series in a reason (`BTC/USD on kraken`).
    """
    trades, wrongs = read(frame, TRADES)
    trades = trades.with_columns(_nanoseconds(trades["traded_at"], stamp))
    end_ns = (venue_now_ms + DATE_RESOLUTION_MS) * NS_IN_MS
    broken = [pl.when(breaks).then(reason) for breaks, reason in _rules(end_ns)]
    judged = trades.with_columns(pl.coalesce(*wrongs, *broken).alias("reason"))
    judged = judged.with_columns(pl.coalesce("reason", _contradiction()))
    is_refused = pl.col("reason").is_not_null()
    refused = judged.filter(is_refused).select(
        "row",
        "trade_id",
        pl.when(pl.col("traded_at_ns") < end_ns).then("traded_at_ns"),
        pl.format("{}: trade {} {}", pl.lit(about), _shown(frame), "reason").alias(
            "reason"
        ),
    )
    kept = judged.filter(~is_refused).unique("trade_id", keep="first")
    return CheckedTrades(kept.drop("reason", "traded_at").sort("trade_id"), refused)


def _nanoseconds(stamps: pl.Series, unit: str) -> pl.Series:
    """`traded_at_ns`; null where a stamp is none, or more exact than a nanosecond."""
    if unit == "iso":
        times = stamps.str.to_datetime(ISO_FORM, time_unit="ns", strict=False)
        return times.cast(pl.Int64).alias("traded_at_ns")
    plain, _ = plainly(stamps, STAMP_FORM)
    digits = DIGITS_OF_NS[unit]
    parts = plain.str.extract_groups(STAMP_FORM).struct
    whole = parts.field("1").cast(pl.Int64, strict=False)
    rest = parts.field("2").fill_null("").str.strip_chars_end("0")
    ns = whole * 10**digits + rest.str.pad_end(digits, "0").cast(pl.Int64, strict=False)
    in_time = (rest.str.len_bytes() <= digits) & (
        whole < LAST_SECOND * 10**9 // 10**digits
    )
    return pl.select(pl.when(in_time).then(ns).alias("traded_at_ns")).to_series()


def _rules(end_ns: int) -> list[tuple[pl.Expr, pl.Expr]]:
    """Each rule: what breaks it, and the words for it."""
    stamp, words = pl.col("traded_at_ns"), pl.format
    first, last = pl.col("first_trade_id"), pl.col("last_trade_id")
    return [
        (stamp.is_null(), words("has time {}", pl.col("traded_at").fill_null("null"))),
        (
            stamp >= end_ns,
            words("has stamp {} ns after the venue's now, {} ns", stamp, end_ns),
        ),
        (stamp < 0, words("has stamp {} ns before 1970", stamp)),
        *(
            (
                pl.col(name).cast(AMOUNT, strict=False) <= 0,
                words(f"has {name} {{}}, not above 0", name),
            )
            for name in AMOUNTS
        ),
        *((pl.col(name) < 0, words(f"has negative {name} {{}}", name)) for name in IDS),
        (first > last, words("has first id {} after its last, {}", first, last)),
    ]


def _contradiction() -> pl.Expr:
    """The reason where good rows of one id differ."""
    amounts = [pl.col(name).cast(AMOUNT, strict=False) for name in AMOUNTS]
    values = pl.struct(*amounts, *IDS[1:], "taker_side", "traded_at_ns")
    good = pl.when(pl.col("reason").is_null()).then(values)
    differ = good.drop_nulls().n_unique().over("trade_id") > 1
    reason = pl.lit("stands twice in one answer, with other values")
    return pl.when(differ & pl.col("reason").is_null()).then(reason).alias("reason")


def _shown(frame: pl.DataFrame) -> pl.Expr:
    names = dict(frame.select("row", "trade_id").iter_rows())
    return (
        pl.col("row")
        .replace_strict(names, default=None, return_dtype=pl.String)
        .fill_null("without an id")
    )
