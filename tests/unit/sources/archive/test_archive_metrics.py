"""Files of metrics: times as text, unordered, doubled, blank, and a day's end in it."""

import pytest

from pipelines.upstream.extents import DAY_MS
from tests.fakes.archive_rows import DAY, read_tables
from tests.fakes.archive_server import csv

HEADER = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,"
    "count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,"
    "count_long_short_ratio,sum_taker_long_short_vol_ratio"
)
VALUES = "BTCUSDT,90.5,4000000.25,1.5,1.25,2,0.9"
LINEAR, INVERSE = "BTC/USDT:USDT", "BTC/USD:BTC"
FIVE = 300_000


def read(tmp_path, *lines, symbol=LINEAR):
    content = csv(list(lines), HEADER)
    return read_tables(tmp_path, content, feed="metrics", symbol=symbol)[0]


def test_times_are_utc_in_any_order_and_the_end_of_the_day_is_of_its_file(tmp_path):
    tables = read(
        tmp_path,
        f"2025-01-02 00:00:00,{VALUES}",
        f"2025-01-01 00:10:00,{VALUES}",
        f"2025-01-01 00:05:00,{VALUES}",
        f"2025-01-01 00:10:00,{VALUES}",
        f"2025-01-01,{VALUES}",
    )
    stamps = [row["observed_at_ms"] for row in tables["metrics"]]
    assert stamps == [DAY + DAY_MS, DAY + 2 * FIVE, DAY + FIVE, DAY + 2 * FIVE, DAY]
    assert "quarantine" not in tables


def test_a_blank_is_no_value_and_no_reason_to_refuse(tmp_path):
    tables = read(tmp_path, "2025-01-01 00:05:00,BTCUSDT,90.5,,,1.25,,0.9")
    (row,) = tables["metrics"]
    assert row["base_open_interest"] == "90.5"
    assert row["open_interest_value"] is row["top_trader_accounts_ratio"] is None
    assert row["top_trader_positions_ratio"] == "1.25"


def test_coin_margined_contracts_are_counted_and_their_value_is_the_base(tmp_path):
    (row,) = read(
        tmp_path, f"2025-01-01 00:05:00,{VALUES}", symbol=INVERSE
    )["metrics"]  # fmt: skip
    assert row["contracts_open_interest"] == "90.5"
    assert row["base_open_interest"] == "4000000.25"
    assert row["open_interest_value"] is None


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("2025-01-02 00:05:00", "outside of the file's span"),
        ("2024-12-31 23:55:00", "outside of the file's span"),
        ("yesterday", "not a stamp"),
        ("", "not a stamp"),
    ],
)
def test_a_time_that_can_not_be_is_refused(tmp_path, time, reason):
    tables = read(tmp_path, f"2025-01-01 00:05:00,{VALUES}", f"{time},{VALUES}")
    assert len(tables["metrics"]) == 1
    (refused,) = tables["quarantine"]
    assert reason in refused["reason"]
