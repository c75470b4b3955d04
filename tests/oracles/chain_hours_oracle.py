"""What is held of a chain by the hour, and what is missing, number by number."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.histories.candle_histories import Row
from tests.oracles.chain_gold_oracle import block_at, level
from tests.oracles.chain_oracle import ChainOracle, Reading

LEVELS = ("full", "standard", "partial", "unproven", "failed")
CAUSES = (
    *("gave way", "undetermined", "incomplete", "refused", "not answered", "not asked"),
)
CHAINS = {1: "ethereum", 31337: "anvil"}


def hour_of(reading: Reading) -> datetime:
    return block_at(reading).replace(minute=0, second=0)


def of_table(oracle: ChainOracle, table: str) -> Iterator[Row]:
    for load in oracle.loads:
        yield from (r for r in load.get(table, ()) if r["chain_id"] == oracle.chain_id)


class Numbers:
    """What is known of block numbers that are not in gold."""

    def __init__(self, oracle: ChainOracle) -> None:
        self.verdicts = oracle.canonical()
        self.of_number: dict[int, set[bool | None]] = defaultdict(set)
        for key, verdict in self.verdicts.items():
            self.of_number[oracle.number(key)].add(verdict)
        self.headers = {row["block_number"] for row in of_table(oracle, "blocks")}
        self.refused = Counter(
            row["block_number"] for row in of_table(oracle, "quarantine")
        )
        self.asked = {
            number
            for load in oracle.loads
            for row in load.get("pages", ())
            if row["scope"] == CHAINS[oracle.chain_id]
            for number in range(row["asked_from"], row["asked_until"])
        }

    def cause(self, number: int) -> str:
        if False in self.of_number[number]:
            return "gave way"
        if None in self.of_number[number]:
            return "undetermined"
        if number in self.headers:
            return "incomplete"
        if number in self.refused:
            return "refused"
        return "not answered" if number in self.asked else "not asked"


def hours(oracle: ChainOracle) -> list[tuple[Any, ...]]:
    """Rows of `rpt_chain_completeness`."""
    numbers = Numbers(oracle)
    by_hour: dict[datetime, list[bytes]] = defaultdict(list)
    for key, reading in oracle.readings.items():
        by_hour[hour_of(reading)].append(key)
    held = sorted(
        oracle.number(k) for k, verdict in numbers.verdicts.items() if verdict
    )
    nexts = dict(pairwise(held))
    differing = {row["block_hash"] for row in of_table(oracle, "disagreements")}
    return [
        (
            oracle.chain_id,
            hour,
            *counts(oracle, keys, numbers),
            *missing(oracle, keys, numbers, nexts),
            len(differing.intersection(keys)),
            *delays(oracle, keys, numbers),
        )
        for hour, keys in sorted(by_hour.items())
    ]


def counts(oracle: ChainOracle, keys: list[bytes], numbers: Numbers) -> list[int]:
    verdicts = Counter(numbers.verdicts[key] for key in keys)
    levels = Counter(
        level(oracle.readings[key]) for key in keys if numbers.verdicts[key]
    )
    of_level = [levels[name] for name in LEVELS]
    return [verdicts[True], *of_level, verdicts[None], verdicts[False]]


def missing(
    oracle: ChainOracle, keys: list[bytes], numbers: Numbers, nexts: dict[int, int]
) -> list[int]:
    """Holes, missing numbers, their causes, and what is in quarantine."""
    held = [oracle.number(key) for key in keys if numbers.verdicts[key]]
    holes = [range(number + 1, nexts.get(number, number + 1)) for number in held]
    gone = [number for hole in holes for number in hole]
    causes = Counter(map(numbers.cause, gone))
    refused = sum(numbers.refused[number] for number in [*held, *gone])
    return [sum(map(bool, holes)), len(gone), *(causes[c] for c in CAUSES), refused]


def delays(
    oracle: ChainOracle, keys: list[bytes], numbers: Numbers
) -> list[timedelta | None]:
    """From a block's time to its reading: half take at most this; the longest."""
    found = sorted(
        datetime.fromisoformat(reading.header["received_at"]) - block_at(reading)
        for key in keys
        if numbers.verdicts[key]
        for reading in [oracle.readings[key]]
    )
    return [found[(len(found) - 1) // 2], found[-1]] if found else [None, None]
