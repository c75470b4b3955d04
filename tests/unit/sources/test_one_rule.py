"""The rule of a feed is one, whichever way its rows come."""

import polars as pl
import pytest

from pipelines.sources.archive import layouts
from pipelines.sources.archive.file_types import Feed, Market
from pipelines.sources.archive.rules import check as check_file
from pipelines.sources.exchange.feeds import CANDLES, FUNDING_RATES
from pipelines.sources.exchange.rules import check as check_answer
from pipelines.sources.exchange.trade_rules import check_trades
from pipelines.upstream.extents import DAY_MS

DAY = 1_735_689_600_000  # 2025-01-01
AMOUNTS = ("0", "0.0", "0e5", "-0", "-1", "1e-19", "1e20", "NaN", "x", "1", "1.5e3")
COUNTS = ("-1", "0", "7", "7.5", "1e3", "9" * 15, "9" * 16, "x")
CANDLE = {
    "open": "10",
    "high": "12",
    "low": "9",
    "close": "11",
    "base_volume": "5",
    "quote_volume": "55",
    "taker_buy_base": "2",
    "taker_buy_quote": "22",
    "trades_count": "7",
}
TRADE = {"price": "10", "base_amount": "5", "first_trade_id": "7", "last_trade_id": "7"}
FUNDING = {"funding_rate": "-0.0001"}


def cases(row):
    for name in row:
        whole = name.endswith(("_count", "_id"))
        for text in COUNTS if whole else AMOUNTS:
            yield pytest.param(row | {name: text}, id=f"{name}={text}")
    if "high" in row:
        yield pytest.param(row | {"high": "8.5"}, id="high < low")
        yield pytest.param(row | {"open": "12.1"}, id="open > high")
        yield pytest.param(row | {"close": "8.9"}, id="close < low")
    if "first_trade_id" in row:
        yield pytest.param(row | {"first_trade_id": "8"}, id="first > last")


def reason(checked):
    """Why the only row is refused, without what it is called; None: it is kept."""
    assert checked.kept.height + checked.refused.height == 1
    return checked.refused["reason"][0] if checked.refused.height else None


def of_file(feed, row, more):
    layout = layouts.layout(feed, "um")
    cells = {name: "1" for name in layout.names if name} | row | more
    frame = pl.DataFrame({name: [text] for name, text in cells.items()})
    frame = frame.with_columns(line=pl.lit(1, pl.Int64))
    return reason(check_file(frame, layout, (DAY, DAY + DAY_MS)))


def of_answer(feed, row):
    frame = pl.DataFrame({name: [text] for name, text in row.items()})
    place = {"page": 0, "row": 0, "venue_now_ms": DAY + DAY_MS}
    frame = frame.with_columns(
        *(pl.lit(value, pl.Int64).alias(name) for name, value in place.items())
    )
    return reason(check_answer(frame, feed, "X", 1))


def alike(said, other):
    """Whether the two doors refuse for one reason, or both keep."""
    if said is None or other is None:
        return said is other
    return said.endswith(other)


@pytest.mark.parametrize("row", list(cases(CANDLE)))
def test_a_candle_is_judged_alike_in_an_answer_and_in_a_file(row):
    answered = of_answer(CANDLES, row | {"opened_at": str(DAY)})
    filed = of_file("klines", row, {"opened_at_ms": str(DAY), "closed_at_ms": str(DAY)})

    assert alike(answered, filed), (answered, filed)


@pytest.mark.parametrize("row", list(cases(TRADE)))
def test_a_trade_is_judged_alike_in_an_answer_and_in_a_file(row):
    sent = row | {"trade_id": "7", "traded_at": str(DAY), "taker_side": "buy"}
    frame = pl.DataFrame({name: [text] for name, text in sent.items()})
    frame = frame.with_columns(row=pl.lit(0, pl.Int64))
    answered = reason(check_trades(frame, "X", "ms", DAY + DAY_MS))
    more = {"traded_at_ns": str(DAY), "is_buyer_maker": "true"}
    filed = of_file("agg_trades", row, more)

    assert alike(answered, filed), (answered, filed)


@pytest.mark.parametrize("row", list(cases(FUNDING)))
def test_a_funding_rate_is_judged_alike_in_an_answer_and_in_a_file(row):
    answered = of_answer(FUNDING_RATES, row | {"settled_at": str(DAY)})
    filed = of_file("funding_rates", row, {"settled_at_ms": str(DAY)})

    assert alike(answered, filed), (answered, filed)


def test_an_amount_of_nothing_is_no_trade_in_any_file():
    of_files: list[tuple[Feed, Market, str]] = [
        ("agg_trades", "spot", "base_amount"),
        ("trades", "spot", "base_amount"),
        ("agg_trades", "cm", "contracts"),
        ("trades", "cm", "contracts"),
    ]
    for feed, market, amount in of_files:
        layout = layouts.layout(feed, market)
        cells = {name: "1" for name in layout.names if name} | {amount: "0.0"}
        cells |= {"traded_at_ns": str(DAY), "is_buyer_maker": "true"}
        frame = pl.DataFrame({name: [text] for name, text in cells.items()})
        frame = frame.with_columns(line=pl.lit(1, pl.Int64))
        checked = check_file(frame, layout, (DAY, DAY + DAY_MS))
        assert reason(checked) == f"has {amount} 0.0, not above 0"
