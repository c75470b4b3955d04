"""Files of what is of options: a volatility index, and summaries of their hours."""

import pytest

from pipelines.errors import BadDataError
from pipelines.sources.archive.file_types import FEEDS
from pipelines.sources.archive.files import series_of, symbol_of
from tests.fakes.archive_rows import DAY, read_tables
from tests.fakes.archive_server import csv

INDEX = "calc_time,symbol,base_asset,quote_asset,index_value"
SUMMARY = (
    "date,hour,symbol,underlying,type,strike,open,high,low,close,volume_contracts,"
    "volume_usdt,best_bid_price,best_ask_price,best_bid_qty,best_ask_qty,best_buy_iv,"
    "best_sell_iv,mark_price,mark_iv,delta,gamma,vega,theta,openinterest_contracts,"
    "openinterest_usdt"
)
CALL = "BTC-250131-100000-C"
CELLS = (
    "BTCUSDT,C,250131-100000,100,110,90,105,1.5,157.5,99,101,2,3,,0.62,100.5,0.605,"
    "0.5,0.00001,20.1,-5.5,10,0E-8"
)
HOUR_MS = 3_600_000


def read(tmp_path, feed, *lines):
    header = INDEX if feed == "volatility_index" else SUMMARY
    content = csv(list(lines), header)
    return read_tables(tmp_path, content, feed=feed, symbol="BTC/USDT")[0]


def test_an_index_is_of_the_pair_of_its_asset(tmp_path):
    name = "BTCBVOLUSDT,BTCBVOL,USDT"
    tables = read(
        tmp_path, "volatility_index", f"{DAY + 1},{name},37.2172", f"{DAY},{name},0"
    )
    (row,) = tables["volatility_index"]
    assert row == {
        "exchange_id": "binance",
        "symbol": "BTC/USDT",
        "calculated_at_ms": DAY + 1,
        "index_value": "37.2172",
        "file_id": "f1",
        "line_number": 2,
    }
    (refused,) = tables["quarantine"]
    assert "index_value 0, not above 0" in refused["reason"]


@pytest.mark.parametrize("hour", ["3", "03"])
def test_an_hour_is_the_day_and_the_hour_of_it_and_a_blank_is_no_value(tmp_path, hour):
    (row,) = read(tmp_path, "option_summaries", f"2025-01-01,{hour},{CALL},{CELLS}")[
        "option_summaries"
    ]
    assert row["hour_at_ms"] == DAY + 3 * HOUR_MS
    assert row["symbol"] == "BTC/USDT:USDT-250131-100000-C"
    assert row["option_name"] == CALL
    kept = [row[name] for name in ("open", "bid_iv", "ask_iv", "theta", "mark_iv")]
    assert kept == ["100", None, "0.62", "-5.5", "0.605"]
    assert float(row["open_interest_value"]) == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            f"2025-01-01,24,{CALL},{CELLS}",
            "hour_at_ms 2025-01-01 24:00:00, not a stamp",
        ),
        (f"2025-01-01,,{CALL},{CELLS}", "not a stamp"),
        (f"2025-01-02,0,{CALL},{CELLS}", "outside of the file's span"),
        (f"2025-01-01,0,BTC-250131-100000,{CELLS}", "BTC-250131-100000, no option"),
        (
            f"2025-01-01,0,{CALL},{CELLS.replace('110', '80', 1)}",
            "has high 80 < low 90",
        ),
    ],
)
def test_a_summary_that_can_not_be_is_refused(tmp_path, line, reason):
    good = f"2025-01-01,0,{CALL},{CELLS}"
    tables = read(tmp_path, "option_summaries", good, line)
    assert len(tables["option_summaries"]) == 1
    (refused,) = tables["quarantine"]
    assert reason in refused["reason"]


def test_the_archive_files_them_by_the_pair_of_the_few_that_have_options():
    index = series_of("binance", "BTC/USDT", "volatility_index")
    assert index is not None
    folder = "data/option/daily/BVOLIndex/"
    assert index.prefix("daily") == f"{folder}BTCBVOLUSDT/BTCBVOLUSDT-BVOLIndex-"
    assert symbol_of("ETHBVOLUSDT", index) == "ETH/USDT"
    summary = series_of("binance", "XRP/USDT", "option_summaries")
    assert summary is not None
    folder = "data/option/daily/EOHSummary/"
    assert summary.prefix("daily") == f"{folder}XRPUSDT/XRPUSDT-EOHSummary-"
    for symbol in ("LTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC"):
        assert series_of("binance", symbol, "option_summaries") is None
    assert series_of("binance", "XRP/USDT", "volatility_index") is None


def test_summaries_ended_and_the_index_goes_on():
    day = 1_698_105_600_000  # 2023-10-24
    assert FEEDS["option_summaries"].within("option", (0, day + 1)) == (0, day)
    with pytest.raises(BadDataError, match="EOHSummary ended: 2023-10-24"):
        FEEDS["option_summaries"].within("option", (day, day + 1))
    assert FEEDS["volatility_index"].within("option", (day, day + 1)) == (day, day + 1)
