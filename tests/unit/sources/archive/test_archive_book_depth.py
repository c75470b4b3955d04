"""Files of depth in bands of percent: text times, and bands in two spellings."""

import pytest

from pipelines.errors import SetupError
from pipelines.sources.archive.files import series_of
from pipelines.sources.exchange.choices import declared_feeds
from tests.fakes.archive_rows import DAY, read_tables
from tests.fakes.archive_server import csv

HEADER = "timestamp,percentage,depth,notional"
AT = "2025-01-01 00:00:08"


def read(tmp_path, *lines, symbol="BTC/USDT:USDT"):
    content = csv(list(lines), HEADER)
    return read_tables(tmp_path, content, feed="book_depth", symbol=symbol)[0]


def test_a_band_is_kept_as_it_is_spelled_and_many_are_of_one_instant(tmp_path):
    tables = read(
        tmp_path,
        f"{AT},-5,8003.536,533657412.3758",
        f"{AT},-0.20,70.5,4700000",
        f"{AT},5.00,0,0E-8",
    )
    assert "quarantine" not in tables
    first, *others = tables["book_depth"]
    assert first == {
        "exchange_id": "binance",
        "symbol": "BTC/USDT:USDT",
        "snapshot_at_ms": DAY + 8000,
        "band_pct": "-5",
        "base_depth": "8003.536",
        "contracts_depth": None,
        "quote_depth": "533657412.3758",
        "file_id": "f1",
        "line_number": 2,
    }
    assert [row["band_pct"] for row in others] == ["-0.2", "5.00"]
    assert {row["snapshot_at_ms"] for row in others} == {DAY + 8000}
    assert float(others[1]["quote_depth"]) == 0


def test_coin_margined_contracts_are_counted_and_are_worth_the_base(tmp_path):
    (row,) = read(tmp_path, f"{AT},1,1000,150.5", symbol="BTC/USD:BTC")["book_depth"]
    assert (row["contracts_depth"], row["base_depth"]) == ("1000", "150.5")
    assert row["quote_depth"] is None


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (f"{AT},1,-1,5", "negative base_depth -1"),
        (f"{AT},,1,5", "band_pct '', not a number"),
        (f"{AT},1,,5", "base_depth '', not a number"),
        ("2025-01-02 00:00:00,1,1,5", "outside of the file's span"),
        ("2025-01-01T00:00,1,1,5", "not a stamp"),
    ],
)
def test_a_row_that_can_not_be_is_refused(tmp_path, wrong, reason):
    tables = read(tmp_path, f"{AT},1,1,5", wrong)
    assert len(tables["book_depth"]) == 1
    (refused,) = tables["quarantine"]
    assert reason in refused["reason"]


def test_contracts_alone_have_them_dated_ones_too():
    assert series_of("binance", "BTC/USDT", "book_depth") is None
    for symbol, name in (
        ("BTC/USDT:USDT", "um/daily/bookDepth/BTCUSDT/BTCUSDT-bookDepth-"),
        ("BTC/USD:BTC", "cm/daily/bookDepth/BTCUSD_PERP/BTCUSD_PERP-bookDepth-"),
        (
            "BTC/USD:BTC-230929",
            "cm/daily/bookDepth/BTCUSD_230929/BTCUSD_230929-bookDepth-",
        ),
    ):
        series = series_of("binance", symbol, "book_depth")
        assert series is not None
        assert series.prefix("daily") == f"data/futures/{name}"


def test_who_asks_a_venue_for_bands_is_told_where_they_are():
    with pytest.raises(SetupError, match="bullion load archive --feed book_depth"):
        declared_feeds("--feed", ["book_depth"])
