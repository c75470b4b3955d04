"""Rows of text against the rules of their feed: one check for every way they come.

A number that is kept reads the same as it was sent: only an exponent is written out.
Comparisons are of exact decimals.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from pipelines.bronze.tables import NUMERICS
from pipelines.upstream import levels, wire
from pipelines.upstream.feed import Kind, RowRules

AS_SENT: frozenset[Kind] = frozenset({"text", "levels"})
WHOLE_FORM = r"^[0-9]{1,15}$"
WHOLE_BELOW = 10**15  # milliseconds of the year 33,658; seconds of it fit a bigint too
AMOUNT = pl.Decimal(*NUMERICS["decimal"])
EXACTLY = "{} exactly"  # a column of numbers, for comparisons
Rule = tuple[pl.Expr, pl.Expr]  # what breaks it, and the words for it


class Checked(NamedTuple):
    """The `kept` rows, and the `refused` ones with their `reason`."""

    kept: pl.DataFrame
    refused: pl.DataFrame


def plainly(
    column: pl.Series, form: str, bounds: wire.Bounds = wire.AMOUNT
) -> tuple[pl.Series, list[pl.Series]]:
    """The column with every number in plain form; reasons where that can not be."""
    odd = column.filter(~column.str.contains(form)).unique().to_list()
    if not odd:
        return column, []
    plain: dict[str, str | None] = {}
    reasons: dict[str, str] = {}
    for text in odd:
        try:
            plain[text] = wire.plain(text, bounds)
        except ValueError as error:
            plain[text], reasons[text] = None, f"has {column.name} {error}"
    refused = [column.replace_strict(reasons, default=None, return_dtype=pl.String)]
    return column.replace(plain), refused if reasons else []


def wholly(column: pl.Series) -> tuple[pl.Series, list[pl.Series]]:
    """The column as integers; reasons where that can not be."""
    whole = column.cast(pl.Int64, strict=False)
    whole = pl.select(pl.when(whole.abs() < WHOLE_BELOW).then(whole)).to_series()
    broken = whole.is_null() & column.is_not_null()
    if not broken.any():
        return whole.alias(column.name), []
    reason = pl.format("has {} {}, not a whole number", pl.lit(column.name), column)
    reasons = [pl.select(pl.when(broken).then(reason)).to_series()]
    return whole.alias(column.name), reasons


def read(
    frame: pl.DataFrame, kinds: Mapping[str, Kind], required: Iterable[str]
) -> tuple[pl.DataFrame, list[pl.Series]]:
    """Every number plain or whole; what is none is null, its reason beside.

    Columns that the frame does not have are passed over.
    """
    wrongs: list[pl.Series] = []
    columns: list[pl.Series] = []
    present = {name: kind for name, kind in kinds.items() if name in frame.columns}
    for name, kind in sorted(present.items(), key=lambda item: item[1] == "count"):
        if kind in AS_SENT:
            wrongs += levels.flaws(frame[name]) if kind == "levels" else []
            continue
        bounds = wire.RATE if kind == "rate" else wire.AMOUNT
        form = WHOLE_FORM if kind == "count" else bounds.form
        column, reasons = plainly(frame[name], form, bounds)
        if kind == "count":
            column, beyond = wholly(column)
            reasons += beyond
        columns.append(column)
        wrongs += reasons
    for name in sorted({*required}.intersection(frame.columns)):
        missing = frame[name].is_null()
        if missing.any():
            wrongs.append(where(missing, f"has no {name}"))
    return frame.with_columns(columns), wrongs


def where(rows: pl.Series, reason: str) -> pl.Series:
    """`reason` for each of these rows."""
    return pl.select(pl.when(rows).then(pl.lit(reason))).to_series()


def split(
    frame: pl.DataFrame,
    rules: RowRules,
    wrongs: Sequence[pl.Series],
    placed: Sequence[Rule],
) -> Checked:
    """The rows that hold all rules, and the others with the first that each breaks.

    `wrongs` are the reasons of what could not be read; `placed` says where rows may
    lie, which depends on the way that they came.
    """
    compared = {name for pair in rules.ordered for name in pair} | {*rules.between}
    frame = frame.with_columns(
        pl.col(name).cast(AMOUNT).alias(EXACTLY.format(name))
        for name in sorted(compared.intersection(frame.columns))
        if rules.kinds[name] != "count"
    )
    if wrongs:
        unread = pl.coalesce(*(pl.lit(wrong) for wrong in wrongs))
        frame = frame.with_columns(unread.alias("reason"))
    else:
        frame = frame.with_columns(reason=pl.lit(None, pl.String))
    broken = [*placed, *_rules(rules, frame.columns)]
    is_refused = pl.any_horizontal(
        pl.col("reason").is_not_null(),
        *(breaks.fill_null(value=False) for breaks, _ in broken),
    )
    # the words are made for the refused rows alone
    refused = frame.filter(is_refused)
    kept = frame.filter(~is_refused) if refused.height else frame
    words = [pl.when(breaks).then(reason) for breaks, reason in broken]
    return Checked(
        kept.drop("reason"),
        refused.with_columns(pl.coalesce("reason", *words).alias("reason")),
    )


def _rules(rules: RowRules, columns: Sequence[str]) -> list[Rule]:
    """The rules of the columns that are there."""
    kinds = {name: kind for name, kind in rules.kinds.items() if name in columns}
    words = pl.format

    def exactly(name: str) -> pl.Expr:
        return pl.col(name if kinds[name] == "count" else EXACTLY.format(name))

    return [
        *(
            (_is_not_above_0(name), words(f"has {name} {{}}, not above 0", name))
            for name, kind in kinds.items()
            if kind == "price"
        ),
        *(
            (
                exactly(high) < exactly(low),
                words(f"has {high} {{}} < {low} {{}}", high, low),
            )
            for low, high in rules.ordered
            if low in kinds and high in kinds
        ),
        *(
            (
                (exactly(name) < exactly(low)) | (exactly(name) > exactly(high)),
                words(f"has {name} {{}} outside {{}} to {{}}", name, low, high),
            )
            for name, (low, high) in rules.between.items()
            if {name, low, high} <= kinds.keys()
        ),
        *(
            (_is_negative(name, kind), words(f"has negative {name} {{}}", name))
            for name, kind in kinds.items()
            if kind in ("amount", "count")
        ),
    ]


def _is_not_above_0(name: str) -> pl.Expr:
    text = pl.col(name)
    return ~text.str.contains("[1-9]") | text.str.starts_with("-")


def _is_negative(name: str, kind: Kind) -> pl.Expr:
    return pl.col(name) < 0 if kind == "count" else pl.col(name).str.starts_with("-")
