"""Rows as people and machines read them."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from pipelines.terminal import report


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.500"), "1.5"),
        (Decimal(100), "100"),
        (Decimal("0E-18"), "0"),
        (Decimal("1E-18"), "0.000000000000000001"),
        (
            Decimal("12345678901234567890.123456789012345678"),
            "12345678901234567890.123456789012345678",
        ),
        (None, ""),
        (True, "yes"),
        (datetime(2024, 1, 2, 3, 4, tzinfo=UTC), "2024-01-02 03:04"),
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), "2024-01-02 03:04:05"),
    ],
)
def test_a_value_reads_exactly_and_without_padding(value, text):
    assert report.plain(value) == text


def test_json_rounds_nothing():
    exact = Decimal("12345678901234567890.123456789012345678")
    assert json.loads(report.as_json([{"x": exact}])) == [{"x": str(exact)}]


def shown(rows, width):
    console = Console(width=width, record=True, file=StringIO())
    report.show(rows, "told", console)
    return console.export_text()


def test_a_single_row_that_is_too_wide_stands_upright():
    row = {"exchange_id": "binance", "reason": "not listed on binance"}
    wide, narrow = shown([row], 80), shown([row], 30)
    assert any("binance" in s and "not listed" in s for s in wide.splitlines())
    names = [s.split("│")[1].strip() for s in narrow.splitlines() if "│" in s]
    assert [name for name in names if name] == ["exchange id", "reason"]
    assert shown([row, row], 30).count("binance") > 1


def test_the_word_of_a_header_breaks_only_where_there_is_no_room_for_it():
    told = "a sentence of many words, which may well stand on several lines of a cell"
    rows = [{"is_standing": True, "differences": None, "reason": told}] * 2
    roomy, narrow = shown(rows, 60), shown(rows, 25)
    assert all(word in roomy for word in ("standing", "differences"))
    assert "standing" not in narrow
    assert "sentence" in narrow
