"""Recorded trades make the recorded candles: every one of them, and no other.

The file's ids follow each other without a hole, and trades of one taker at one price in
one millisecond stand as one row almost always: they are Binance's ids of aggregates, as
ccxt's `fetch_trades` brings them (https://docs.ccxt.com/#/README?id=public-trades).
Which trades an aggregate stands for is not recorded.
"""

import csv
import gzip
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories.candle_histories import Row
from tests.integration.models.test_dbt_proofs import select

TRADES = "trades/binance_XRPETH_aggtrades.csv.gz"
CANDLES = "trades/binance_XRPETH_1m_from_those_trades.csv.gz"
REBUILT = """
select opened_at, open, high, low, close, base_volume
from silver.int_candles_rebuilt order by opened_at
"""


def trades(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt") as lines:
        for ms, number, _, side, price, amount, _ in csv.reader(lines):
            yield {
                "exchange_id": "binance",
                "symbol": "XRP/ETH",
                "trade_id": int(number),
                "first_trade_id": None,
                "last_trade_id": None,
                "is_aggregate": True,
                "price": price,
                "base_amount": amount,
                "quote_amount": None,  # the file's cost has a float's noise
                "traded_at_ns": int(ms) * 10**6,
                "taker_side": side,
                "order_type": None,
                "venue_now_ms": int(ms) + 60_000,
                "request_id": str(int(number) // 1000),
                "origin": "recorded",
                "received_at": "2024-05-01T00:00:00Z",
            }


@pytest.mark.slow
def test_candles_rebuilt_from_recorded_trades_equal_the_recorded_ones(
    built_database, recorded
):
    rows = list(trades(recorded / TRADES))
    assert len(rows) == 12_477
    deliver({"trades": rows[5000:]})
    deliver({"trades": rows[:6000][::-1]})  # backwards, and a thousand of them twice
    transform = Transform()
    transform.run("seed")
    transform.rerun("run")
    with gzip.open(recorded / CANDLES, "rt") as lines:
        given = [
            (datetime.fromisoformat(row.pop("date")), *map(Decimal, row.values()))
            for row in csv.DictReader(lines)
        ]
    assert select(REBUILT) == given
    paid = sum(Decimal(row["price"]) * Decimal(row["base_amount"]) for row in rows)
    held = select("select count(*), sum(quote_amount) from gold.fct_trades")
    assert held == [(12_477, paid)]
    # without the ids of single trades nothing is proven
    assert select("select distinct is_proven from gold.fct_candle_proofs") == [(False,)]
