"""The archive: the rows of REST, packed, checked and listed as the bulk host does."""

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sandbox.archive.files import day_by_day
from pipelines.sandbox.archive.framed import framed_rows
from pipelines.sandbox.archive.host import Archive
from pipelines.sandbox.archive.made import MadeTree
from pipelines.sandbox.archive.tree import Folder, Format, Place
from pipelines.sandbox.clock import Clock, parse_instant
from pipelines.sandbox.faults import Faults
from pipelines.sandbox.funding import settlements
from pipelines.sandbox.generated import generated_feed
from pipelines.sandbox.listings import generated_pairs
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, fixed
from pipelines.sandbox.upstreams import upstreams
from pipelines.sandbox.venues.binance_names import venue_symbol
from pipelines.sandbox.view import View

NOW = parse_instant("2025-02-05T10:00:00Z")
SERIES = generated_feed(1, generated_pairs())["binance"]
CLOCK = Clock(NOW, is_frozen=True)
SPOT, LINEAR, INVERSE = "BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC"
ROOTS = {
    SPOT: "data/spot",
    LINEAR: "data/futures/um",
    INVERSE: "data/futures/cm",
}


def archive(now_ms: int = NOW, **options: Any) -> Archive:
    clock = Clock(now_ms, is_frozen=True)
    return Archive("binance", SERIES, clock, Faults(1), **options)


ARCHIVE = archive()


def path_of(symbol: str, feed: str, span: str) -> str:
    """The path of a file; `feed` may be an interval of klines."""
    period = "daily" if span.count("-") == 2 else "monthly"
    name = venue_symbol(symbol)
    folder = f"klines/{name}/{feed}" if feed[0].isdigit() else f"{feed}/{name}"
    return f"{ROOTS[symbol]}/{period}/{folder}/{name}-{feed}-{span}.zip"


def fetched(path: str, host: Archive = ARCHIVE) -> bytes:
    answer = host.answer(f"/{path}", {})
    assert answer.status == 200, path
    return answer.body


def lines(path: str, host: Archive = ARCHIVE) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(fetched(path, host))) as held:
        assert held.testzip() is None
        (name,) = held.namelist()
        assert name == path.rpartition("/")[2].replace(".zip", ".csv")
        text = held.read(name).decode()
    assert text.endswith("\n")
    return [line.split(",") for line in text.splitlines()]


def rest(path: str, **params: object) -> Any:
    venue = upstreams(
        {"binance": SERIES}, CLOCK, Faults(1), full_history=False, has_limits=False
    )["binance"].venue
    sent = {name: str(value) for name, value in params.items()}
    return json.loads(venue.answer(f"/api/v3/{path}", sent).body)


def paged(path: str, start: int, end: int, stamp: int | str, **params: object) -> Any:
    """Every row stamped in [start, end), a page after the other."""
    rows: list[Any] = []
    asked: dict[str, object] = {"symbol": "BTCUSDT", "limit": 1000, **params}
    while True:
        since = rows[-1][stamp] + 1 if rows else start
        page = rest(path, startTime=since, endTime=end - 1, **asked)
        rows += page
        if len(page) < 1000:
            return rows


@pytest.mark.parametrize(("interval", "count"), [("1m", 1440), ("15m", 96), ("1d", 1)])
def test_a_day_of_klines_is_the_rows_of_rest(interval: str, count: int) -> None:
    start = parse_instant("2024-03-05")
    found = lines(path_of(SPOT, interval, "2024-03-05"))
    served = paged("klines", start, start + DAY_MS, 0, interval=interval)
    assert len(found) == count
    assert found == [[str(value) for value in row] for row in served]


def test_a_day_of_aggregates_is_the_rows_of_rest() -> None:
    start = parse_instant("2024-03-05")
    served = paged("aggTrades", start, start + DAY_MS, "T")
    assert lines(path_of(SPOT, "aggTrades", "2024-03-05")) == [
        [str(row[name]) for name in "apqflTmM"] for row in served
    ]


def test_a_day_of_trades_is_the_rows_of_rest() -> None:
    found = lines(path_of(SPOT, "trades", "2024-03-05"))
    served: list[dict[str, Any]] = []
    while len(served) < len(found):
        from_id = served[-1]["id"] + 1 if served else found[0][0]
        served += rest("historicalTrades", symbol="BTCUSDT", fromId=from_id, limit=1000)
    assert (
        found
        == [[str(value) for value in row.values()] for row in served][: len(found)]
    )
    assert served[len(found)]["time"] >= parse_instant("2024-03-06")


