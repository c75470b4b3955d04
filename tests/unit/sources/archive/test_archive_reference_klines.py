"""Klines of marks, indexes and premiums: minutes of what is not traded."""

import pytest

from pipelines.sources.archive.files import series_of
from tests.fakes.archive_rows import DAY, kline, read_tables
from tests.fakes.archive_server import csv

PREMIUM = {"open": "-0.00042931", "high": "0.0001", "low": "-0.0005", "close": "0"}
PREMIUM |= {"volume": "0", "quote": "0", "taker": "0", "taker_quote": "0"}


def test_a_premium_is_of_either_sign_and_a_price_is_not(tmp_path):
    content = csv([kline(DAY, **PREMIUM), kline(DAY + 60_000, **PREMIUM)])
    of = {"symbol": "BTC/USDT:USDT"}
    tables, _ = read_tables(tmp_path, content, feed="premium_index_klines", **of)
    assert [row["open"] for row in tables["premium_index_klines"]] == [
        "-0.00042931"
    ] * 2
    content = csv([kline(DAY, **PREMIUM), kline(DAY + 60_000)])
    tables, counts = read_tables(tmp_path, content, feed="mark_price_klines", **of)
    assert [row["open"] for row in tables["mark_price_klines"]] == ["1.5"]
    assert counts.refused == 1


@pytest.mark.parametrize(
    ("feed", "prefix"),
    [
        ("mark_price_klines", "markPriceKlines/BTCUSD_PERP/1m/BTCUSD_PERP-1m-"),
        ("index_price_klines", "indexPriceKlines/BTCUSD/1m/BTCUSD-1m-"),
        ("premium_index_klines", "premiumIndexKlines/BTCUSD_PERP/1m/BTCUSD_PERP-1m-"),
    ],
)
def test_an_index_is_filed_by_its_pair(feed, prefix):
    series = series_of("binance", "BTC/USD:BTC", feed)
    assert series is not None
    assert series.prefix("daily") == f"data/futures/cm/daily/{prefix}"
    assert series_of("binance", "BTC/USDT", feed) is None
