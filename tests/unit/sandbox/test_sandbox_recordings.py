"""Recordings: read by name, exactly, and shown as their venue would."""

import gzip
import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import BadDataError, SetupError
from pipelines.sandbox.archive.made import MadeTree
from pipelines.sandbox.archive.tree import Format
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.funding import settlements
from pipelines.sandbox.market import DAY_MS, MINUTE_MS, fixed, parse_e8, shortest
from pipelines.sandbox.recordings import recorded_feed
from pipelines.sandbox.view import View

HEADER = "opened_at_ms,open,high,low,close,base_volume"
T0 = 1_677_628_800_000


def write(root: Path, name: str, *lines: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("\n".join((*lines, "")).encode()))
    return root


def view(root: Path, exchange_id: str, now_ms: int, *, fills: bool = True) -> View:
    (series,) = recorded_feed(root)[exchange_id].values()
    return View(series, Clock(now_ms, is_frozen=True), fills=fills)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("23143.82", "23143.82000000"),
        ("0.30000000000000004", "0.30000000"),
        ("2.6e-05", "0.00002600"),
        ("1.5E+3", "1500.00000000"),
        ("0.000000005", "0.00000000"),
        ("0.000000015", "0.00000002"),
        ("0.0000000250000000001", "0.00000003"),
        ("123456789.123456789123", "123456789.12345679"),
        ("98765432109876543210987654321.5", "98765432109876543210987654321.50000000"),
        ("-1.5", "-1.50000000"),
        ("0", "0.00000000"),
    ],
)
def test_numbers_are_rounded_from_their_text_half_to_even(
    text: str, written: str
) -> None:
    assert fixed(parse_e8(text)) == written


@given(st.integers(0, 10**20))
def test_eight_decimals_read_back_as_they_were(value: int) -> None:
    assert parse_e8(fixed(value)) == parse_e8(shortest(value)) == value


@pytest.mark.parametrize("text", ["nan", "inf", "abc", "", "1,5"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a decimal number"):
        parse_e8(text)


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("opened_at_ms,open,high,low,close", "missing: base_volume"),
        (f"{HEADER},volume", "unknown: volume"),
        (f"{T0},1,1,1,1,1", "missing: opened_at_ms"),
    ],
)
def test_a_header_that_is_not_as_agreed_is_refused(
    tmp_path: Path, header: str, complaint: str
) -> None:
    write(tmp_path, "kraken/BTC-USD_1m.csv.gz", header, f"{T0},1,1,1,1,1")
    with pytest.raises(BadDataError, match=complaint):
        recorded_feed(tmp_path)


def test_a_value_that_can_not_be_read_is_named_with_its_row(tmp_path: Path) -> None:
    write(
        tmp_path, "kraken/BTC-USD_1m.csv.gz", HEADER, f"{T0},1,1,1,1,1", "x,1,1,1,1,1"
    )
    with pytest.raises(BadDataError, match="row 2, opened_at_ms: 'x' is not a whole"):
        list(view(tmp_path, "kraken", T0).minutes(T0, T0 + 1))


def test_two_rows_of_one_minute_are_refused(tmp_path: Path) -> None:
    row = f"{T0},1,1,1,1,1"
    write(tmp_path, "kraken/BTC-USD_1m.csv.gz", HEADER, row, row)
    with pytest.raises(BadDataError, match=f"two rows have opened_at_ms {T0}"):
        list(view(tmp_path, "kraken", T0).minutes(T0, T0 + 1))


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("bitstamp/BTC-USD_1m.csv.gz", "no venue is called 'bitstamp'"),
        ("kraken/BTC-USD_1m.csv", "expected a name that ends in _1m.csv.gz"),
        ("kraken/BTCUSD_1m.csv.gz", "expected a name such as BTC-USDT"),
        ("kraken/readme.csv.gz", "expected files such as"),
    ],
)
def test_a_file_in_the_wrong_place_is_refused(
    tmp_path: Path, name: str, complaint: str
) -> None:
    with pytest.raises(SetupError, match=complaint):
        recorded_feed(write(tmp_path, name, HEADER))


