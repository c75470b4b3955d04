"""Columns of numbers as text, and why a cell is none.

A number that is kept reads the same as on the wire: only an exponent is written out.
"""

from collections.abc import Iterable

import polars as pl

from pipelines.upstream import wire
from pipelines.upstream.feed import Feed

AMOUNT_FORM = wire.AMOUNT_FORM
WHOLE_FORM = r"^[0-9]{1,15}$"
WHOLE_BELOW = 10**15  # milliseconds of the year 33,658; seconds of it fit a bigint too
AMOUNT = pl.Decimal(wire.MAX_DIGITS + wire.MAX_DECIMALS, wire.MAX_DECIMALS)


def plainly(column: pl.Series, form: str) -> tuple[pl.Series, list[pl.Series]]:
    """The column with every number in plain form; reasons where that can not be."""
    odd = column.filter(~column.str.contains(form)).unique().to_list()
    if not odd:
        return column, []
    plain: dict[str, str | None] = {}
    reasons: dict[str, str] = {}
    for text in odd:
        try:
            plain[text] = wire.plain(text)
        except ValueError as error:
            plain[text], reasons[text] = None, f"has {column.name} {error}"
    refused = [column.replace_strict(reasons, default=None, return_dtype=pl.String)]
    return column.replace(plain), refused if reasons else []


def wholly(column: pl.Series) -> tuple[pl.Series, list[pl.Series]]:
    """The column as integers; reasons where that can not be."""
    whole = column.cast(pl.Int64, strict=False)
    whole = pl.select(pl.when(whole.abs() < WHOLE_BELOW).then(whole)).to_series()
    broken = whole.is_null() & column.is_not_null()
    reason = pl.format("has {} {}, not a whole number", pl.lit(column.name), column)
    reasons = [pl.select(pl.when(broken).then(reason)).to_series()]
    return whole.alias(column.name), reasons if broken.any() else []


def where(rows: pl.Series, reason: str) -> pl.Series:
    """`reason` for each of these rows."""
    return pl.select(pl.when(rows).then(pl.lit(reason))).to_series()


def read(
    frame: pl.DataFrame, feed: Feed, also: Iterable[str] = ()
) -> tuple[pl.DataFrame, list[pl.Expr]]:
    """Every number plain or whole; what is none is null, its reason beside.

    `also`: further columns of whole numbers, which every row must have.
    """
    wrongs: list[pl.Series] = []
    columns: list[pl.Series] = []
    amounts = [name for name, kind in feed.kinds.items() if kind != "count"]
    counts = [name for name, kind in feed.kinds.items() if kind == "count"]
    required = feed.required.union(also)
    for name in (*amounts, *also, *counts):
        if name not in frame.columns:
            continue
        is_amount = name in amounts
        column, reasons = plainly(frame[name], AMOUNT_FORM if is_amount else WHOLE_FORM)
        if not is_amount:
            column, beyond = wholly(column)
            reasons += beyond
        if name in required:
            reasons += _missing(frame[name])
        columns.append(column)
        wrongs += reasons
    for name in required.difference(feed.kinds, also):
        wrongs += _missing(frame[name])
    return frame.with_columns(columns), [pl.lit(wrong) for wrong in wrongs]


def _missing(column: pl.Series) -> list[pl.Series]:
    missing = column.is_null()
    return [where(missing, f"has no {column.name}")] if missing.any() else []
