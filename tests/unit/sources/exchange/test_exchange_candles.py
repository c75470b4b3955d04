"""From answers to rows: what is kept, what is refused, which minutes are answered."""

import json
from typing import Any

import polars as pl
import pytest

from pipelines.sources.exchange.client import Answer
from pipelines.sources.exchange.feeds import CANDLES
from pipelines.sources.exchange.page import body_reader, parse_page, path_of
from pipelines.sources.exchange.series import Series
from pipelines.sources.exchange.spans import SpanPage, SpanReader, rows_of
from pipelines.sources.exchange.venues import VENUES
from pipelines.upstream import wire
from pipelines.upstream.pages import Gap
from tests.fakes.venue_server import kline, klines

M = 60_000
START = 1_678_492_800_000
SERIES = Series("binance", "BTC/USDT", "BTCUSDT")


def tables(
    text,
    *,
    venue="binance",
    symbol="BTCUSDT",
    asked=(START, START + 10 * M),
    now_ms=START + 1000 * M,
):
    """What one answer makes, by table."""
    route: Any = VENUES[venue].route(CANDLES.name)
    path = path_of(route, symbol)
    answer = Answer(
        body_reader(route, path)(wire.decode(text)), text, "r1", "here", now_ms, "then"
    )
    page = SpanPage(asked, parse_page(route, path, answer))
    series = Series(venue, "BTC/USDT", symbol)
    return {
        rows.table.name: rows.frame for rows in rows_of(CANDLES, route, series, [page])
    }


def answered(found):
    pages = found["pages"]
    return pages.select("answered_from", "answered_until").rows()


def test_binances_raw_fields_are_kept_exactly():
    row = kline(START, base_volume="123456789.123456789123")
    (kept,) = tables(klines(row))["ohlcv"].to_dicts()
    assert kept["base_volume"] == "123456789.123456789123"
    assert kept["quote_volume"] == "60.5"
    assert (kept["trades_count"], kept["closed_at_ms"]) == (7, START + 59_999)
    assert kept["vwap"] is None


def test_coinbases_columns_are_read_in_its_own_order():
    text = f"[[{START // 1000},9.0,12.0,10.0,11.0,5.50]]"
    (kept,) = tables(text, venue="coinbase", symbol="BTC-USD")["ohlcv"].to_dicts()
    names = ("open", "high", "low", "close", "base_volume", "quote_volume")
    assert [kept[name] for name in names] == [
        "10.0",
        "12.0",
        "9.0",
        "11.0",
        "5.50",
        None,
    ]


def test_rows_of_minutes_that_were_not_asked_for_are_left_out():
    text = klines(*(kline(START + i * M) for i in (-1, 0, 9, 10)))
    assert tables(text)["ohlcv"]["opened_at_ms"].to_list() == [START, START + 9 * M]


def test_a_row_that_stands_twice_and_out_of_order_is_kept_twice():
    text = klines(kline(START + M), kline(START), kline(START + M))
    found = tables(text)
    assert found["ohlcv"].height == 3
    assert answered(found) == [(START, START + 10 * M)]


def test_a_refused_row_is_quarantined_as_sent_and_its_minute_cut_out():
    text = klines(kline(START), kline(START + M, high="1e0"), kline(START + 2 * M))
    found = tables(text)
    assert found["ohlcv"].height == 2
    (refused,) = found["quarantine"].to_dicts()
    assert "has high 1 < low 9.0" in refused["reason"]
    assert json.loads(refused["raw"]) == kline(START + M, high="1e0")
    assert answered(found) == [(START, START + M), (START + 2 * M, START + 10 * M)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([1, 2, 3], "a row that has 3 cells, not 12"),
        ({"a": 1.0}, "a row that is not a list"),
        (kline(START + M, open=[1]), "a cell that is neither a number nor text"),
        (kline(START + M, open=True), "a cell that is neither a number nor text"),
    ],
)
def test_a_misshapen_row_is_quarantined_and_only_good_rows_answer(row, said):
    found = tables(klines(kline(START), row, kline(START + 4 * M)))
    (refused,) = found["quarantine"].to_dicts()
    assert said in refused["reason"]
    assert json.loads(refused["raw"]) == row
    assert answered(found) == [(START, START + M), (START + 4 * M, START + 5 * M)]


def test_rows_of_another_symbol_are_quarantined():
    row = [START // 1000, "10", "12", "9", "11", "10.5", "5.5", 7]
    text = json.dumps({"error": [], "result": {"XETHZUSD": [row], "last": 1}})
    found = tables(text, venue="kraken", symbol="XXBTZUSD")
    assert "ohlcv" not in found
    (refused,) = found["quarantine"].to_dicts()
    assert "a row of 'XETHZUSD', a symbol that was not asked for" in refused["reason"]
    assert answered(found) == [(START, START)]


def test_an_empty_page_answers_that_nothing_was_traded():
    found = tables("[]", venue="coinbase", symbol="BTC-USD")
    assert list(found) == ["pages"]
    assert answered(found) == [(START, START + 10 * M)]
    assert found["pages"]["sends_empty"].to_list() == [False]


def test_the_forming_candle_is_kept_and_not_answered_for():
    text = klines(kline(START), kline(START + M))
    found = tables(text, now_ms=START + M + 30_000)
    assert found["ohlcv"].height == 2
    assert answered(found) == [(START, START + M)]


class Recorder:
    """A client that answers every page with the same row, and notes what was asked."""

    def __init__(self, venue):
        self.spec = VENUES[venue]
        self.asked = []

    def call(self, route, params, journal, *, symbol, pick):
        self.asked.append(params)
        text = klines(kline(START))
        return Answer(pick(wire.decode(text)), text, "r", "here", START + M, "then")


def test_a_page_that_does_not_advance_ends():
    client: Any = Recorder("binance")
    span = (START, START + 2500 * M)
    route: Any = client.spec.route(CANDLES.name)
    reader = SpanReader(client, CANDLES, route, SERIES)
    frames = list(reader.rows([Gap(*span)], []))
    starts = [params["startTime"] for params in client.asked]
    assert starts == [START, START + 1000 * M, START + 2000 * M]
    assert client.asked[-1]["endTime"] == START + 2500 * M - 1
    assert isinstance(frames[0].frame, pl.DataFrame)
