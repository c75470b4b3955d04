"""Unmodified ccxt reads what the sandbox serves of contracts, and it adds up."""

from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.sandbox.running import Running, running
from tests.integration.sandbox.test_sandbox_speaks_ccxt import (
    MINUTE_MS,
    NOW,
    NOW_MS,
    client,
)

LINEAR, INVERSE = "BTC/USDT:USDT", "BTC/USD:BTC"
FIVE_MS = 5 * MINUTE_MS
SINCE = NOW_MS // FIVE_MS * FIVE_MS - 60 * MINUTE_MS


@pytest.fixture(scope="module")
def exchange() -> Iterator[Any]:
    with running(now=NOW, frozen=True, rate_limit=False, in_thread=True) as started:
        yield loaded(started)


def loaded(sandbox: Running) -> Any:
    exchange = client("binance", sandbox.venue_url("binance"))
    exchange.options["fetchMarkets"] = {"types": ["spot", "linear", "inverse"]}
    exchange.load_markets()
    return exchange


@pytest.mark.parametrize("symbol", [LINEAR, INVERSE])
def test_open_interest_now_is_what_the_history_ends_with(
    exchange: Any, symbol: str
) -> None:
    now = exchange.fetch_open_interest(symbol)
    kept = exchange.fetch_open_interest_history(symbol, "5m", since=SINCE)
    assert [row["timestamp"] for row in kept] == list(range(SINCE, NOW_MS, FIVE_MS))
    amounts = [row["openInterestAmount"] for row in kept]
    assert amounts[-1] == now["openInterestAmount"] > 0
    last = kept[-1]
    candles = exchange.fetch_ohlcv(symbol, "1m", since=SINCE - MINUTE_MS, limit=100)
    closes = {row[0] + MINUTE_MS: row[4] for row in candles}
    price, value = closes[last["timestamp"]], last["openInterestValue"]
    worth = amounts[-1] * price if symbol == LINEAR else amounts[-1] * 100 / price
    assert value == pytest.approx(worth, rel=1e-6)


def test_longs_and_shorts_are_one_and_ratios_theirs(exchange: Any) -> None:
    rows = exchange.fetch_long_short_ratio_history(LINEAR, "5m", since=SINCE)
    assert len(rows) == 13
    for row in rows:
        longs, shorts = (float(row["info"][f"{side}Account"]) for side in
                         ("long", "short"))  # fmt: skip
        assert longs + shorts == pytest.approx(1)
        assert row["longShortRatio"] == pytest.approx(longs / shorts, abs=1e-4)


def test_taker_volumes_are_those_of_the_candles(exchange: Any) -> None:
    for symbol, name, ask, bought, sold in (
        (LINEAR, {"symbol": "BTCUSDT"}, exchange.fapiDataGetTakerlongshortRatio,
         "buyVol", "sellVol"),
        (INVERSE, {"pair": "BTCUSD", "contractType": "PERPETUAL"},
         exchange.dapiDataGetTakerBuySellVol, "takerBuyVolValue", "takerSellVolValue"),
    ):  # fmt: skip
        rows = ask({**name, "period": "5m", "startTime": SINCE, "limit": 5})
        candles = exchange.fetch_ohlcv(symbol, "1m", since=SINCE, limit=5)
        traded = sum(float(row[5]) for row in candles)
        assert int(rows[1]["timestamp"]) == SINCE + FIVE_MS
        assert float(rows[1][bought]) + float(rows[1][sold]) == pytest.approx(traded)


def test_the_index_is_the_spot_price_and_the_mark_lies_between(exchange: Any) -> None:
    def closes(method: str, symbol: str = LINEAR) -> list[float]:
        rows = getattr(exchange, method)(symbol, "1m", since=SINCE, limit=20)
        assert [row[0] for row in rows] == [SINCE + n * MINUTE_MS for n in range(20)]
        return [row[4] for row in rows]

    spot, contract = closes("fetch_ohlcv", "BTC/USDT"), closes("fetch_ohlcv")
    index, mark = closes("fetch_index_ohlcv"), closes("fetch_mark_ohlcv")
    premium = closes("fetch_premium_index_ohlcv")
    assert index == spot
    for of_spot, of_contract, of_mark, ratio in zip(
        spot, contract, mark, premium, strict=True
    ):
        assert of_mark == pytest.approx((of_spot + of_contract) / 2)
        assert ratio == pytest.approx(of_mark / of_spot - 1, abs=1e-8)
    assert min(premium) < 0 < max(premium)


def test_one_request_has_the_mark_of_the_whole_market(exchange: Any) -> None:
    rates = exchange.fetch_funding_rates()
    assert {LINEAR, "ETH/USDT:USDT"} <= set(rates)
    told = rates[LINEAR]
    mark = exchange.fetch_mark_ohlcv(LINEAR, "1m", limit=1)
    assert told["markPrice"] == mark[-1][4]
    last = exchange.fetch_funding_rate_history(LINEAR, limit=1)[-1]
    assert told["fundingRate"] == last["fundingRate"]
    assert told["fundingTimestamp"] % 28_800_000 == 0


def test_intervals_of_funding_are_those_of_the_settlements(exchange: Any) -> None:
    for kind, symbol in (("linear", LINEAR), ("inverse", INVERSE)):
        told = exchange.fetch_funding_intervals(params={"subType": kind})
        assert {told[symbol]["interval"], len(told)} == {"8h", 2}  # no dated ones
        rates = exchange.fetch_funding_rate_history(symbol, limit=2)
        hours = (rates[1]["timestamp"] - rates[0]["timestamp"]) / 3_600_000
        assert round(hours) == 8


def test_what_is_older_than_a_month_is_refused(exchange: Any) -> None:
    with pytest.raises(Exception, match="startTime"):
        exchange.fetch_open_interest_history(
            LINEAR, "5m", since=SINCE - 30 * 86_400_000
        )


def test_trades_of_a_contract_run_on(exchange: Any) -> None:
    trades = exchange.fetch_trades(LINEAR, since=SINCE, limit=50)
    assert [int(trade["id"]) for trade in trades] == list(
        range(int(trades[0]["id"]), int(trades[0]["id"]) + 50)
    )
