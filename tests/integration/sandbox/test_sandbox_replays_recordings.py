"""Real recordings, served and read back through the venues' own formats."""

import csv
import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import requests

from pipelines.sandbox.clock import iso, parse_instant
from pipelines.sandbox.market import MINUTE_MS, fixed, parse_e8
from pipelines.sandbox.recordings import recorded_feed
from pipelines.sandbox.running import Running, running
from pipelines.sandbox.venues.kraken_names import pair_id
from tests.histories import recordings

FIRST = parse_instant("2023-03-01")
END = parse_instant("2023-03-03")


@pytest.fixture(scope="module")
def folder(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("recordings") / "served"
    recordings.write(recorded, target)
    return target


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Running]:
    with running(
        recordings=folder,
        now=iso(END),
        frozen=True,
        full_history=True,
        rate_limit=False,
        in_thread=True,
    ) as started:
        yield started


def get(url: str, **params: object) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, params={k: str(v) for k, v in params.items()})
    return json.loads(answer.text, parse_float=str)


def klines(served: Running, symbol: str) -> list[list[Any]]:
    url = served.venue_url("binance_us") + "/api/v3/klines"
    rows: list[list[Any]] = []
    while not rows or rows[-1][0] < END - MINUTE_MS:
        since = rows[-1][0] + 1 if rows else 0
        rows += get(
            url,
            symbol=symbol.replace("/", ""),
            interval="1m",
            startTime=since,
            limit=1000,
        )
    return [
        [row[0], *row[1:6], row[7], row[8], row[9], row[10]]
        for row in rows
        if row[0] < END
    ]


def ohlc(served: Running, symbol: str) -> list[list[Any]]:
    url = served.venue_url("kraken") + "/0/public/OHLC"
    rows = get(url, pair=pair_id(symbol), since=0)["result"][pair_id(symbol)]
    return [
        [row[0] * 1000, *row[1:5], row[6], row[7]]
        for row in rows
        if row[0] * 1000 < END
    ]


def candles(served: Running, symbol: str) -> list[list[Any]]:
    url = f"{served.venue_url('coinbase')}/products/{symbol.replace('/', '-')}/candles"
    rows: list[list[Any]] = []
    for start in range(FIRST, END, 300 * MINUTE_MS):
        end = min(start + 299 * MINUTE_MS, END - MINUTE_MS)
        page = get(url, granularity=60, start=iso(start), end=iso(end))
        rows += page[::-1]
    return [
        [stamp * 1000, opened, high, low, close, volume]
        for stamp, low, high, opened, close, volume in rows
    ]


READ = {"binance_us": klines, "kraken": ohlc, "coinbase": candles}


def exact(row: list[Any]) -> tuple[Decimal, ...]:
    return tuple(Decimal(fixed(parse_e8(str(value)))) for value in row)


@pytest.mark.parametrize(
    ("exchange_id", "symbol"),
    [
        (exchange_id, symbol)
        for exchange_id, series in recordings.RECORDED.items()
        for symbol in series
    ],
)
def test_every_recorded_row_comes_back_value_for_value(
    recorded: Path, served: Running, exchange_id: str, symbol: str
) -> None:
    frame = recordings.read(recorded, exchange_id, symbol)
    columns = ("quote_volume", "trades_count", "taker_buy_base", "taker_buy_quote")
    given = {exact(row) for row in frame.astype(str).to_numpy().tolist()}
    sent = [exact(row) for row in READ[exchange_id](served, symbol)]
    assert given <= set(sent)
    others = [row for row in sent if row not in given]
    assert len(sent) == len(given) + len(others), "no row is sent twice"
    assert all(len(set(row[1:5])) == 1 and row[5] == 0 for row in others)
    assert sum(column in frame for column in columns) == len(sent[0]) - 6
    if exchange_id == "coinbase":
        assert not others
    else:
        stamps = [int(row[0]) for row in sent]
        first = int(frame["opened_at_ms"].min())
        assert stamps == list(range(first, END, MINUTE_MS))


def test_a_recorded_rest_answer_is_served_again_byte_for_byte(
    recorded: Path, tmp_path: Path
) -> None:
    name = "api_v3_klines_BTCUSDT_1m_2023-03-11.json.gz"
    answer = json.loads(gzip.decompress((recorded / "archive" / name).read_bytes()))
    (tmp_path / "binance").mkdir()
    path = tmp_path / "binance" / "BTC-USDT_1m.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(recordings.KEPT)
        writer.writerows([*row[:6], *row[7:11]] for row in answer)
    now = iso(answer[-1][0] + MINUTE_MS)
    with running(recordings=tmp_path, now=now, frozen=True, in_thread=True) as started:
        url = started.venue_url("binance") + "/api/v3/klines"
        params = {"symbol": "BTCUSDT", "interval": "1m", "limit": 1000}
        first = get(url, startTime=answer[0][0], **params)
        second = get(url, startTime=first[-1][0] + 1, endTime=answer[-1][0], **params)
    assert first + second == answer


def test_recorded_trades_make_the_recorded_candles(
    recorded: Path, tmp_path: Path
) -> None:
    source = recorded / "trades" / "binance_XRPETH_aggtrades.csv.gz"
    (tmp_path / "binance").mkdir()
    target = tmp_path / "binance" / "XRP-ETH_trades.csv.gz"
    with gzip.open(source, "rt") as read, gzip.open(target, "wt") as written:
        written.write("traded_at_ms,trade_id,side,price,amount\n")
        for row in csv.reader(read):
            written.write(",".join((row[0], row[1], row[3], row[4], row[5])) + "\n")
    series = recorded_feed(tmp_path)["binance"]["XRP/ETH"]
    known = recorded / "trades" / "binance_XRPETH_1m_from_those_trades.csv.gz"
    with gzip.open(known, "rt") as file:
        rows = list(csv.DictReader(file))
    first, last = (parse_instant(rows[n]["date"]) // 86_400_000 for n in (0, -1))
    made = [
        candle
        for day in range(first, last + 1)
        for candle in series.candles_of_day(day)
    ]
    assert [candle[:6] for candle in made] == [
        (
            parse_instant(row["date"]),
            *(
                parse_e8(row[name])
                for name in ("open", "high", "low", "close", "volume")
            ),
        )
        for row in rows
    ]


def test_listing_and_book_have_the_fields_of_recorded_ones(recorded: Path) -> None:
    path = recorded / "sessions" / "BINANCE_US.jsonl.zst"
    with pa.input_stream(str(path), compression="zstd") as file:
        frames = [json.loads(line) for line in file.read().splitlines()]
    bodies = {
        frame["url"].split("/")[-1].split("?")[0]: json.loads(frame["data"])
        for frame in frames
        if frame["t"] == "http"
    }
    with running(now="2024-01-01", in_thread=True) as started:
        url = started.venue_url("binance_us") + "/api/v3"
        listing = get(f"{url}/exchangeInfo")
        book = get(f"{url}/depth", symbol="BTCUSDT")
    assert set(listing) == set(bodies["exchangeInfo"])
    theirs, ours = bodies["exchangeInfo"]["symbols"][0], listing["symbols"][0]
    assert set(theirs) <= set(ours)
    for field in theirs:
        assert type(theirs[field]) is type(ours[field]), field
    assert list(book) == list(bodies["depth"])
    assert [type(value) for value in book["bids"][0]] == [str, str]
