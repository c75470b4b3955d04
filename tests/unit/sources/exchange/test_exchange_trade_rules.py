"""A trade that breaks its rules is refused with a sentence that holds its values."""

import polars as pl
import pytest

from pipelines.sources.exchange.trade_rules import check_trades

NOW_MS = 1_700_000_000_000
GOOD = {
    "trade_id": "5",
    "first_trade_id": "5",
    "last_trade_id": "5",
    "price": "10.50",
    "base_amount": "0.25",
    "traded_at": str(NOW_MS - 1000),
    "taker_side": "buy",
    "order_type": None,
}


def checked(*rows, stamp="ms"):
    schema = dict.fromkeys(GOOD, pl.String)
    frame = pl.DataFrame([GOOD | row for row in rows], schema=schema)
    frame = frame.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    return check_trades(frame, "BTC/USD on kraken", stamp, NOW_MS)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"price": "0"}, "trade 6 has price 0, not above 0"),
        ({"price": "-1"}, "has price -1, not above 0"),
        ({"base_amount": "0.0"}, "has base_amount 0.0, not above 0"),
        ({"price": None}, "has no price"),
        ({"price": "n/a"}, "has price 'n/a', not a number"),
        ({"base_amount": "1e-19"}, "with 19 decimals, more than 18"),
        ({"trade_id": None}, "trade without an id has no trade_id"),
        ({"trade_id": "6.5"}, "has trade_id 6.5, not a whole number"),
        ({"trade_id": "-6"}, "has negative trade_id -6"),
        ({"first_trade_id": "9"}, "has last_trade_id 5 < first_trade_id 9"),
        ({"taker_side": None}, "has no taker_side"),
        ({"traded_at": None}, "has time null"),
        ({"traded_at": "soon"}, "has time soon"),
        ({"traded_at": "-5"}, "has time -5"),
        ({"traded_at": "0"}, "has stamp 0 ns, not after 1970 began"),
        ({"traded_at": "9" * 16}, "has time 9999999999999999"),
        ({"traded_at": str(NOW_MS + 1000)}, "after the venue's now"),
    ],
)
def test_a_trade_that_breaks_a_rule_is_refused_with_its_values(cells, said):
    result = checked({}, {"trade_id": "6"} | cells, {"trade_id": "7"})
    assert result.kept["trade_id"].to_list() == [5, 7]
    (reason,) = result.refused["reason"]
    assert reason.startswith("BTC/USD on kraken: trade ")
    assert said in reason


def test_two_trades_of_one_id_that_differ_are_both_refused():
    result = checked({}, {"price": "10.51"}, {"trade_id": "6"})
    assert result.kept["trade_id"].to_list() == [6]
    said = "BTC/USD on kraken: trade 5 stands twice in one answer, with other values"
    assert result.refused["reason"].to_list() == [said, said]


def test_a_good_copy_of_a_broken_trade_is_kept():
    result = checked({"price": "0"}, {})
    assert result.kept["price"].to_list() == ["10.50"]
    assert result.refused.height == 1


def test_two_that_are_the_same_number_are_one_trade():
    assert checked({}, {"price": "1.05e1"}, {}).kept.height == 1


@pytest.mark.parametrize(
    ("text", "stamp", "ns"),
    [
        ("1699999999123", "ms", 1_699_999_999_123_000_000),
        ("1699999999", "s", 1_699_999_999_000_000_000),
        ("1699999999.8277369", "s", 1_699_999_999_827_736_900),
        ("1699999999.000000001", "s", 1_699_999_999_000_000_001),
        ("1.6999999998277369e9", "s", 1_699_999_999_827_736_900),
        ("2023-11-14T22:13:19Z", "iso", 1_699_999_999_000_000_000),
        ("2023-11-14T22:13:19.000001Z", "iso", 1_699_999_999_000_001_000),
    ],
)
def test_a_stamp_is_as_exact_as_it_was_sent(text, stamp, ns):
    kept = checked({"traded_at": text}, stamp=stamp).kept
    assert kept["traded_at_ns"].to_list() == [ns]


@pytest.mark.parametrize(
    ("text", "stamp"),
    [("1699999999.0000000001", "s"), ("2023-11-14 22:13", "iso"), ("", "ms")],
)
def test_a_stamp_that_can_not_be_told_exactly_is_refused(text, stamp):
    result = checked({"traded_at": text}, stamp=stamp)
    assert result.kept.is_empty()
    assert result.refused["traded_at_ns"].to_list() == [None]


def test_a_stamp_within_the_second_that_date_counts_is_kept():
    assert checked({"traded_at": str(NOW_MS + 999)}).refused.is_empty()


def test_no_rows_are_no_error():
    assert checked().kept.is_empty()
