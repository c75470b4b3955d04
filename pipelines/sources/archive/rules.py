"""What a row of a file must satisfy to be kept; the others go to quarantine.

The rules run on whole frames of text. Comparisons are of exact decimals, and a number
that is kept reads the same as in the file: only an exponent is written out.
"""

from dataclasses import dataclass

import polars as pl

from pipelines.sources.archive.layouts import PRICES, Kind, Layout
from pipelines.upstream import wire
from pipelines.upstream.feed import MINUTE_MS, Span

AMOUNT = pl.Decimal(wire.MAX_DIGITS + wire.MAX_DECIMALS, wire.MAX_DECIMALS)
RATE_FORM = wire.AMOUNT_FORM.replace("^", "^-?", 1)
WHOLE_FORM = r"^[0-9]{1,18}$"
FORMS: dict[Kind, str] = {
    "price": wire.AMOUNT_FORM,
    "amount": wire.AMOUNT_FORM,
    "rate": RATE_FORM,
    "count": WHOLE_FORM,
    "stamp": WHOLE_FORM,
    "flag": r"^(true|false|True|False)$",
}
# Milliseconds reach this in the year 33,658, microseconds did in 2001
MICROSECONDS_FROM = 10**15
WHOLE_BELOW = 10**18
Rule = tuple[pl.Expr, pl.Expr]  # what breaks it, and the words for it


@dataclass(frozen=True)
class Checked:
    """`kept` rows, and the `line` and `reason` of `refused` ones.

    `units` are the stamps' units that were seen among the kept ones.
    """

    kept: pl.DataFrame
    refused: pl.DataFrame
    units: frozenset[str]


def check(frame: pl.DataFrame, layout: Layout, covers: Span) -> Checked:
    """Split rows of text by the layout's rules."""
    frame, unread = _read(frame, layout)
    frame = _stamped(frame, layout)
    if "open" in layout.kinds:
        frame = frame.with_columns(pl.col(PRICES).cast(AMOUNT).name.suffix(" exactly"))
    broken = [rule for _, rule in unread] + _rules(layout, covers)
    is_broken = pl.any_horizontal(breaks.fill_null(value=False) for breaks, _ in broken)
    judged = frame.with_columns(is_broken.alias("is broken"))
    kept = judged
    refused = judged.clear()
    if judged["is broken"].any():
        kept = judged.filter(~pl.col("is broken"))
        refused = judged.filter(pl.col("is broken"))
    reason = pl.coalesce(pl.when(breaks).then(words) for breaks, words in broken)
    return Checked(
        kept,
        refused.select("line", reason.alias("reason")),
        frozenset(kept["unit"].unique().to_list()),
    )


def _read(
    frame: pl.DataFrame, layout: Layout
) -> tuple[pl.DataFrame, list[tuple[str, Rule]]]:
    """Every number plain or whole; what is none is null, and a rule says so."""
    kinds = layout.kinds
    fits = frame.select(
        pl.col(name).str.contains(FORMS[kind]).all() for name, kind in kinds.items()
    ).row(0, named=True)
    rules: list[tuple[str, Rule]] = []
    for name, kind in kinds.items():
        if fits[name]:
            continue
        frame = frame.with_columns(pl.col(name).alias(f"{name} sent"))
        if kind != "flag":
            frame = frame.with_columns(_plainly(frame[name], FORMS[kind]))
        rules.append((name, _unreadable(name, kind)))
    whole = [name for name, kind in kinds.items() if kind in ("count", "stamp")]
    flags = [name for name, kind in kinds.items() if kind == "flag"]
    frame = frame.with_columns(
        pl.col(whole).cast(pl.Int64, strict=False),
        *(
            pl.when(pl.col(name).str.contains(FORMS["flag"])).then(
                pl.col(name).str.to_lowercase() == "true"
            )
            for name in flags
        ),
    )
    return frame, rules


