"""The same rows as of a series read by the day, made of many days at once.

A generated month of minutes takes a tenth of a second so, and most of a second row by
row; a test holds both to the same bytes.
"""

import polars as pl

from pipelines.sandbox.archive.tree import Format, Place
from pipelines.sandbox.feed import FramedSeries
from pipelines.sandbox.market import E8, MINUTE_MS, Instrument
from pipelines.sandbox.view import View

_E8_PLACES = 8
_SUMS = ("base_volume", "quote_volume", "taker_buy_base", "taker_buy_quote")


def framed_rows(view: View, place: Place, written: Format) -> bytes | None:
    """The lines of a file; None: not of such a series, or not of such a feed."""
    folder, series = place.folder, view.series
    if not isinstance(series, FramedSeries):
        return None
    if folder.feed == "klines" and folder.interval == "1m":
        return _lines(_klines(view, series, place, written))
    if folder.feed not in {"trades", "aggTrades"}:
        return None
    make = _trades if folder.feed == "trades" else _aggregates
    frames = series.trades_frames(place.first_day, place.end_day)
    return b"".join(_lines(make(one, view.instrument, written)) for one in frames)


def _lines(frame: pl.DataFrame) -> bytes:
    text = frame.write_csv(include_header=False, quote_style="never")
    return text.encode()


def _fixed(name: str, places: int) -> pl.Expr:
    """Units of 1e-8 as text; what has fewer places lies on a grid of so many."""
    value = pl.col(name)
    whole = (value // E8).cast(pl.String)
    if not places:
        return whole.alias(name)
    part = value % E8 // 10 ** (_E8_PLACES - places) + 10**places
    digits = part.cast(pl.String).str.slice(1)
    return pl.concat_str(whole, pl.lit("."), digits).alias(name)


def _places(instrument: Instrument) -> tuple[int, int]:
    if instrument.settle is None:
        return _E8_PLACES, _E8_PLACES
    return instrument.price_decimals, instrument.amount_decimals


def _klines(
    view: View, series: FramedSeries, place: Place, written: Format
) -> pl.DataFrame:
    start, end = view.span(place.first_day, place.end_day)
    minutes = pl.select(opened_at_ms=pl.int_range(start, max(end, start), MINUTE_MS))
    traded = series.candles_frame(place.first_day, place.end_day)
    is_quiet = traded.is_empty() or traded.item(0, "opened_at_ms") > start
    before = series.last_close_before(start) if is_quiet else None
    last = pl.lit(before, dtype=pl.Int64)
    close = pl.col("close").forward_fill().fill_null(last)
    opened, closed = pl.col("opened_at_ms"), pl.col("opened_at_ms") + MINUTE_MS - 1
    is_new = opened >= written.microseconds_from_ms
    if view.instrument.settle is None:
        closed = pl.when(is_new).then(closed * 1000 + 999).otherwise(closed)
        opened = pl.when(is_new).then(opened * 1000).otherwise(opened)
    price, amount = _places(view.instrument)
    return (
        minutes.join(traded, on="opened_at_ms", how="left", maintain_order="left")
        .with_columns(close)
        .with_columns(
            pl.col("open", "high", "low").fill_null(pl.col("close")),
            pl.col(*_SUMS, "trades_count").fill_null(0),
        )
        .select(
            opened,
            *(_fixed(name, price) for name in ("open", "high", "low", "close")),
            _fixed("base_volume", amount),
            closed.alias("closed_at"),
            _fixed("quote_volume", _E8_PLACES),
            "trades_count",
            _fixed("taker_buy_base", amount),
            _fixed("taker_buy_quote", _E8_PLACES),
            pl.lit(0).alias("ignore"),
        )
    )


def _stamp(instrument: Instrument, written: Format) -> pl.Expr:
    at_us = pl.col("at_us")
    at_ms = at_us // 1000
    if instrument.settle is not None:
        return at_ms.alias("stamp")
    is_new = at_ms >= written.microseconds_from_ms
    return pl.when(is_new).then(at_us).otherwise(at_ms).alias("stamp")


def _truths(instrument: Instrument) -> list[pl.Expr]:
    """Whether the buyer was the maker; on spot, whether the price was the best."""
    is_spot = instrument.settle is None
    yes, no = ("True", "False") if is_spot else ("true", "false")
    maker = pl.when("is_buy").then(pl.lit(no)).otherwise(pl.lit(yes)).alias("maker")
    return [maker, pl.lit("True").alias("best")] if is_spot else [maker]


def _trades(
    frame: pl.DataFrame, instrument: Instrument, written: Format
) -> pl.DataFrame:
    price, amount = _places(instrument)
    return frame.select(
        "trade_id",
        _fixed("price", price),
        _fixed("amount", amount),
        _fixed("other", _E8_PLACES),
        _stamp(instrument, written),
        *_truths(instrument),
    )


def _aggregates(
    frame: pl.DataFrame, instrument: Instrument, written: Format
) -> pl.DataFrame:
    price, amount = _places(instrument)
    orders = frame.group_by("order_id", maintain_order=True).agg(
        pl.col("price", "at_us", "is_buy").first(),
        pl.col("amount").sum(),
        first_id=pl.col("trade_id").first(),
        last_id=pl.col("trade_id").last(),
    )
    return orders.select(
        "order_id",
        _fixed("price", price),
        _fixed("amount", amount),
        "first_id",
        "last_id",
        _stamp(instrument, written),
        *_truths(instrument),
    )
