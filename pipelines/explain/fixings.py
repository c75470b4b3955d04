"""Why a fixing is what it is: the parts of its window, and the trades in each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from pipelines.errors import BullionError
from pipelines.explain import Fact, rows
from pipelines.terminal.report import plain
from pipelines.warehouse import Connection

FIXING = "fixing"
"""What stands in an exchange's place for a fixing over several."""
SHOWN = 40  # of the trades, where a person reads


@dataclass(frozen=True)
class FixingExplanation:
    """A day's rate, and the trades of its window in order of time."""

    symbol: str
    name: str
    fixing: Fact
    trades: list[Fact]


def explain_fixing(
    connection: Connection, symbol: str, name: str, since: datetime
) -> FixingExplanation:
    """What gold knows of the first fixing from a moment on.

    Raises:
        BullionError: there is none within a day.
    """
    asked = {"fixing": name, "symbol": symbol, "since": since}
    found = rows(connection, "fixing", asked)
    if not found:
        raise BullionError(
            f"there is no fixing {name} of {symbol} within a day after"
            f" {since:%Y-%m-%d %H:%M}: `bullion list` says what is held, and"
            " reference.fixing_rules which fixings there are"
        )
    fixed = {**asked, "fixed_at": found[0]["fixed_at"]}
    trades = rows(connection, "fixing_trades", fixed)
    return FixingExplanation(symbol, name, found[0], trades)


def sentences(explanation: FixingExplanation) -> Iterator[str]:
    """The rate, of what it is, and what is missing of it."""
    fixing = explanation.fixing
    name = f"{explanation.symbol} {explanation.name} {plain(fixing['fixed_at'])} UTC"
    if fixing["price"] is None:
        yield f"{name}: nobody traded from {plain(fixing['window_started_at'])} on"
    else:
        yield (
            f"{name}: {plain(fixing['price'])}, the mean of the volume-weighted medians"
            f" of {fixing['partitions_count']} parts of the window since"
            f" {plain(fixing['window_started_at'])}, {fixing['trades_count']} trades on"
            f" {fixing['venues']}"
        )
    if fixing["empty_partitions_count"]:
        yield f"{fixing['empty_partitions_count']} parts without a trade are left out"
    if not fixing["is_complete"]:
        yield (
            f"not complete: {fixing['untold_minutes_count']} minutes of venues are not"
            " loaded"
        )
    if len(explanation.trades) > SHOWN:
        yield f"the first {SHOWN} trades are shown; --json has all of them"


def tables(explanation: FixingExplanation) -> Iterator[tuple[str, list[Fact]]]:
    """The parts, then trades."""
    parts = groupby(explanation.trades, lambda trade: trade["partition_number"])
    yield "parts of the window", [_part(number, list(found)) for number, found in parts]
    yield "trades", explanation.trades[:SHOWN]


def as_facts(explanation: FixingExplanation) -> dict[str, Any]:
    """The explanation for machines, with every trade."""
    return {
        "symbol": explanation.symbol,
        "fixing": explanation.name,
        **explanation.fixing,
        "trades": explanation.trades,
    }


def _part(number: int, trades: list[Fact]) -> Fact:
    return {
        "partition_number": number,
        "median": trades[0]["partition_median"],
        "trades_count": len(trades),
        "base_volume": sum(trade["base_amount"] for trade in trades),
    }
