"""Paging, windows, limits and refusals, as each venue documents them."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipelines.sandbox.answers import RefusedError
from pipelines.sandbox.clock import Clock, iso, parse_instant
from pipelines.sandbox.faults import Faults
from pipelines.sandbox.feed import Series
from pipelines.sandbox.generated import generated_feed
from pipelines.sandbox.listings import generated_pairs
from pipelines.sandbox.market import DAY_MS, MINUTE_MS
from pipelines.sandbox.recordings import recorded_feed
from pipelines.sandbox.upstreams import upstreams
from pipelines.sandbox.venues.venue import Venue
from tests.unit.sandbox.test_sandbox_recordings import HEADER, T0, write

NOW = parse_instant("2024-03-05T10:00:30Z")
MINUTE_NOW = NOW // MINUTE_MS * MINUTE_MS
FEED = generated_feed(1, generated_pairs())


def venue(exchange_id: str, now_ms: int = NOW, **options: Any) -> Venue:
    clock = Clock(now_ms, is_frozen=True)
    options = {"full_history": False, "has_limits": True} | options
    return upstreams(options.pop("feed", FEED), clock, Faults(1), **options)[
        exchange_id
    ].venue


def ask(one: Venue, path: str, **params: object) -> Any:
    answer = one.answer(path, {name: str(value) for name, value in params.items()})
    return json.loads(answer.body)


def klines(now_ms: int = NOW, **params: object) -> list[list[Any]]:
    params = {"symbol": "BTCUSDT", "interval": "1m"} | params
    rows: list[list[Any]] = ask(venue("binance", now_ms), "/api/v3/klines", **params)
    return rows


def ohlc(now_ms: int = NOW, **params: object) -> list[list[Any]]:
    params = {"pair": "XBTUSD"} | params
    body = ask(venue("kraken", now_ms), "/0/public/OHLC", **params)
    rows: list[list[Any]] = body["result"]["XXBTZUSD"]
    return rows


def candles(product: str = "BTC-USD", **params: object) -> list[list[Any]]:
    params = {"granularity": 60} | params
    path = f"/products/{product}/candles"
    rows: list[list[Any]] = ask(venue("coinbase"), path, **params)
    return rows


def refusal(one: Venue, path: str, **params: object) -> tuple[int, Any]:
    with pytest.raises(RefusedError) as refused:
        ask(one, path, **params)
    return refused.value.answer.status, json.loads(refused.value.answer.body)


@pytest.mark.parametrize(("limit", "rows"), [(None, 500), (1000, 1000), (5000, 1000)])
def test_binance_sends_500_klines_and_at_most_1000(
    limit: int | None, rows: int
) -> None:
    found = klines(**({} if limit is None else {"limit": limit}))
    assert len(found) == rows
    assert found[-1][0] == MINUTE_NOW, "the newest is the forming one"


def test_binance_times_are_inclusive_on_the_open_time() -> None:
    since = MINUTE_NOW - 90 * MINUTE_MS
    found = klines(startTime=since, endTime=since + 2 * MINUTE_MS)
    assert [row[0] for row in found] == [since + n * MINUTE_MS for n in range(3)]
    assert [row[6] for row in found] == [row[0] + 59_999 for row in found]
    assert klines(endTime=since, limit=2)[-1][0] == since
    assert klines(startTime=NOW + 1) == []
    assert klines(startTime=0, limit=1)[0][0] >= parse_instant("2019-01-01")


def test_binance_pages_over_midnight_are_whole() -> None:
    since = parse_instant("2024-03-04T20:00:00Z")
    found = klines(startTime=since, limit=800)
    assert [row[0] for row in found] == [since + n * MINUTE_MS for n in range(800)]


@pytest.mark.parametrize("interval", ["5m", "1h", "1d", "1w", "1M"])
def test_binance_longer_klines_are_made_of_the_minutes(interval: str) -> None:
    (row,) = klines(interval=interval, limit=1)
    since = row[0]
    parts: list[list[Any]] = []
    while since <= MINUTE_NOW:
        parts += klines(startTime=since, limit=1000)
        since = parts[-1][0] + MINUTE_MS
    assert row[1] == parts[0][1]
    assert row[4] == parts[-1][4]
    assert float(row[2]) == max(float(part[2]) for part in parts)
    assert row[8] == sum(part[8] for part in parts)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"symbol": "BTCEUR"}, -1121),
        ({"interval": "7m"}, -1120),
        ({"interval": ""}, -1102),
        ({"startTime": "soon"}, -1100),
        ({"limit": 0}, -1130),
    ],
)
def test_binance_refuses_with_its_codes(params: dict[str, object], code: int) -> None:
    params = {"symbol": "BTCUSDT", "interval": "1m"} | params
    status, body = refusal(venue("binance"), "/api/v3/klines", **params)
    assert (status, body["code"]) == (400, code)


def test_binance_trades_go_on_where_an_id_says() -> None:
    one = venue("binance")
    newest = ask(one, "/api/v3/trades", symbol="BTCUSDT", limit=5)
    assert newest[-1]["time"] <= NOW
    first = newest[0]["id"]
    again = ask(one, "/api/v3/historicalTrades", symbol="BTCUSDT", fromId=first)
    assert again == newest


def test_binance_aggregates_cover_every_trade_once() -> None:
    one = venue("binance")
    path, since = "/api/v3/aggTrades", NOW - 3_600_000
    rows = ask(one, path, symbol="BTCUSDT", startTime=since, endTime=NOW, limit=1000)
    assert {row["l"] - row["f"] + 1 for row in rows} == {1, 2}
    for before, row in pairwise(rows):
        assert (row["a"], row["f"]) == (before["a"] + 1, before["l"] + 1)
    assert ask(one, path, symbol="BTCUSDT", fromId=rows[0]["a"], limit=1000) == rows
    newest = ask(one, path, symbol="BTCUSDT", limit=10)
    assert newest == rows[-10:]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/fapi/v1/exchangeInfo", {"BTCUSDT", "BTCUSDT_240329", "BTCUSDT_240628"}),
        ("/dapi/v1/exchangeInfo", {"BTCUSD_PERP", "BTCUSD_240329", "BTCUSD_240628"}),
    ],
)
def test_binance_lists_the_contracts_that_trade_now(path: str, names: set[str]) -> None:
    listed = {row["symbol"]: row for row in ask(venue("binance"), path)["symbols"]}
    assert {name for name in listed if name.startswith("BTC")} == names
    kinds = [listed[name]["contractType"] for name in sorted(names)]
    assert sorted(kinds) == ["CURRENT_QUARTER", "NEXT_QUARTER", "PERPETUAL"]
    spot = ask(venue("binance"), "/api/v3/exchangeInfo")["symbols"]
    assert not {row["symbol"] for row in spot} & (names - {"BTCUSDT"})


def test_a_dated_contract_is_listed_until_its_delivery() -> None:
    path, delivery = "/dapi/v1/exchangeInfo", parse_instant("2024-03-29T08:00:00Z")
    for now_ms, is_listed in ((delivery - 1, True), (delivery, False)):
        rows = ask(venue("binance", now_ms), path)["symbols"]
        dates = {row["symbol"]: row["deliveryDate"] for row in rows}
        assert (dates.get("BTCUSD_240329") == delivery) is is_listed


@pytest.mark.parametrize("root", ["/fapi/v1/", "/dapi/v1/"])
def test_binance_futures_tell_the_time_and_cost_nothing_of_spot(root: str) -> None:
    one = venue("binance")
    assert ask(one, f"{root}time") == {"serverTime": NOW}
    assert ask(one, f"{root}ping") == {}
    assert one.weight(f"{root}exchangeInfo", {}) == 0
    assert refusal(one, f"{root}allForceOrders")[0] == 404


def test_binance_us_lists_no_contracts() -> None:
    for path in ("/fapi/v1/exchangeInfo", "/dapi/v1/exchangeInfo"):
        assert refusal(venue("binance_us"), path)[0] == 404


@pytest.mark.parametrize("since", [0, 1_600_000_000])
def test_kraken_sends_the_newest_720_whatever_since_says(since: int) -> None:
    found = ohlc(since=since)
    newest = MINUTE_NOW // 1000
    assert [row[0] for row in found] == list(range(newest - 719 * 60, newest + 1, 60))


def test_kraken_leaves_since_itself_out_and_always_sends_the_forming_candle() -> None:
    newest = MINUTE_NOW // 1000
    assert [row[0] for row in ohlc(since=newest - 120)] == [newest - 60, newest]
    assert [row[0] for row in ohlc(since=newest)] == [newest]
    assert [row[0] for row in ohlc(since=newest + 9999)] == [newest]
    body = ask(venue("kraken"), "/0/public/OHLC", pair="XBT/USD")
    assert body["result"]["last"] == newest - 60, "the newest committed candle"


def test_kraken_sends_a_quiet_minute_flat() -> None:
    rows = ohlc(pair="XXBTZUSD")
    quiet = [(a, b) for a, b in pairwise(rows) if b[7] == 0]
    assert quiet
    for before, row in quiet:
        assert row[1:5] == [before[4]] * 4
        assert row[5:] == ["0.00", "0.00000000", 0]


def test_kraken_refuses_with_its_texts_and_status_200() -> None:
    one = venue("kraken")
    unknown = {"error": ["EQuery:Unknown asset pair"]}
    assert refusal(one, "/0/public/OHLC", pair="XBTEUR") == (200, unknown)
    _, body = refusal(one, "/0/public/OHLC", pair="XBTUSD", interval=7)
    assert body["error"] == ["EGeneral:Invalid arguments:interval"]


def test_kraken_trades_go_on_after_last_without_loss() -> None:
    one, since, ids = venue("kraken"), str((NOW - DAY_MS) // 1000), []
    while True:
        body = ask(one, "/0/public/Trades", pair="XBTUSD", since=since)["result"]
        if not body["XXBTZUSD"]:
            break
        assert len(body["XXBTZUSD"]) <= 1000
        ids += [row[6] for row in body["XXBTZUSD"]]
        since = body["last"]
    assert len(ids) > 1000
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    newest = ask(one, "/0/public/Trades", pair="XBTUSD", count=1)["result"]
    assert newest["XXBTZUSD"][0][6] == ids[-1]


def test_coinbase_sends_300_newest_first_and_no_quiet_minute() -> None:
    start = NOW // 1000 - 299 * 60
    for found in (candles(), candles(start=start, end=NOW // 1000)):
        stamps = [row[0] for row in found]
        assert stamps == sorted(stamps, reverse=True)
        assert 200 < len(stamps) < 300
        assert all(row[5] > 0 for row in found)


def test_coinbase_start_and_end_are_inside() -> None:
    stamps = [row[0] * 1000 for row in candles()]
    newer, older = stamps[10], stamps[20]
    found = candles(start=iso(older), end=iso(newer))
    assert [row[0] * 1000 for row in found] == stamps[10:21]


def test_coinbase_refuses_more_than_300_candles() -> None:
    start, one = NOW // 1000 - 301 * 60, venue("coinbase")
    path = "/products/BTC-USD/candles"
    status, body = refusal(one, path, granularity=60, start=start, end=NOW // 1000)
    assert status == 400
    assert body["message"].startswith("granularity too small for the requested time")
    assert refusal(one, path, granularity=61) == (
        400,
        {"message": "Unsupported granularity"},
    )
    assert refusal(one, "/products/BTC-EUR/candles") == (404, {"message": "NotFound"})


def test_coinbase_trades_page_by_their_cursors() -> None:
    one, path = venue("coinbase"), "/products/BTC-USD/trades"
    first = one.answer(path, {"limit": "10"})
    cursor = first.headers["CB-AFTER"]
    older = ask(one, path, limit=10, after=cursor)
    newest = [row["trade_id"] for row in json.loads(first.body)]
    assert [row["trade_id"] for row in older] == [n - 10 for n in newest]
    newer = ask(one, path, before=newest[4])
    assert [row["trade_id"] for row in newer] == newest[:4]


@pytest.mark.parametrize(
    ("exchange_id", "path", "params"),
    [
        ("binance", "/api/v3/depth", {"symbol": "BTCUSDT", "limit": 20}),
        ("coinbase", "/products/BTC-USD/book", {"level": 2}),
    ],
)
def test_a_book_holds_the_last_price_between_its_sides(
    exchange_id: str, path: str, params: dict[str, object]
) -> None:
    series: Series = FEED[exchange_id]["BTC/USD" if "USD" in path else "BTC/USDT"]
    trades = series.trades_of_day(NOW // DAY_MS)
    last = [trade for trade in trades if trade.traded_at_ms <= NOW][-1].price / 1e8
    book = ask(venue(exchange_id), path, **params)
    bids = [float(level[0]) for level in book["bids"]]
    asks = [float(level[0]) for level in book["asks"]]
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]
    assert last in {bids[0], asks[0]}


def recorded(tmp_path: Path, exchange_id: str, symbol: str, *lines: str) -> Any:
    write(tmp_path, f"{exchange_id}/{symbol}_1m.csv.gz", *lines)
    return recorded_feed(tmp_path)


def test_full_history_is_one_answer_from_since_to_now(tmp_path: Path) -> None:
    rows = [f"{T0 + n * MINUTE_MS},1,1,1,1,1" for n in range(3000) if n % 7]
    feed = recorded(tmp_path, "kraken", "BTC-USD", HEADER, *rows)
    now = T0 + 3000 * MINUTE_MS + 5000
    one = venue("kraken", now, feed=feed, full_history=True)
    body = ask(one, "/0/public/OHLC", pair="XBTUSD", since=T0 // 1000 - 60)["result"]
    first = T0 // 1000 + 60, "minute 0 has no row, and nothing before the first is sent"
    assert body["XXBTZUSD"][0][0] == first[0], first[1]
    assert len(body["XXBTZUSD"]) == 3000
    assert body["XXBTZUSD"][6][1:] == ["1.00000000"] * 4 + ["0.00000000"] * 2 + [0]
    assert body["XXBTZUSD"][0][5:] == [None, "1.00000000", None]
    plain = venue("kraken", now, feed=feed)
    assert len(ask(plain, "/0/public/OHLC", pair="XBTUSD")["result"]["XXBTZUSD"]) == 720


def test_full_history_leaves_the_window_where_trades_are_known(tmp_path: Path) -> None:
    rows = [f"{T0 + n * MINUTE_MS},1,1,1,1,1" for n in range(1000)]
    write(tmp_path, "kraken/BTC-USD_trades.csv.gz",
          "traded_at_ms,trade_id,side,price,amount", f"{T0},1,buy,1,1")  # fmt: skip
    feed = recorded(tmp_path, "kraken", "BTC-USD", HEADER, *rows)
    now = T0 + 1000 * MINUTE_MS
    one = venue("kraken", now, feed=feed, full_history=True)
    assert len(ask(one, "/0/public/OHLC", pair="XBTUSD")["result"]["XXBTZUSD"]) == 720


def test_a_binance_recording_sends_null_and_fills_a_missing_minute(
    tmp_path: Path,
) -> None:
    feed = recorded(tmp_path, "binance_us", "BTC-USDT", HEADER,
                    f"{T0},1,3,1,2,5", f"{T0 + 2 * MINUTE_MS},4,9,3,5,7")  # fmt: skip
    one = venue("binance_us", T0 + 3 * MINUTE_MS - 1, feed=feed)
    rows = ask(one, "/api/v3/klines", symbol="BTCUSDT", interval="1m")
    zero, two, four = "0.00000000", "2.00000000", "4.00000000"
    assert rows[0][7:] == [None, None, None, None, "0"]
    assert rows[1][1:6] == [two, two, two, two, zero]
    assert rows[1][7:] == [zero, 0, zero, zero, "0"]
    assert rows[2][1:6] == [four, four, four, four, zero], "forming: its open alone"
