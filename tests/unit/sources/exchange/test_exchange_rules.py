"""A row that breaks its rules is refused with a sentence that holds its values."""

import polars as pl
import pytest

from pipelines.sources.exchange.feeds import CANDLES
from pipelines.sources.exchange.rules import check

MINUTE = 1_678_492_800_000  # 2023-03-11T00:00Z
GOOD = {
    "opened_at": str(MINUTE),
    "open": "10.0",
    "high": "12.0",
    "low": "9.0",
    "close": "11.0",
    "base_volume": "5.5",
    "quote_volume": "60.5",
    "trades_count": "7",
}


def checked(*rows, now_ms=MINUTE + 3_600_000, unit_ms=1):
    frame = pl.DataFrame(
        [GOOD | row for row in rows], schema=dict.fromkeys(GOOD, pl.String)
    )
    frame = frame.with_row_index("row").with_columns(
        pl.col("row").cast(pl.Int64),
        page=pl.lit(0, pl.Int64),
        venue_now_ms=pl.lit(now_ms, pl.Int64),
    )
    return check(frame, CANDLES, "BTC/USD on kraken", unit_ms)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"high": "8.5"}, "has high 8.5 < low 9.0"),
        ({"open": "12.1"}, "has open 12.1 outside 9.0 to 12.0"),
        ({"close": "8.9"}, "has close 8.9 outside 9.0 to 12.0"),
        ({"base_volume": "-0.1"}, "has negative base_volume -0.1"),
        ({"quote_volume": "-1e-7"}, "has negative quote_volume -0.0000001"),
        ({"trades_count": "-1"}, "has negative trades_count -1"),
        ({"low": "0"}, "has low 0, not above 0"),
        ({"open": "-10"}, "has open -10, not above 0"),
        ({"opened_at": str(MINUTE + 1)}, f"has stamp {MINUTE + 1} ms off the minute"),
        ({"opened_at": str(MINUTE + 7_200_000)}, "after the venue's now"),
        ({"opened_at": "0"}, "has stamp 0 ms, not after 1970 began"),
        ({"opened_at": "soon"}, "has opened_at 'soon', not a number"),
        ({"opened_at": None}, "has no opened_at"),
        ({"close": None}, "has no close"),
        ({"close": "n/a"}, "has close 'n/a', not a number"),
        ({"trades_count": "1.5"}, "has trades_count 1.5, not a whole number"),
        ({"open": "10.1234567890123456789"}, "with 19 decimals, more than 18"),
        ({"base_volume": "1e-19"}, "has base_volume 1e-19 with 19 decimals"),
        ({"base_volume": "1e20"}, "with 21 digits before the point, more than 20"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused_with_its_values(cells, said):
    result = checked({}, cells, {})
    assert result.kept["row"].to_list() == [0, 2]
    assert result.refused["row"].to_list() == [1]
    reason = result.refused["reason"][0]
    assert reason.startswith("BTC/USD on kraken: candle at ")
    assert said in reason


def test_a_difference_in_the_eighteenth_decimal_is_seen():
    high, low = "1.000000000000000001", "1.000000000000000002"
    result = checked({"open": high, "high": high, "low": low, "close": high})
    assert result.refused.height == 1


def test_a_number_is_kept_as_sent_and_an_exponent_written_out():
    result = checked({"base_volume": "123456789.123456789123", "quote_volume": "6e-8"})
    assert result.kept["base_volume"].to_list() == ["123456789.123456789123"]
    assert result.kept["quote_volume"].to_list() == ["0.00000006"]


def test_what_a_venue_does_not_give_may_be_null():
    result = checked({"quote_volume": None, "trades_count": None}, {})
    assert result.refused.is_empty()
    assert result.kept["trades_count"].to_list() == [None, 7]


def test_a_stamp_in_seconds_may_be_in_scientific_notation():
    result = checked({"opened_at": "1.6784928e9"}, unit_ms=1000)
    assert result.kept["opened_at_ms"].to_list() == [MINUTE]


def test_a_minute_that_began_within_the_second_that_date_counts_is_kept():
    result = checked({}, now_ms=MINUTE - 1000 + 1)
    assert result.refused.is_empty()
    assert checked({}, now_ms=MINUTE - 1000).refused.height == 1


def test_the_minute_of_a_refused_row_is_told_where_its_stamp_is_sound():
    result = checked({"high": "1"}, {"opened_at": str(MINUTE + 1)})
    assert result.refused["opened_at_ms"].to_list() == [MINUTE, None]


def test_no_rows_are_no_error():
    result = checked()
    assert result.kept.is_empty()
    assert result.refused.is_empty()
