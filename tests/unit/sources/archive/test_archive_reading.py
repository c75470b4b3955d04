"""Rows of the archive's files: units, headers, layouts, and what is refused."""

import io
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import BadDataError
from pipelines.sources.archive import blocks
from pipelines.sources.archive.file_types import Feed, Market
from pipelines.sources.archive.layouts import layout
from pipelines.upstream.extents import DAY_MS
from tests.fakes.archive_rows import DAY, kline, read_tables
from tests.fakes.archive_server import csv

HEADERS = {
    "klines": "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore",
    "agg_trades": "agg_trade_id,price,quantity,first_trade_id,last_trade_id,"
    "transact_time,is_buyer_maker",
    "trades": "id,price,qty,quote_qty,time,is_buyer_maker",
    "funding_rates": "calc_time,funding_interval_hours,last_funding_rate",
}


def read(tmp_path, content, *, feed="klines", **how):
    """What is kept, what is refused, and the counts."""
    tables, counts = read_tables(tmp_path, content, feed=feed, **how)
    return tables.get(feed, []), tables.get("quarantine", []), counts


def reasons(refused):
    return [row["reason"].split(f"line {row['line_number']} ")[1] for row in refused]


@pytest.mark.parametrize("unit", ["ms", "us"])
def test_a_stamps_unit_is_told_by_its_magnitude(tmp_path, unit):
    stamp = DAY * (1 if unit == "ms" else 1000)

    (row,), _, counts = read(tmp_path, csv([kline(stamp)]))

    assert (row["opened_at_ms"], row["closed_at_ms"]) == (DAY, DAY + 59_999)
    assert counts.stamp_unit == unit


def test_a_file_may_mix_units_row_by_row(tmp_path):
    lines = [kline(DAY), kline((DAY + 60_000) * 1000)]

    rows, refused, counts = read(tmp_path, csv(lines))

    assert [row["opened_at_ms"] for row in rows] == [DAY, DAY + 60_000]
    assert (refused, counts.stamp_unit) == ([], "mixed")


@pytest.mark.parametrize("feed", ["agg_trades", "trades"])
def test_a_trades_time_is_as_exact_as_sent(tmp_path, feed):
    stamp = DAY * 1000 + 123_456
    line = {
        "agg_trades": f"7,1.5,2,10,12,{stamp},True,True",
        "trades": f"10,1.5,2,3.0,{stamp},False,True",
    }[feed]

    (row,), _, _ = read(tmp_path, csv([line]), feed=feed)

    assert row["traded_at_ns"] == stamp * 1000
    assert row["is_buyer_maker"] is (feed == "agg_trades")


@pytest.mark.parametrize(
    ("feed", "line"),
    [
        ("klines", kline()),
        ("agg_trades", f"7,1.5,2,10,12,{DAY},true"),
        ("trades", f"10,1.5,2,3.0,{DAY},false"),
        ("funding_rates", f"{DAY + 7},8,-0.0001"),
    ],
)
def test_a_header_is_told_from_a_row(tmp_path, feed, line):
    symbol = "BTC/USDT:USDT"
    bare, _, without = read(tmp_path, csv([line]), feed=feed, symbol=symbol)
    headed, _, with_it = read(
        tmp_path, csv([line], HEADERS[feed]), feed=feed, symbol=symbol
    )

    assert (without.has_header, with_it.has_header) == (False, True)
    assert (bare[0].pop("line_number"), headed[0].pop("line_number")) == (1, 2)
    assert bare == headed


def test_a_broken_first_row_is_no_header(tmp_path):
    lines = [kline(DAY, opened="x"), kline(DAY + 60_000)]

    rows, refused, counts = read(tmp_path, csv(lines))

    assert (len(rows), counts.has_header) == (1, False)
    assert reasons(refused) == ["has opened_at_ms x, not a stamp"]