def _plainly(column: pl.Series, form: str) -> pl.Series:
    """The column with every number in plain form; null where that can not be."""
    plain: dict[str, str | None] = {}
    for text in column.filter(~column.str.contains(form)).unique().to_list():
        try:
            plain[text] = wire.plain(text)
        except ValueError:
            plain[text] = None
    return column.replace(plain)


def _unreadable(name: str, kind: Kind) -> Rule:
    what = {"count": "whole number", "stamp": "stamp", "flag": "truth value"}
    sent = pl.col(f"{name} sent").str.slice(0, 80)
    breaks = pl.col(name).is_null()
    if kind in ("count", "stamp"):
        breaks = breaks | (pl.col(name).abs() >= WHOLE_BELOW)
    reason = pl.format(
        "has {} {}, not a {}", pl.lit(name), sent, pl.lit(what.get(kind))
    )
    if kind not in what:
        reason = pl.format(
            "has {} {}", pl.lit(name), sent.map_elements(_why, pl.String)
        )
    return breaks, reason


def _why(text: str) -> str:
    try:
        return wire.plain(text)
    except ValueError as error:
        return str(error)


def _stamped(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Every stamp in microseconds, as its magnitude says, with the row's `unit`."""
    stamps = [name for name, kind in layout.kinds.items() if kind == "stamp"]
    is_us = pl.col(layout.stamp) >= MICROSECONDS_FROM
    return frame.with_columns(
        *(
            pl.when(pl.col(name) >= MICROSECONDS_FROM)
            .then(name)
            .when(pl.col(name) > -MICROSECONDS_FROM)
            .then(pl.col(name) * 1000)
            .alias(f"{name} us")
            for name in stamps
        ),
        pl.when(is_us).then(pl.lit("us")).otherwise(pl.lit("ms")).alias("unit"),
    ).with_columns(_in_bronze(name, layout).alias(name) for name in stamps)


def _in_bronze(name: str, layout: Layout) -> pl.Expr:
    exact = pl.col(f"{name} us")
    return exact * 1000 if layout.stamp_unit == "ns" else exact // 1000


def _rules(layout: Layout, covers: Span) -> list[Rule]:
    kinds = layout.kinds
    stamp = pl.col(f"{layout.stamp} us")
    start, end = covers[0] * 1000, covers[1] * 1000
    is_outside = ((stamp < start) | (stamp >= end)).fill_null(value=True)
    rules: list[Rule] = [
        (is_outside, pl.format("has stamp {} µs outside of the file's span", stamp)),
        *(_negative(name, kind) for name, kind in kinds.items() if kind != "rate"),
    ]
    if "open" in kinds:
        rules += _candle_rules(stamp)
    if "first_trade_id" in kinds:
        first, last = pl.col("first_trade_id"), pl.col("last_trade_id")
        reason = pl.format("has first trade id {} after the last, {}", first, last)
        rules.append((first > last, reason))
    return rules


def _negative(name: str, kind: Kind) -> Rule:
    value = pl.col(name)
    if kind == "price":
        has_digits = value.str.contains("[1-9]")
        reason = pl.format("has {} {}, not above 0", pl.lit(name), value)
        return ~has_digits | value.str.starts_with("-"), reason
    reason = pl.format("has negative {} {}", pl.lit(name), value)
    if kind == "amount":
        return value.str.starts_with("-"), reason
    if kind == "flag":
        return pl.lit(value=False), reason
    return value.is_null() | (value < 0), reason


def _candle_rules(stamp: pl.Expr) -> list[Rule]:
    open_, high, low, close = (pl.col(f"{name} exactly") for name in PRICES)
    words = pl.format
    return [
        (
            stamp % (MINUTE_MS * 1000) != 0,
            words("has stamp {} µs off the minute", stamp),
        ),
        (high < low, words("has high {} < low {}", "high", "low")),
        *(
            (
                (value < low) | (value > high),
                words(f"has {name} {{}} outside {{}} to {{}}", name, "low", "high"),
            )
            for name, value in (("open", open_), ("close", close))
        ),
    ]
