"""A fixing equals a computation by hand from the trades, in any order of loads."""

import json
import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from statistics import mean
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories.candle_histories import MINUTE, START
from tests.histories.traded_histories import TradedHistories
from tests.integration.models.test_dbt_histories import select
from tests.soak import seeds, times

SEEDS = seeds(__name__, times(20, 1))
MODELS = ("int_trades_answered", "fct_trades", "fct_fixings")
FIXINGS = """
select fixing, asset, quote, fixed_at, price, partitions_count, empty_partitions_count,
    venues, trades_count, base_volume, untold_minutes_count
from gold.fct_fixings order by 1, 2, 3
"""
FIXED_AT = datetime(2024, 4, 1, tzinfo=UTC)
FIRST, UNTIL = 60, 120  # minutes of a history that are the window before midnight
PART_MS = 5 * MINUTE


def weighted_median(trades: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """The lowest price at which more than half is not above; of two, their mean."""
    ranked = sorted(trades)
    whole = sum(amount for _, amount in ranked)
    low = next(p for i, (p, _) in enumerate(ranked) if 2 * below(ranked, i) >= whole)
    high = next(p for i, (p, _) in enumerate(ranked) if 2 * below(ranked, i) > whole)
    return (low + high) / 2


def below(ranked: list[tuple[Decimal, Decimal]], place: int) -> Decimal:
    """What was traded up to a place, with it."""
    return sum((amount for _, amount in ranked[: place + 1]), Decimal(0))


def by_hand(trades: dict[tuple[Any, ...], Any]) -> list[tuple[Any, ...]]:
    """Midnight's fixings of these trades, keyed by series and id."""
    pairs: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for (exchange, symbol, _), row in trades.items():
        at = row["traded_at_ns"] // 1_000_000 - START
        if FIRST * MINUTE <= at < UNTIL * MINUTE:
            pairs[symbol].append((exchange, row))
    rows = []
    for symbol, found in sorted(pairs.items()):
        parts = defaultdict(list)
        for _, row in found:
            at = row["traded_at_ns"] // 1_000_000 - START - FIRST * MINUTE
            amounts = Decimal(row["price"]), Decimal(row["base_amount"])
            parts[at // PART_MS].append(amounts)
        price = mean(weighted_median(part) for part in parts.values())
        asset, quote = symbol.split("/")
        rows.append(
            (
                *("utc_0000", asset, quote, FIXED_AT, round(price, 18), len(parts)),
                *(12 - len(parts), " ".join(sorted({x for x, _ in found}))),
                *(len(found), sum(Decimal(r["base_amount"]) for _, r in found)),
            )
        )
    return rows


@pytest.mark.slow(20)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fixing_is_that_of_its_trades_in_any_order(built_database, seed):
    print(f"seed {seed}")
    histories = TradedHistories(seed)
    rng = random.Random(seed)
    transform = Transform()
    held: dict[tuple[str, str, str], Any] = {}
    loads_count = 0
    while loads_count < times(12, 8) or not by_hand(held):
        loads_count += 1
        load = histories.load()
        deliver(load)
        for row in load.get("trades", []):
            held[row["exchange_id"], row["symbol"], row["trade_id"]] = row
        if rng.random() < 0.6:
            transform.rerun("run", "--select", *MODELS)
    transform.rerun("run", "--select", *MODELS)

    rows = [row[:-1] for row in select(FIXINGS)]
    assert [row for row in rows if row[4] is not None] == by_hand(held)
    transform.run("run", "--full-refresh", "--select", *MODELS)
    assert [row[:-1] for row in select(FIXINGS)] == rows

    _, asset, quote, _, price, *_, trades_count, _ = by_hand(held)[0]
    words = ("explain", "fixing", f"{asset}/{quote}", "utc_0000", "2024-04-01")
    told = json.loads(CliRunner().invoke(app, (*words, "--json")).stdout)[0]
    assert Decimal(told["price"]) == price
    listed = {(t["exchange_id"], int(t["trade_key"])) for t in told["trades"]}
    assert len(listed) == len(told["trades"]) == trades_count
    said = CliRunner().invoke(app, words)
    assert "parts of the window" in said.stdout
    assert said.exit_code == 0