def test_coin_m_counts_contracts_where_others_count_the_base(tmp_path):
    # the host's own example: https://github.com/binance/binance-public-data#klines
    line = f"{DAY},9640.7,9642.4,9640.6,9642.0,206,{DAY + 59999},2.13660389,48,119,"
    (row,), _, _ = read(tmp_path, csv([line + "1.23424865,0"]), symbol="BTC/USD:BTC")

    assert (row["contracts"], row["base_volume"]) == ("206", "2.13660389")
    assert (row["taker_buy_contracts"], row["taker_buy_base"]) == ("119", "1.23424865")
    assert (row["quote_volume"], row["taker_buy_quote"]) == (None, None)

    (trade,), _, _ = read(
        tmp_path,
        csv([f"28457,9635.0,1,0.01037883,{DAY},true"]),
        feed="trades",
        symbol="BTC/USD:BTC",
    )
    assert (trade["contracts"], trade["base_amount"]) == ("1", "0.01037883")
    assert trade["quote_amount"] is None


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"open": "0"}, "has open 0, not above 0"),
        ({"low": "-1.0"}, "has low -1, not above 0"),
        ({"high": "0.9"}, "has high 0.9 < low 1.0"),
        ({"open": "2.1"}, "has open 2.1 outside 1.0 to 2.0"),
        ({"close": "0.5"}, "has close 0.5 outside 1.0 to 2.0"),
        ({"volume": "-3"}, "has negative base_volume -3"),
        ({"count": "-7"}, "has negative trades_count -7"),
        ({"count": "7.5"}, "has trades_count 7.5, not a whole number"),
        ({"quote": "NaN"}, "has quote_volume 'NaN', not a number"),
        ({"quote": ""}, "has quote_volume '', not a number"),
        ({"taker": "1,5"}, "has 13 columns, not 12"),
        ({"volume": '"3.25"'}, "has base_volume '\"3.25\"', not a number"),
        (
            {"volume": "0.0000000000000000001"},
            "has base_volume 0.0000000000000000001 with 19 decimals, more than 18",
        ),
        ({"opened": DAY + 1}, f"has stamp {DAY * 1000 + 1000} µs off the minute"),
        (
            {"opened": DAY - 60_000},
            f"has stamp {(DAY - 60_000) * 1000} µs outside of the file's span",
        ),
        (
            {"opened": DAY + DAY_MS},
            f"has stamp {(DAY + DAY_MS) * 1000} µs outside of the file's span",
        ),
        ({"opened": ""}, "has opened_at_ms , not a stamp"),
        ({"opened": "9" * 25}, f"has opened_at_ms {'9' * 25}, not a stamp"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused_with_its_line_and_text(
    tmp_path, cells, reason
):
    broken = kline(DAY, **cells)

    rows, refused, counts = read(tmp_path, csv([kline(DAY + 60_000), broken]))

    assert [row["opened_at_ms"] for row in rows] == [DAY + 60_000]
    assert reasons(refused) == [reason]
    assert (refused[0]["line_number"], refused[0]["raw"]) == (2, broken)
    assert (counts.rows, counts.refused) == (1, 1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"-7,1.5,2,10,12,{DAY},true", "has negative agg_trade_id -7"),
        (f"7,1.5,2,-1,12,{DAY},true", "has negative first_trade_id -1"),
        (f"7,1.5,2,12,10,{DAY},true", "has last_trade_id 10 < first_trade_id 12"),
        (f"7,0.0,2,10,12,{DAY},true", "has price 0.0, not above 0"),
        (f"7,1.5,-2,10,12,{DAY},true", "has base_amount -2, not above 0"),
        (f"7,1.5,0.0,10,12,{DAY},true", "has base_amount 0.0, not above 0"),
        (f"7,1.5,2,10,12,{DAY},maybe", "has is_buyer_maker maybe, not a truth value"),
    ],
)
def test_an_aggregate_that_breaks_a_rule_is_refused(tmp_path, line, reason):
    good = f"7,1.5,2,10,12,{DAY},true"

    rows, refused, _ = read(tmp_path, csv([good, line]), feed="agg_trades")

    assert (len(rows), reasons(refused)) == (1, [reason])


def test_a_number_with_an_exponent_is_written_out(tmp_path):
    rows, _, _ = read(
        tmp_path,
        csv([f"{DAY},8,1e-05", f"{DAY + 1},8,-1.5E-4"]),
        feed="funding_rates",
        symbol="BTC/USDT:USDT",
    )

    assert [row["funding_rate"] for row in rows] == ["0.00001", "-0.00015"]


def test_lines_may_end_as_windows_ends_them_and_the_last_without(tmp_path):
    content = csv([kline(DAY), kline(DAY + 60_000)]).replace(b"\n", b"\r\n").rstrip()

    rows, refused, _ = read(tmp_path, content)

    assert (len(rows), refused) == (2, [])


def test_bytes_that_are_no_text_are_one_broken_row(tmp_path):
    content = csv([kline(DAY)]) + b"\xff\xfe\x00" + csv([kline(DAY + 60_000)])

    rows, refused, _ = read(tmp_path, content)

    assert (len(rows), len(refused)) == (1, 1)
    assert "\0" not in refused[0]["raw"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "has no row"),
        (csv([], HEADERS["klines"]), "has no row"),
        (csv(["<html>", "no", "file"]), "has no good row: line 1 has 1 columns"),
        (csv([kline()], "id,price,qty"), "has a header of 3 names, not 12"),
        (csv([kline(DAY - DAY_MS)]), "has no good row: line 1 has stamp"),
    ],
)
def test_a_file_without_a_good_row_is_refused_as_a_whole(tmp_path, content, reason):
    with pytest.raises(BadDataError, match=reason):
        read(tmp_path, content)


@given(
    lines=st.lists(
        st.binary(max_size=9).map(lambda b: b.replace(b"\n", b"")) | st.just(b"x" * 40)
    ),
    size=st.integers(1, 64),
    ends=st.booleans(),
)
def test_blocks_are_the_file_cut_where_lines_end(lines, size, ends):
    content = b"\n".join(lines) + (b"\n" if ends and lines else b"")

    found = list(blocks.line_blocks(io.BytesIO(content), size))

    assert b"".join(found) == content
    longest = max(map(len, lines), default=0) + 1
    whole = [block for block in found[:-1] if not block.endswith(b"\n")]
    assert not whole or longest > size
    assert all(len(block) <= longest + 2 * size for block in found)


@pytest.mark.parametrize("market", get_args(Market))
@pytest.mark.parametrize("feed", get_args(Feed))
def test_every_layout_names_columns_that_its_table_has(feed, market):
    found = layout(feed, market)
    needed = {c.name for c in found.table.columns if not c.nullable}
    of_file = {"exchange_id", "symbol", "timeframe", "file_id", "line_number"}

    assert {*found.names} - {None, found.hour} <= {c.name for c in found.table.columns}
    assert needed - of_file <= {*found.names}


@pytest.mark.parametrize("cell", ["open", "volume", "count", "opened"])
def test_a_cell_with_a_nul_costs_its_row_alone(tmp_path, cell):
    lines = [kline(DAY), kline(DAY + 60_000, **{cell: "1\0"}), kline(DAY + 120_000)]

    rows, refused, _ = read(tmp_path, csv(lines))

    assert len(rows) == 2
    assert "\0" not in refused[0]["reason"] + refused[0]["raw"]