def test_a_month_is_its_days() -> None:
    for symbol, feed in ((SPOT, "1m"), (SPOT, "aggTrades"), (LINEAR, "trades")):
        days = [
            line
            for day in range(1, 30)
            for line in lines(path_of(symbol, feed, f"2024-02-{day:02d}"))
            if line[0].isdigit()
        ]
        month = lines(path_of(symbol, feed, "2024-02"))
        assert [line for line in month if line[0].isdigit()] == days


@pytest.mark.parametrize("symbol", [*ROOTS, "XRP/USDT", "BTC/USD:BTC-250328"])
@pytest.mark.parametrize("feed", ["klines", "aggTrades", "trades"])
def test_rows_made_at_once_are_the_rows_of_each_day(symbol: str, feed: str) -> None:
    interval = "1m" if feed == "klines" else ""
    folder = Folder(symbol, feed, "daily", interval)
    view = View(SERIES[symbol], CLOCK, fills=True)
    first = parse_instant("2024-12-27") // DAY_MS
    place = Place(folder, first, first + 10)
    at_once = framed_rows(view, place, Format())
    assert at_once
    assert at_once == day_by_day(view, place, Format())


def test_spot_files_stamp_microseconds_from_2025_on() -> None:
    old = lines(path_of(SPOT, "1m", "2024-12-31"))
    new = lines(path_of(SPOT, "1m", "2025-01-01"))
    first = parse_instant("2025-01-01")
    assert (old[-1][0], old[-1][6]) == (str(first - MINUTE_MS), str(first - 1))
    assert new[0][0] == f"{first}000"
    assert new[0][6] == f"{first + MINUTE_MS - 1}999"
    for feed, column in (("aggTrades", 5), ("trades", 4)):
        assert len(lines(path_of(SPOT, feed, "2024-12-31"))[0][column]) == 13
        assert len(lines(path_of(SPOT, feed, "2025-01-01"))[0][column]) == 16
    assert len(lines(path_of(LINEAR, "1m", "2025-01-01"))[1][0]) == 13


def test_the_switch_to_microseconds_may_lie_within_a_file() -> None:
    written = Format(microseconds_from_ms=parse_instant("2024-03-05T12:00:00Z"))
    found = lines(path_of(SPOT, "1m", "2024-03-05"), archive(written=written))
    assert [len(line[0]) for line in found] == [13] * 720 + [16] * 720


def test_futures_files_have_a_header_from_a_date_on_and_spot_files_none() -> None:
    for symbol, feed in ((LINEAR, "1m"), (INVERSE, "aggTrades"), (INVERSE, "trades")):
        assert lines(path_of(symbol, feed, "2022-08-10"))[0][0].isdigit()
        assert not lines(path_of(symbol, feed, "2022-08-11"))[0][0].isdigit()
    assert lines(path_of(SPOT, "1m", "2024-03-05"))[0][0].isdigit()
    early = archive(written=Format(headers_from_ms=parse_instant("2021-01-01")))
    assert lines(path_of(LINEAR, "1m", "2021-01-01"), early)[0] == [
        *("open_time", "open", "high", "low", "close", "volume", "close_time"),
        *("quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume"),
        "ignore",
    ]


def test_truth_is_spelt_as_each_market_spells_it() -> None:
    span = "2024-03-05"
    assert {line[6] for line in lines(path_of(SPOT, "aggTrades", span))} == {
        "True",
        "False",
    }
    _, *rows = lines(path_of(LINEAR, "aggTrades", span))
    assert {line[6] for line in rows} == {"true", "false"}
    assert {len(line) for line in rows} == {7}
    assert {len(line) for line in lines(path_of(SPOT, "trades", span))} == {7}