def test_funding_is_served_with_its_digits_of_linear_and_inverse_contracts(
    tmp_path: Path,
) -> None:
    rows = (f"{T0 + 17},-0.0021933400000000002", f"{T0 - 3},1e-4")
    for name in ("BTC-USDT:USDT", "BTC-USD:BTC"):
        write(tmp_path, f"binance/{name}_funding.csv.gz", "settled_at_ms,rate", *rows)
    feed = recorded_feed(tmp_path)["binance"]
    assert set(feed) == {"BTC/USDT:USDT", "BTC/USD:BTC"}
    for series in feed.values():
        assert list(settlements(series, 0, T0 + 17)) == [(T0 - 3, "1e-4", None)]
        assert list(settlements(series, T0, T0 + 18)) == [
            (T0 + 17, "-0.0021933400000000002", None)
        ]
        assert series.first_opened_at_ms == T0 - 3


def test_a_rate_that_is_no_number_is_refused(tmp_path: Path) -> None:
    name = "binance/BTC-USDT:USDT_funding.csv.gz"
    write(tmp_path, name, "settled_at_ms,rate", f"{T0},nan")
    (series,) = recorded_feed(tmp_path)["binance"].values()
    with pytest.raises(BadDataError, match="row 1, rate: 'nan' is not a decimal"):
        list(settlements(series, 0, T0 + 1))


def test_the_archive_has_files_of_recorded_funding_where_its_intervals_are_known(
    tmp_path: Path,
) -> None:
    days = range(T0, T0 + 32 * DAY_MS, DAY_MS)
    rows = [f"{at + 5},0.00010,{8 if at % 2 else 24}" for at in days]
    write(tmp_path, "binance/A-B:B_funding.csv.gz", "settled_at_ms,rate", f"{T0},1")
    header = "settled_at_ms,rate,interval_hours"
    write(tmp_path, "binance/BTC-USDT:USDT_funding.csv.gz", header, *rows)
    clock = Clock(T0 + 99 * DAY_MS, is_frozen=True)
    tree = MadeTree(recorded_feed(tmp_path)["binance"], clock, Format())
    folder = "data/futures/um/monthly/fundingRate/BTCUSDT/"
    assert [f for f in tree.folders() if "fundingRate" in f] == [folder]
    (file,) = tree.files(folder)
    with zipfile.ZipFile(io.BytesIO(file.content())) as packed:
        lines = packed.read(packed.namelist()[0]).decode().splitlines()
    assert lines[:2] == [
        "calc_time,funding_interval_hours,last_funding_rate",
        f"{T0 + 5},24,0.00010",
    ]
    assert len(lines) == 1 + 31


def test_columns_go_by_name_and_rows_by_time(tmp_path: Path) -> None:
    write(
        tmp_path,
        "binance/BTC-USDT_1m.csv.gz",
        "close,opened_at_ms,trades_count,open,base_volume,low,high",
        f"4,{T0 + MINUTE_MS},7.0,1,5,2,3",
        "4,1.6776288e12,7,1,5,2,3",
    )
    first, second = view(tmp_path, "binance", T0 + 10 * MINUTE_MS).minutes(
        T0, T0 + 2 * MINUTE_MS
    )
    assert first.opened_at_ms == T0
    assert second[1:8] == (*(parse_e8(n) for n in "13245"), None, 7)


def test_parquet_reads_as_csv_does(tmp_path: Path) -> None:
    rows = {name: [1.1] for name in HEADER.split(",")} | {"opened_at_ms": [T0]}
    (tmp_path / "kraken").mkdir()
    pl.DataFrame(rows).write_parquet(tmp_path / "kraken" / "BTC-USD_1m.parquet")
    (row,) = view(tmp_path, "kraken", T0 + MINUTE_MS).minutes(T0, T0 + 1)
    assert fixed(row.open) == "1.10000000"


def test_a_field_without_column_or_trades_is_not_known(tmp_path: Path) -> None:
    write(tmp_path, "binance/BTC-USDT_1m.csv.gz", HEADER, f"{T0},1,3,1,2,5")
    (row,) = view(tmp_path, "binance", T0 + MINUTE_MS).minutes(T0, T0 + 1)
    assert row[6:] == (None, None, None, None, None)


