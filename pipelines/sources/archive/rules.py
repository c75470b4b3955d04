"""What a row of a file must satisfy to be kept; the others go to quarantine.

What its values must be says its feed, as of every row of that feed; here stands how a
file writes stamps and truth values, and where its rows may lie.
"""

from dataclasses import dataclass

import polars as pl

from pipelines.sources.archive.layouts import Layout
from pipelines.upstream import checks
from pipelines.upstream.checks import Rule
from pipelines.upstream.feed import MINUTE_MS, Span

STAMP_FORM = r"^[0-9]{1,18}$"
TIME_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
OPTION_FORM = r"^[A-Z0-9]+-[0-9]{6}-[0-9]+(\.[0-9]+)?-[CP]$"  # BTC-231027-33000-C
FLAG_FORM = r"^(true|false|True|False)$"
# Milliseconds reach this in the year 33,658, microseconds did in 2001
MICROSECONDS_FROM = 10**15
STAMP_BELOW = 10**18
LONGEST_SHOWN = 80  # characters of a cell in a reason


@dataclass(frozen=True)
class Checked:
    """`kept` rows, and the `line`, `at_ms` and `reason` of `refused` ones.

    `at_ms` is null where the stamp can not be read, or lies outside of the file's span.
    `units` are the stamps' units that were seen among the kept ones.
    """

    kept: pl.DataFrame
    refused: pl.DataFrame
    units: frozenset[str]


def check(frame: pl.DataFrame, layout: Layout, covers: Span) -> Checked:
    """Split rows of text by the rules of the layout's feed."""
    frame = _spelled(frame, layout)
    required = layout.kinds.keys() - {*layout.blanks}
    frame, wrongs = checks.read(frame, layout.kinds, required)
    frame, unread = _own(frame, layout)
    frame = _stamped(frame, layout)
    placed = _placed(layout, covers)
    kept, refused = checks.split(frame, layout.rules, [*unread, *wrongs], placed)
    in_span, at_ms = ~placed[0][0], pl.col(f"{layout.axis.column} us") // 1000
    return Checked(
        kept,
        refused.select("line", pl.when(in_span).then(at_ms).alias("at_ms"), "reason"),
        frozenset(kept["unit"].unique().to_list()),
    )


def _spelled(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Times as stamps, blank cells as null; a time that is none is left as it is."""

    def stamp(form: str) -> pl.Expr:
        time = pl.col(name).str.to_datetime(form, strict=False, exact=True)
        return time.dt.timestamp("ms").cast(pl.String)

    for name in layout.texts:
        if layout.hour:
            of_hour = pl.format("{} {}:00:00", name, layout.hour)
            frame = frame.with_columns(of_hour.alias(name))
        at = pl.coalesce(*map(stamp, TIME_FORMS), name)
        frame = frame.with_columns(at.alias(name))
    blanks = [pl.col(name).replace("", None) for name in layout.blanks]
    return frame.with_columns(blanks)


def _own(frame: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[pl.Series]]:
    """Stamps whole and flags true or false; what is neither is null, a reason beside.

    A number has at most one reason, so that the order of these does not matter.
    """
    columns: list[pl.Series] = []
    wrongs: list[pl.Series] = []
    for names, noun, read in (
        (layout.stamps, "stamp", _stamps),
        (layout.flags, "truth value", _flags),
    ):
        for name in names:
            sent = frame[name]
            column = read(sent)
            columns.append(column.alias(name))
            if column.null_count():
                shown = sent.str.slice(0, LONGEST_SHOWN)
                reason = pl.format(f"has {name} {{}}, not a {noun}", shown)
                wrongs.append(
                    pl.select(pl.when(column.is_null()).then(reason)).to_series()
                )
    return frame.with_columns(columns), wrongs


def _stamps(column: pl.Series) -> pl.Series:
    plain, _ = checks.plainly(column, STAMP_FORM)
    whole = plain.cast(pl.Int64, strict=False)
    is_stamp = (whole > -MICROSECONDS_FROM) & (whole < STAMP_BELOW)
    return pl.select(pl.when(is_stamp).then(whole)).to_series()


def _flags(column: pl.Series) -> pl.Series:
    is_flag = column.str.contains(FLAG_FORM)
    is_true = column.str.to_lowercase() == "true"
    return pl.select(pl.when(is_flag).then(is_true)).to_series()


def _stamped(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Every stamp as bronze has it, and in microseconds; `unit` is what was sent."""
    is_us = pl.col(layout.axis.column) >= MICROSECONDS_FROM
    return frame.with_columns(
        *(
            pl.when(pl.col(name) >= MICROSECONDS_FROM)
            .then(name)
            .otherwise(pl.col(name) * 1000)
            .alias(f"{name} us")
            for name in layout.stamps
        ),
        pl.when(is_us).then(pl.lit("us")).otherwise(pl.lit("ms")).alias("unit"),
    ).with_columns(
        (exact * 1000 if layout.axis.unit == "ns" else exact // 1000).alias(name)
        for name, exact in ((name, pl.col(f"{name} us")) for name in layout.stamps)
    )


def _placed(layout: Layout, covers: Span) -> list[Rule]:
    """Where a row may lie: in the file's span first, and at the beginning of a step."""
    stamp = pl.col(f"{layout.axis.column} us")
    start, end = covers[0] * 1000, covers[1] * 1000
    is_after = stamp > end if layout.is_end_inside else stamp >= end
    is_outside = ((stamp < start) | is_after).fill_null(value=True)
    words = pl.format("has stamp {} µs outside of the file's span", stamp)
    rules: list[Rule] = [(is_outside, words)]
    if layout.option:
        name = pl.col(layout.option)
        is_none = ~name.str.contains(OPTION_FORM)
        rules.append((is_none, pl.format(f"has {layout.option} {{}}, no option", name)))
    if layout.axis.step == MINUTE_MS:
        is_off = stamp % (MINUTE_MS * 1000) != 0
        rules.append((is_off, pl.format("has stamp {} µs off the minute", stamp)))
    return rules