def test_inverse_candles_count_contracts_and_sum_the_base_of_their_trades() -> None:
    head, *trades = lines(path_of(INVERSE, "trades", "2024-03-05"))
    assert head == ["id", "price", "qty", "base_qty", "time", "is_buyer_maker"]
    _, *klines = lines(path_of(INVERSE, "1m", "2024-03-05"))
    minutes: dict[int, list[list[str]]] = {}
    for trade in trades:
        minutes.setdefault(int(trade[4]) // MINUTE_MS * MINUTE_MS, []).append(trade)
        worth = int(trade[2]) * 100 / float(trade[1])
        assert float(trade[3]) == pytest.approx(worth, abs=5.1e-9)
    for row in klines:
        own = minutes.get(int(row[0]), [])
        bought = [trade for trade in own if trade[5] == "false"]
        assert int(row[8]) == len(own)
        for rows, contracts, base in ((own, 5, 7), (bought, 9, 10)):
            assert int(row[contracts]) == sum(int(trade[2]) for trade in rows)
            exact = sum(round(float(trade[3]) * 10**8) for trade in rows)
            assert row[base] == fixed(exact)


def test_funding_is_settled_every_eight_hours_some_ms_late() -> None:
    head, *rows = lines(path_of(LINEAR, "fundingRate", "2024-02"))
    assert head == ["calc_time", "funding_interval_hours", "last_funding_rate"]
    start, end = parse_instant("2024-02-01"), parse_instant("2024-03-01")
    known = settlements(SERIES[LINEAR], start, end)
    assert rows == [[str(row[0]), "8", row[1]] for row in known]
    assert len(rows) == 29 * 3
    late = {int(row[0]) % (8 * 3_600_000) for row in rows}
    assert min(late) == 0
    assert 0 < max(late) < 100


def test_the_checksum_is_of_the_file_and_stays_so() -> None:
    for symbol in ROOTS:
        path = path_of(symbol, "1m", "2024-03-05")
        packed = fetched(path)
        digest, name = fetched(f"{path}.CHECKSUM").decode().split("  ")
        assert digest == hashlib.sha256(packed).hexdigest()
        assert name == path.rpartition("/")[2] + "\n"
        assert fetched(path, archive()) == packed


@settings(max_examples=40, deadline=None)
@given(
    symbol=st.sampled_from([*ROOTS, "XRP/USDT", "BTC/USDT:USDT-250328"]),
    feed=st.sampled_from(["1m", "5m", "1d", "aggTrades", "trades"]),
    day=st.integers(0, 120),
)
def test_a_file_has_the_size_that_was_declared(
    symbol: str, feed: str, day: int
) -> None:
    folder = (
        Folder(symbol, "klines", "daily", feed)
        if feed[0].isdigit()
        else Folder(symbol, feed, "daily")
    )
    files = MadeTree(SERIES, CLOCK, Format()).files(folder.path)
    file = files[-1 - day % len(files)]
    assert len(file.content()) == file.size()
    with zipfile.ZipFile(io.BytesIO(file.content())) as held:
        compressed = held.infolist()[0].compress_size
    rows = len(lines(file.path))
    assert compressed < 90 * rows + 400, "filled up, not blown up"


@pytest.mark.parametrize(
    ("path", "at"),
    [
        (path_of(SPOT, "1m", "2025-02-04"), "2025-02-05T02:00:00Z"),
        (path_of(SPOT, "1m", "2025-01"), "2025-02-03T06:00:00Z"),
        (path_of(SPOT, "trades", "2024-08"), "2024-09-02T06:00:00Z"),
        (path_of(LINEAR, "fundingRate", "2024-03"), "2024-04-01T06:00:00Z"),
    ],
)
def test_a_file_appears_when_the_sandboxs_clock_says_so(path: str, at: str) -> None:
    published = parse_instant(at)
    assert archive(published - 1).answer(f"/{path}", {}).status == 404
    answer = archive(published).answer(f"/{path}", {})
    assert answer.status == 200
    assert answer.headers["Last-Modified"].endswith(f"{at[11:19]} GMT")


@pytest.mark.parametrize(
    "path",
    [
        path_of(SPOT, "1m", "2018-12-31"),
        path_of(SPOT, "1m", "2025-02-05"),
        path_of(SPOT, "1m", "2024-02-30"),
        path_of(SPOT, "7m", "2024-02-20"),
        path_of(SPOT, "1m", "2024-02").replace("monthly", "daily"),
        "data/futures/um/daily/klines/BTCUSDT_240329/1m/BTCUSDT_240329-1m-2024-03-30.zip",
        "data/futures/um/daily/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-03-05.zip",
        "../../etc/passwd",
        "<key>",
    ],
)
def test_what_is_not_there_is_answered_as_s3_does(path: str) -> None:
    answer = ARCHIVE.answer(f"/{path}", {})
    assert answer.status == 404
    assert b"<Code>NoSuchKey</Code>" in answer.body


def test_a_dated_contract_ends_at_its_delivery() -> None:
    root = "data/futures/cm/daily/klines/BTCUSD_240329/1m/BTCUSD_240329-1m"
    *_, last = lines(f"{root}-2024-03-29.zip")
    assert int(last[6]) + 1 == parse_instant("2024-03-29T08:00:00Z")
