"""What gold has of chains, from what the other oracle says is canonical, in Python."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil
from typing import Any

from tests.histories.candle_histories import Row
from tests.oracles.chain_oracle import ChainOracle, Reading

BURN = {1, 31337}  # chains that destroy the base fee


def hexed(value: bytes | None) -> str | None:
    return None if value is None else "0x" + value.hex()


def standing(oracle: ChainOracle) -> Iterator[Reading]:
    """The readings of the canonical blocks, by number."""
    canonical = [key for key, verdict in oracle.canonical().items() if verdict]
    for key in sorted(canonical, key=oracle.number):
        yield oracle.readings[key]


def block_at(reading: Reading) -> datetime:
    return datetime.fromtimestamp(reading.header["block_at_s"], UTC)


def level(reading: Reading) -> str:
    results = {proof["proof"]: proof["result"] for proof in reading.proofs}
    if "failed" in results.values():
        return "failed"
    return "full" if "sender" in results else "standard"


def paid(reading: Reading, row: Row) -> dict[str, int | None]:
    """The parts of a transaction's fee; null without a receipt."""
    gas = row["receipt_gas_used"]
    if gas is None:
        return dict.fromkeys(("fee", "base", "burnt", "tip", "blob", "l1"))
    price = int(row["receipt_effective_gas_price"] or row["gas_price"])
    base = gas * min(price, int(reading.header["base_fee_per_gas"]))
    blob = (row["receipt_blob_gas_used"] or 0) * int(row["receipt_blob_gas_price"] or 0)
    l1 = 255 if row["receipt_extra_fields"] else None
    burnt = base if row["chain_id"] in BURN else None
    fee = gas * price + blob + (l1 or 0)
    tip = gas * price - base
    return {
        "fee": fee,
        "base": base,
        "burnt": burnt,
        "tip": tip,
        "blob": blob,
        "l1": l1,
    }


def blocks(oracle: ChainOracle) -> list[tuple[Any, ...]]:
    return [
        (
            oracle.chain_id,
            reading.header["block_number"],
            block_at(reading),
            hexed(reading.header["block_hash"]),
            hexed(reading.header["parent_hash"]),
            reading.header["gas_used"],
            reading.header["logs_count"],
            len(reading.transactions),
            *sums(reading),
            level(reading),
        )
        for reading in standing(oracle)
    ]


def sums(reading: Reading) -> list[int | None]:
    """What the block's transactions paid in all, part by part."""
    parts = [paid(reading, row) for row in reading.transactions]
    found: list[int | None] = []
    for name in ("fee", "base", "burnt", "tip", "blob"):
        of_all = [part[name] for part in parts]
        has_all = None not in of_all
        found.append(sum(filter(None, of_all)) if has_all else None)
    l1 = [part["l1"] for part in parts if part["l1"] is not None]
    return [*found, sum(l1) if l1 else None]


def transactions(oracle: ChainOracle) -> list[tuple[Any, ...]]:
    return [
        (
            oracle.chain_id,
            row["block_number"],
            row["transaction_index"],
            block_at(reading),
            hexed(row["block_hash"]),
            hexed(row["transaction_hash"]),
            row["transaction_type"],
            hexed(row["from_address"]),
            hexed(row["to_address"]),
            hexed(row["receipt_contract_address"]),
            int(row["value"]),
            hexed(row["input"]),
            row["receipt_status"],
            row["receipt_gas_used"],
            *paid(reading, row).values(),
        )
        for reading in standing(oracle)
        for row in sorted(reading.transactions, key=lambda r: r["transaction_index"])
    ]


def gas(oracle: ChainOracle) -> list[tuple[Any, ...]]:
    """By hour: counts, gas, base fees, prices, and what was paid."""
    hours: dict[datetime, list[Reading]] = defaultdict(list)
    for reading in standing(oracle):
        hours[block_at(reading).replace(minute=0, second=0)].append(reading)
    found = []
    for hour, readings in sorted(hours.items()):
        headers = [reading.header for reading in readings]
        base = sorted(int(header["base_fee_per_gas"]) for header in headers)
        rows = [(reading, row) for reading in readings for row in reading.transactions]
        prices = sorted(
            int(row["receipt_effective_gas_price"] or row["gas_price"])
            for _, row in rows
            if row["receipt_gas_used"] is not None
        )
        fees = [paid(*row)["fee"] for row in rows]
        found.append(
            (
                oracle.chain_id,
                hour,
                len(readings),
                len(rows),
                sum(header["gas_used"] for header in headers),
                sum(header["gas_limit"] for header in headers),
                *(quantile(base, share) for share in (0, 0.5, 1)),
                *(quantile(prices, share) for share in (0.1, 0.5, 0.9)),
                None if None in fees else sum(filter(None, fees)),
            )
        )
    return found


def quantile(values: list[int], share: float) -> int | None:
    """The lowest value that so many are not above."""
    return values[max(ceil(share * len(values)), 1) - 1] if values else None


def reorgs(oracle: ChainOracle) -> list[tuple[Any, ...]]:
    """Moves of the head to another branch, or down, with what each took and brought."""
    found, heads = [], oracle.heads()
    moves = zip(oracle.observations()[1:], heads, heads[1:], strict=False)
    for (seen_at, endpoint, _, seen), old, new in moves:
        paths = [line(oracle, key) for key in (old, new)]
        ancestor = next((key for key in paths[0] if key in paths[1]), None)
        if ancestor is None or ancestor == old:
            continue
        dropped, added = (path[: path.index(ancestor)] for path in paths)
        lost, gained = (hashes(oracle, branch) for branch in (dropped, added))
        found.append(
            (
                oracle.chain_id,
                seen_at,
                endpoint,
                hexed(seen),
                "rolled back" if ancestor == new else "reorganised",
                len(dropped),
                hexed(ancestor),
                hexed(old),
                hexed(new),
                *(sorted(map(str, map(hexed, part))) for part in (dropped, added)),
                *(
                    sorted(part)
                    for part in (lost - gained, gained - lost, lost & gained)
                ),
            )
        )
    return found


def line(oracle: ChainOracle, key: bytes) -> list[bytes]:
    """The block and those below it, and the first of which only the hash is held."""
    held = list(oracle.down(key))
    return [*held, oracle.readings[held[-1]].header["parent_hash"]]


def hashes(oracle: ChainOracle, branch: list[bytes]) -> set[str]:
    """The transactions of these blocks."""
    readings = [oracle.readings[key] for key in branch]
    return {
        "0x" + row["transaction_hash"].hex() for r in readings for row in r.transactions
    }
