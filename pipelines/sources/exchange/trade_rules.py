"""What a trade must satisfy to be kept; a row that does not goes to quarantine.

A row that stands twice in one answer is one trade, wherever it stands in the answer;
two that differ under one id are both refused.
"""

from collections.abc import Collection

import polars as pl

from pipelines.sources.exchange.rules import DATE_RESOLUTION_MS, ISO_FORM
from pipelines.upstream import checks
from pipelines.upstream.checks import AMOUNT, Checked, Rule
from pipelines.upstream.market_rows import AMOUNTS, IDS, TRADE

NS_IN_MS = 1_000_000
DIGITS_OF_NS = {"ms": 6, "s": 9}  # decimals that a stamp of the unit may have
STAMP_FORM = r"^([0-9]{1,16})(?:\.([0-9]*))?$"
LAST_SECOND = 9_223_372_036  # whose nanoseconds fit a bigint: the year 2262


def check_trades(
    frame: pl.DataFrame, about: str, stamp: str, venue_now_ms: int
) -> Checked:
    """Split the trades of one answer, all text but `row`; `kept` are by id.

    Both parts carry `row`, the place in the answer; a refused one's `trade_id` and
    `traded_at_ns` are null where they can not be read. `about` names the series in a
    reason (`BTC/USD on kraken`).
    """
    trades, wrongs = checks.read(frame, TRADE.kinds, TRADE.required)
    trades = trades.with_columns(_nanoseconds(trades["traded_at"], stamp))
    end_ns = (venue_now_ms + DATE_RESOLUTION_MS) * NS_IN_MS
    kept, refused = checks.split(trades, TRADE, wrongs, _placed(end_ns))
    kept = kept.with_columns(_contradiction(kept.columns))
    broken = pl.concat([refused, kept.filter(pl.col("reason").is_not_null())])
    kept = kept.filter(pl.col("reason").is_null()).unique("trade_id", keep="first")
    return Checked(
        kept.drop("reason", "traded_at").sort("trade_id"),
        broken.sort("row").select(
            "row",
            "trade_id",
            pl.when(pl.col("traded_at_ns").is_between(0, end_ns, closed="none")).then(
                "traded_at_ns"
            ),
            pl.format("{}: trade {} {}", pl.lit(about), _shown(frame), "reason").alias(
                "reason"
            ),
        ),
    )


def _nanoseconds(stamps: pl.Series, unit: str) -> pl.Series:
    """`traded_at_ns`; null where a stamp is none, or more exact than a nanosecond."""
    if unit == "iso":
        times = stamps.str.to_datetime(ISO_FORM, time_unit="ns", strict=False)
        return times.cast(pl.Int64).alias("traded_at_ns")
    plain, _ = checks.plainly(stamps, STAMP_FORM)
    digits = DIGITS_OF_NS[unit]
    parts = plain.str.extract_groups(STAMP_FORM).struct
    whole = parts.field("1").cast(pl.Int64, strict=False)
    rest = parts.field("2").fill_null("").str.strip_chars_end("0")
    ns = whole * 10**digits + rest.str.pad_end(digits, "0").cast(pl.Int64, strict=False)
    in_time = (rest.str.len_bytes() <= digits) & (
        whole < LAST_SECOND * 10**9 // 10**digits
    )
    return pl.select(pl.when(in_time).then(ns).alias("traded_at_ns")).to_series()


def _placed(end_ns: int) -> list[Rule]:
    """When a trade may have been: from 1970 to the venue's now."""
    stamp, words = pl.col("traded_at_ns"), pl.format
    return [
        (stamp.is_null(), words("has time {}", pl.col("traded_at").fill_null("null"))),
        (
            stamp >= end_ns,
            words("has stamp {} ns after the venue's now, {} ns", stamp, end_ns),
        ),
        (stamp <= 0, words("has stamp {} ns, not after 1970 began", stamp)),
    ]


def _contradiction(columns: Collection[str]) -> pl.Expr:
    """The `reason` where good rows of one id differ."""
    sent = [name for name in (*AMOUNTS, "quote_amount", "contracts") if name in columns]
    amounts = [pl.col(name).cast(AMOUNT, strict=False) for name in sent]
    values = pl.struct(*amounts, *IDS[1:], "taker_side", "traded_at_ns")
    reason = pl.lit("stands twice in one answer, with other values")
    differ = values.n_unique().over("trade_id") > 1
    return pl.when(differ).then(reason).alias("reason")


def _shown(frame: pl.DataFrame) -> pl.Expr:
    names = dict(frame.select("row", "trade_id").iter_rows())
    return (
        pl.col("row")
        .replace_strict(names, default=None, return_dtype=pl.String)
        .fill_null("without an id")
    )
