"""A refused row of a file reaches over its own minute, or between its neighbours."""

from functools import partial

import pytest

from pipelines.sources.archive import blocks, reading
from tests.fakes.archive_rows import DAY, agg_trade, kline, read_tables
from tests.fakes.archive_server import csv

MINUTE = 60_000
END = 1440


def candle(minute, **cells):
    return kline(DAY + minute * MINUTE, **cells)


def trade(second, number, **cells):
    ids = {"id": number, "first": number, "last": number}
    return agg_trade(**ids, **{"stamp": DAY + second * 1000} | cells)


def untold(tmp_path, lines, **how):
    """The spans of minutes that the file tells nothing of."""
    tables, _ = read_tables(tmp_path, csv(lines), **how)
    rows = tables.get("refused_spans", [])
    return sorted(
        tuple((row[f"refused_{end}_ms"] - DAY) // MINUTE for end in ("from", "until"))
        for row in rows
    )


@pytest.mark.parametrize(
    ("broken", "spans"),
    [
        ({"high": "98", "low": "99"}, [(5, 6)]),
        ({"opened": DAY + 5 * MINUTE + 1}, [(5, 6)]),  # off its minute
        ({"opened": "soon"}, [(3, 8)]),
        ({"opened": ""}, [(3, 8)]),
        ({"opened": DAY - MINUTE}, [(3, 8)]),  # not of this file
        ({"taker": "1,5"}, [(3, 8)]),  # cells out of place
        ({}, []),
    ],
)
def test_a_bad_candle_leaves_its_minute_untold_or_those_between_its_neighbours(
    tmp_path, broken, spans
):
    lines = [candle(2), candle(5, **broken), candle(8), candle(60)]

    assert untold(tmp_path, lines) == spans


def test_a_bad_candle_between_minutes_that_are_told_leaves_none_untold(tmp_path):
    lines = [candle(4), candle(5, opened="x"), candle(5)]

    assert untold(tmp_path, lines) == [(5, 5)]


def test_a_bad_row_at_an_end_reaches_to_the_end_of_the_file(tmp_path):
    lines = [candle(0, opened="x"), candle(2), candle(3, opened="x")]

    assert untold(tmp_path, lines) == [(0, 2), (3, END)]


def test_in_a_file_out_of_order_a_row_without_a_time_may_be_anywhere(tmp_path):
    lines = [candle(9), candle(5, opened="x"), candle(2)]

    assert untold(tmp_path, lines) == [(0, END)]


@pytest.mark.parametrize(
    ("broken", "spans"),
    [
        ({"amount": "0.0"}, [(1, 2)]),
        ({"stamp": "soon"}, [(0, 3)]),  # trades share their minutes
        ({"maker": "true,7,8"}, [(0, 3)]),
    ],
)
def test_a_bad_trade_leaves_its_minute_untold_or_those_of_its_neighbours(
    tmp_path, broken, spans
):
    lines = [trade(59, 1), trade(70, 2, **broken), trade(120, 3), trade(200, 4)]

    assert untold(tmp_path, lines, feed="agg_trades") == spans


def test_neighbours_are_found_in_other_blocks(tmp_path, monkeypatch):
    small = partial(blocks.line_blocks, size=200)
    monkeypatch.setattr(reading, "line_blocks", small)
    bad = [candle(3, opened="x") for _ in range(9)]

    assert untold(tmp_path, [candle(2), *bad, candle(7)]) == [(3, 7)]
