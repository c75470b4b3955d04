"""Files of liquidations: of coin-margined contracts alone, and until they ended."""

import pytest

from pipelines.errors import BadDataError, SetupError
from pipelines.sources.archive.file_types import FEEDS
from pipelines.sources.archive.files import series_of
from pipelines.sources.exchange.choices import declared_feeds
from pipelines.upstream.extents import DAY_MS
from tests.fakes.archive_rows import DAY, read_tables
from tests.fakes.archive_server import csv

HEADER = (
    "time,side,order_type,time_in_force,original_quantity,price,average_price,"
    "order_status,last_fill_quantity,accumulated_fill_quantity"
)
ROW = f"{DAY + 5},SELL,LIMIT,IOC,3,41999.5,42010.1,FILLED,1,3"
ENDED = 1_728_950_400_000  # 2024-10-15


def read(tmp_path, *lines):
    content = csv(list(lines), HEADER)
    return read_tables(tmp_path, content, feed="liquidations", symbol="BTC/USD:BTC")[0]


def test_a_row_is_kept_as_the_file_has_it_and_both_of_two(tmp_path):
    one, other = read(tmp_path, ROW, ROW)["liquidations"]
    assert one | {"line_number": 3} == other
    assert one == {
        "exchange_id": "binance",
        "symbol": "BTC/USD:BTC",
        "liquidated_at_ms": DAY + 5,
        "side": "SELL",
        "order_type": "LIMIT",
        "time_in_force": "IOC",
        "contracts": "3",
        "price": "41999.5",
        "average_price": "42010.1",
        "order_status": "FILLED",
        "last_filled_contracts": "1",
        "filled_contracts": "3",
        "file_id": "f1",
        "line_number": 2,
    }


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (f"{DAY + DAY_MS},SELL,LIMIT,IOC,3,1,1,FILLED,1,3", "outside of the file's"),
        (f"{DAY},SELL,LIMIT,IOC,3,0,1,FILLED,1,3", "price 0, not above 0"),
        (f"{DAY},SELL,LIMIT,IOC,3,1,1,FILLED,1,-3", "filled_contracts -3"),
    ],
)
def test_a_row_that_can_not_be_is_refused(tmp_path, wrong, reason):
    tables = read(tmp_path, ROW, wrong)
    assert len(tables["liquidations"]) == 1
    (refused,) = tables["quarantine"]
    assert reason in refused["reason"]


def test_only_coin_margined_contracts_have_them_dated_ones_too():
    for symbol in ("BTC/USDT", "BTC/USDT:USDT"):
        assert series_of("binance", symbol, "liquidations") is None
    series = series_of("binance", "BTC/USD:BTC-240628", "liquidations")
    assert series is not None
    assert series.prefix("daily") == (
        "data/futures/cm/daily/liquidationSnapshot/BTCUSD_240628/"
        "BTCUSD_240628-liquidationSnapshot-"
    )


def test_a_day_after_the_end_is_not_asked_for():
    within = FEEDS["liquidations"].within
    assert within("cm", (0, ENDED + DAY_MS)) == (0, ENDED)
    assert within("cm", (ENDED - 1, ENDED)) == (ENDED - 1, ENDED)
    with pytest.raises(BadDataError, match="ended: 2024-10-15 and later"):
        within("cm", (ENDED, ENDED + DAY_MS))
    goes_on = FEEDS["metrics"].within("cm", (0, ENDED + DAY_MS))
    assert goes_on == (0, ENDED + DAY_MS)


def test_who_asks_a_venue_for_them_is_told_where_they_are():
    with pytest.raises(SetupError, match="bullion load archive --feed liquidations"):
        declared_feeds("--feed", ["candles", "liquidations"])