def test_a_field_without_column_comes_from_the_trades(tmp_path: Path) -> None:
    write(
        tmp_path,
        "kraken/BTC-USD_1m.csv.gz",
        f"{HEADER},trades_count",
        f"{T0},1,3,1,2,5,99",
        f"{T0 + MINUTE_MS},2,2,2,2,0,0",
    )
    write(
        tmp_path,
        "kraken/BTC-USD_trades.csv.gz",
        "traded_at_ms,trade_id,side,price,amount",
        f"{T0 + 5},11,buy,1,2",
        f"{T0 + 5},12,sell,3,2",
    )
    row, quiet = view(tmp_path, "kraken", T0 + 2 * MINUTE_MS).minutes(
        T0, T0 + 2 * MINUTE_MS
    )
    assert row.trades_count == 99, "the column is served as it is"
    assert fixed(row.quote_volume or 0) == "8.00000000"
    assert fixed(row.vwap or 0) == "2.00000000"
    assert fixed(row.taker_buy_base or 0) == "2.00000000"
    assert quiet.quote_volume == quiet.vwap == 0


def test_a_forming_candle_without_trades_is_the_rows_open_alone(tmp_path: Path) -> None:
    write(tmp_path, "kraken/BTC-USD_1m.csv.gz", f"{HEADER},trades_count",
          f"{T0},1,3,1,2,5,9", f"{T0 + MINUTE_MS},4,9,3,5,7,9")  # fmt: skip
    *_, row = view(tmp_path, "kraken", T0 + MINUTE_MS + 59_999).minutes(
        T0, T0 + 5 * MINUTE_MS
    )
    assert row == (T0 + MINUTE_MS, *[parse_e8("4")] * 4, 0, None, 0, None, None, None)


def test_nothing_after_now_and_nothing_before_the_first_row(tmp_path: Path) -> None:
    write(tmp_path, "kraken/BTC-USD_1m.csv.gz", HEADER,
          f"{T0},1,3,1,2,5", f"{T0 + 3 * MINUTE_MS},4,9,3,5,7")  # fmt: skip
    rows = list(view(tmp_path, "kraken", T0 + 2 * MINUTE_MS).minutes(0, 1 << 50))
    assert [row.opened_at_ms for row in rows] == [T0 + n * MINUTE_MS for n in range(3)]
    assert all(row[1:6] == (*[parse_e8("2")] * 4, 0) for row in rows[1:])
    absent = view(tmp_path, "kraken", T0 + 2 * MINUTE_MS, fills=False)
    assert len(list(absent.minutes(0, 1 << 50))) == 1


def test_a_recorded_book_is_served_from_its_time_on_as_it_was_sent(
    tmp_path: Path,
) -> None:
    write(tmp_path, "kraken/BTC-USD_1m.csv.gz", HEADER, f"{T0},1,1,1,1,1")
    lines = (
        f'{{"at_ms": {T0 + 200}, "bids": [[1.50, 2e1]], "asks": []}}',
        f'{{"bids":[],"asks":[],"at_ms":{T0 + 100}}}',
        f'{{"at_ms":{T0 + 300},"body":{{"error":[],"result":{{}}}}}}',
    )
    write(tmp_path, "kraken/BTC-USD_book.jsonl.gz", *lines)
    series = view(tmp_path, "kraken", T0).series
    served = [series.book_at(T0 + at) for at in (99, 100, 199, 200, 300, 10**9)]
    assert served == [
        None,
        *[b'{"bids":[],"asks":[]}'] * 2,
        b'{"bids": [[1.50, 2e1]], "asks": []}',
        *[b'{"error":[],"result":{}}'] * 2,
    ]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [("{}", "has no at_ms"), ('{"at_ms":1,', "line 1: Expecting")],
)
def test_a_recorded_book_that_is_none_is_refused(
    tmp_path: Path, line: str, complaint: str
) -> None:
    write(tmp_path, "kraken/BTC-USD_book.jsonl.gz", line)
    (series,) = recorded_feed(tmp_path)["kraken"].values()
    with pytest.raises(BadDataError, match=complaint):
        series.book_at(T0)
