"""Files of the best bid and ask: a row a change, until they ended, by market."""

import pytest

from pipelines.backfill.plan_request import parse
from pipelines.config.rows import configuration
from pipelines.errors import BadDataError, SetupError
from pipelines.settings import PROJECT_DIR
from pipelines.sources.archive.file_types import FEEDS
from pipelines.upstream.extents import DAY_MS
from tests.fakes.archive_rows import DAY, read_tables
from tests.fakes.archive_server import csv

HEADER = (
    "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,"
    "transaction_time,event_time"
)
ROW = f"4248100,42000.1,3.5,42000.2,0.01,{DAY + 2},{DAY + 8}"
ENDED = {"um": 1_711_843_200_000, "cm": 1_728_950_400_000}  # 2024-03-31, 2024-10-15


def read(tmp_path, *lines, header=HEADER):
    content = csv(list(lines), header)
    of = {"feed": "book_tickers", "symbol": "BTC/USDT:USDT"}
    return read_tables(tmp_path, content, **of)[0]


@pytest.mark.parametrize("header", [HEADER, None])
def test_a_change_lies_where_it_was_made_and_says_when_it_was_sent(tmp_path, header):
    late = f"4248107,42000.1,3.5,0,0,{DAY + DAY_MS - 1},{DAY + DAY_MS + 4}"
    one, other = read(tmp_path, ROW, late, header=header)["book_tickers"]
    assert one == {
        "exchange_id": "binance",
        "symbol": "BTC/USDT:USDT",
        "changed_at_ms": DAY + 2,
        "quoted_at_ms": DAY + 8,
        "update_id": "4248100",
        "bid": "42000.1",
        "bid_amount": "3.5",
        "ask": "42000.2",
        "ask_amount": "0.01",
        "file_id": "f1",
        "line_number": 2 if header else 1,
    }
    assert (other["ask"], other["quoted_at_ms"]) == ("0", DAY + DAY_MS + 4)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (f"1,-1,3.5,2,1,{DAY},{DAY}", "negative bid -1"),
        (f"1,1,3.5,,1,{DAY},{DAY}", "ask '', not a number"),
        (f"1,1,3.5,2,1,{DAY - 1},{DAY}", "outside of the file's span"),
        (f"1,1,3.5,2,1,{DAY},soon", "quoted_at_ms soon, not a stamp"),
    ],
)
def test_a_row_that_can_not_be_is_refused(tmp_path, wrong, reason):
    tables = read(tmp_path, ROW, wrong)
    assert len(tables["book_tickers"]) == 1
    (refused,) = tables["quarantine"]
    assert reason in refused["reason"]


@pytest.mark.parametrize(
    ("market", "day"), [("um", "2024-03-31"), ("cm", "2024-10-15")]
)
def test_each_market_says_until_when_it_had_them(market, day):
    within, ended = FEEDS["book_tickers"].within, ENDED[market]
    assert within(market, (0, ended + DAY_MS)) == (0, ended)
    with pytest.raises(BadDataError, match=f"bookTicker ended: {day} and later"):
        within(market, (ended, ended + DAY_MS))


def test_what_is_true_now_is_planned_where_an_archive_kept_it():
    known = configuration(PROJECT_DIR / "seeds")
    of = {"since": "2024-03-01", "until": "2024-04-01"}
    names = ["tickers", "option_quotes"]
    wanted = parse(known, ["binance"], ["BTC/USDT:USDT"], feeds=names, **of)
    assert {one.key.feed for one in wanted} == {*names}
    with pytest.raises(SetupError, match="order_books are what is true now"):
        parse(known, ["binance"], ["BTC/USDT"], feeds=["order_books"], **of)
