"""Walks over a venue's trades by its own cursor: each trade once, value for value."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.feed import Feed
from pipelines.sandbox.market import DAY_MS, Trade, parse_e8
from pipelines.sandbox.recordings import recorded_feed
from tests.unit.sandbox.test_sandbox_recordings import write
from tests.unit.sandbox.test_sandbox_venues import FEED, NOW, ask, venue

START = NOW // DAY_MS * DAY_MS - DAY_MS
SYMBOLS = {"binance": "BTC/USDT", "coinbase": "BTC/USD", "kraken": "BTC/USD"}
HOLES = 7


def recording(root: Path) -> Feed:
    """Three days, an id in seven missing, several trades in one millisecond."""
    lines = ["traded_at_ms,trade_id,side,price,amount"]
    for n in range(4000):
        at_ms = START - DAY_MS + n // 3 * 150_000
        side = "buy" if n % 3 else "sell"
        if n % HOLES:
            lines.append(
                f"{at_ms},{1000 + n},{side},{20000 + n}.{n % 100:02d},0.{n:06d}1"
            )
    for exchange_id, symbol in SYMBOLS.items():
        name = symbol.replace("/", "-")
        write(root, f"{exchange_id}/{name}_trades.csv.gz", *lines)
    return recorded_feed(root)


@pytest.fixture(params=["generated", "recorded"])
def feed(request: pytest.FixtureRequest, tmp_path: Path) -> Feed:
    return FEED if request.param == "generated" else recording(tmp_path)


def known(feed: Feed, exchange_id: str) -> list[Trade]:
    """What there is of the two last days, up to now."""
    series = feed[exchange_id][SYMBOLS[exchange_id]]
    days = (START // DAY_MS, START // DAY_MS + 1)
    trades = [trade for day in days for trade in series.trades_of_day(day)]
    return [trade for trade in trades if trade.traded_at_ms <= NOW]


def test_binance_single_trades_by_from_id(feed: Feed) -> None:
    expected = known(feed, "binance")
    one, rows = venue("binance", feed=feed), []
    from_id = expected[0].trade_id
    while True:
        page = ask(one, "/api/v3/historicalTrades", symbol="BTCUSDT",
                   fromId=from_id, limit=1000)  # fmt: skip
        rows += page
        if len(page) < 1000:
            break
        from_id = page[-1]["id"] + 1
    assert [
        (
            row["id"],
            row["time"],
            "sell" if row["isBuyerMaker"] else "buy",
            parse_e8(row["price"]),
            parse_e8(row["qty"]),
        )
        for row in rows
    ] == [(t.trade_id, t.traded_at_ms, t.side, t.price, t.amount) for t in expected]


@pytest.mark.parametrize("start", ["time", "id"])
def test_binance_aggregates_by_from_id(feed: Feed, start: str) -> None:
    """A first page by time, or all by id; further ones by the id after the last."""
    expected = known(feed, "binance")
    one, path = venue("binance", feed=feed), "/api/v3/aggTrades"
    first = (
        {"startTime": START} if start == "time" else {"fromId": expected[0].order_id}
    )
    rows = ask(one, path, symbol="BTCUSDT", limit=1000, **first)
    while True:
        page = ask(one, path, symbol="BTCUSDT", limit=1000, fromId=rows[-1]["a"] + 1)
        rows += page
        if len(page) < 1000:
            break
    covered = [n for row in rows for n in range(row["f"], row["l"] + 1)]
    assert covered == [trade.trade_id for trade in expected]
    assert sum(parse_e8(row["q"]) for row in rows) == sum(t.amount for t in expected)
    assert {row["a"] for row in rows} == {trade.order_id for trade in expected}
    assert ask(one, path, symbol="BTCUSDT", fromId=rows[-1]["a"] + 1) == []


def test_binance_time_bounds_of_aggregates_are_inside(feed: Feed) -> None:
    expected = known(feed, "binance")
    first, last = expected[10].traded_at_ms, expected[100].traded_at_ms
    rows = ask(venue("binance", feed=feed), "/api/v3/aggTrades", symbol="BTCUSDT",
               startTime=first, endTime=last, limit=1000)  # fmt: skip
    assert (rows[0]["T"], rows[-1]["T"]) == (first, last)


def test_coinbase_back_in_time_by_after(feed: Feed) -> None:
    expected = known(feed, "coinbase")
    one, rows = venue("coinbase", feed=feed), []
    asked: dict[str, str] = {}
    while True:
        answer = one.answer("/products/BTC-USD/trades", asked)
        page = json.loads(answer.body)
        assert len(page) <= 1000
        rows += [row for row in page if row["trade_id"] >= expected[0].trade_id]
        if len(rows) >= len(expected):
            break
        assert answer.headers["CB-AFTER"] == str(page[-1]["trade_id"])
        assert answer.headers["CB-BEFORE"] == str(page[0]["trade_id"])
        asked = {"after": answer.headers["CB-AFTER"]}
    assert [
        (
            row["trade_id"],
            parse_instant(row["time"][:23] + "Z"),
            int(row["time"][23:26]),
            "buy" if row["side"] == "sell" else "sell",
            parse_e8(row["price"]),
            parse_e8(row["size"]),
        )
        for row in reversed(rows)
    ] == [
        (
            *(t.trade_id, t.traded_at_ms, t.traded_at_ns // 1000 % 1000),
            *(t.side, t.price, t.amount),
        )
        for t in expected
    ]


def test_coinbase_after_the_first_trade_there_is_nothing(feed: Feed) -> None:
    one = venue("coinbase", feed=feed)
    answer = one.answer("/products/BTC-USD/trades", {"after": "1"})
    assert answer.body == b"[]"
    assert "CB-AFTER" not in answer.headers


def test_coinbase_before_gives_the_newest_page_that_is_newer(feed: Feed) -> None:
    expected = known(feed, "coinbase")
    rows = ask(venue("coinbase", feed=feed), "/products/BTC-USD/trades",
               before=expected[-50].trade_id, limit=10)  # fmt: skip
    assert [row["trade_id"] for row in rows] == [
        trade.trade_id for trade in reversed(expected[-10:])
    ]


@pytest.mark.parametrize("since", [str(START // 1000), str(START * 10**6 - 1)])
def test_kraken_forwards_by_since_and_last(feed: Feed, since: str) -> None:
    expected = [t for t in known(feed, "kraken") if t.traded_at_ns > START * 10**6]
    one, rows = venue("kraken", feed=feed), []
    while True:
        body = json.loads(
            one.answer("/0/public/Trades", {"pair": "XBTUSD", "since": since}).body,
            parse_float=str,
        )["result"]
        rows += body["XXBTZUSD"]
        assert isinstance(body["last"], str)
        if not body["XXBTZUSD"]:
            assert body["last"] == since
            break
        assert len(body["XXBTZUSD"]) <= 1000
        since = body["last"]
    assert since == str(expected[-1].traded_at_ns)
    found = [r for r in rows if r[6] >= expected[0].trade_id]
    assert [_kraken(row) for row in found] == [
        (t.price, t.amount, t.traded_at_ns, t.side, t.trade_id) for t in expected
    ]


def _kraken(row: list[Any]) -> tuple[int, int, int, str, int]:
    price, amount, stamp, side, kind, misc, trade_id = row
    assert kind in {"m", "l"}
    assert misc == ""
    seconds, _, part = stamp.partition(".")
    at_ns = int(seconds) * 10**9 + int(part.ljust(9, "0"))
    return (
        parse_e8(price),
        parse_e8(amount),
        at_ns,
        {"b": "buy", "s": "sell"}[side],
        trade_id,
    )


def test_kraken_sends_as_many_as_count_says(feed: Feed) -> None:
    one, since = venue("kraken", feed=feed), str(START // 1000)
    body = ask(one, "/0/public/Trades", pair="XBTUSD", since=since, count=7)["result"]
    assert len(body["XXBTZUSD"]) == 7
    more = ask(one, "/0/public/Trades", pair="XBTUSD", since=since, count=5000)
    assert len(more["result"]["XXBTZUSD"]) == 1000


def test_no_trade_of_the_future_is_sent() -> None:
    newest = {
        "binance": ask(venue("binance"), "/api/v3/trades", symbol="BTCUSDT")[-1]["id"],
        "coinbase": ask(venue("coinbase"), "/products/BTC-USD/trades")[0]["trade_id"],
        "kraken": ask(venue("kraken"), "/0/public/Trades", pair="XBTUSD")["result"][
            "XXBTZUSD"
        ][-1][6],
    }
    last = {name: known(FEED, name)[-1].trade_id for name in newest}
    assert newest == last
