"""Which blocks are on their chain, from all that was loaded: another way to compute it.

Nothing is incremental here, and nothing is shared with the SQL: blocks are found by
walks over dictionaries.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from tests.histories.candle_histories import Load, Row

Hash = bytes


@dataclass
class Reading:
    """A block's row with the parts of the same answer."""

    header: Row
    transactions: list[Row]
    logs: list[Row]
    proofs: list[Row]

    @property
    def is_whole(self) -> bool:
        return len(self.transactions) == self.header["transactions_count"] and len(
            self.logs
        ) == (self.header["logs_count"] or 0)

    @property
    def rank(self) -> tuple[object, ...]:
        """The lowest stands."""
        results = [proof["result"] for proof in self.proofs]
        return (
            self.header["logs_count"] is None,
            results.count("failed"),
            -results.count("passed"),
            datetime.fromisoformat(self.header["received_at"]),
        )


@dataclass
class ChainOracle:
    """One chain, of what all loads have heard of it."""

    chain_id: int
    confirmations: int
    loads: Sequence[Load]
    readings: dict[Hash, Reading] = field(default_factory=dict)
    final: set[Hash] = field(default_factory=set)
    untold: set[Hash] = field(default_factory=set)

    def __post_init__(self) -> None:
        for load in self.loads:
            for reading in self._read(load):
                key = reading.header["block_hash"]
                known = self.readings.get(key)
                if reading.is_whole and (not known or reading.rank < known.rank):
                    self.readings[key] = reading
        for load in self.loads:
            self._finalize(load)

    def _of_chain(self, load: Load, table: str) -> list[Row]:
        return [r for r in load.get(table, ()) if r["chain_id"] == self.chain_id]

    def _read(self, load: Load) -> Iterator[Reading]:
        parts: dict[tuple[str, Hash, str], list[Row]] = defaultdict(list)
        for table in ("transactions", "logs", "proofs"):
            for row in self._of_chain(load, table):
                parts[table, row["block_hash"], row["request_id"]].append(row)
        for header in self._of_chain(load, "blocks"):
            key, request = header["block_hash"], header["request_id"]
            logs = parts["logs", key, f"{request}r"]
            transactions, proofs = (
                parts[table, key, request] for table in ("transactions", "proofs")
            )
            yield Reading(header, transactions, logs, proofs)

    def number(self, key: Hash) -> int:
        return int(self.readings[key].header["block_number"])

    def down(self, key: Hash) -> Iterator[Hash]:
        """The block and those below it, as far as they are held."""
        while key in self.readings:
            yield key
            key = self.readings[key].header["parent_hash"]

    def _finalize(self, load: Load) -> None:
        """What of a load was final; what nobody said in it to be final or not."""
        finals = [r for r in self._of_chain(load, "heads") if r["tag"] == "finalized"]
        named = {row["block_hash"] for row in finals}
        low = min((row["block_number"] for row in finals), default=-1)
        for reading in self._read(load):
            key, number = (reading.header[n] for n in ("block_hash", "block_number"))
            if number <= low:
                named.add(key)
            if not finals and reading.is_whole:
                self.untold.add(key)
        for key in named:
            self.final.update(self.down(key))

    def is_behind(self, lower: Hash, higher: Hash) -> bool:
        """Nothing tells that the lower one is on another branch."""
        distance = self.number(higher) - self.number(lower)
        if distance <= 0:
            return False
        line = list(islice(self.down(higher), distance))
        below = self.readings[line[-1]].header["parent_hash"]
        return len(line) < distance or below == lower

    def observations(self) -> list[tuple[datetime, str, int, Hash]]:
        """Of `latest`, each once, in the order of time."""
        seen = {
            (
                datetime.fromisoformat(row["received_at"]),
                row["endpoint"],
                row["block_number"],
                row["block_hash"],
            )
            for load in self.loads
            for row in self._of_chain(load, "heads")
            if row["tag"] == "latest" and row["block_hash"] in self.readings
            if (row["block_hash"], row["request_id"]) not in self._answers(load)
        }
        return sorted(seen)

    def _answers(self, load: Load) -> set[tuple[Hash, str]]:
        blocks = self._of_chain(load, "blocks")
        return {(row["block_hash"], row["request_id"]) for row in blocks}

    def heads(self) -> list[Hash]:
        """The head as of each observation."""
        said: dict[str, list[tuple[datetime, int, Hash]]] = defaultdict(list)
        found = []
        for at, endpoint, number, key in self.observations():
            said[endpoint].append((at, number, key))
            stands = [
                self._first_ahead(rows[-self.confirmations :][::-1])
                for rows in said.values()
            ]
            stands.sort(reverse=True)
            found.append(self._first_ahead(stands)[2])
        return found

    def _first_ahead(
        self, rows: Sequence[tuple[datetime, int, Hash]]
    ) -> tuple[datetime, int, Hash]:
        return next(
            row
            for row in rows
            if not any(self.is_behind(row[2], other[2]) for other in rows)
        )

    def canonical(self) -> dict[Hash, bool | None]:
        """Whether each block that is held is on the chain."""
        top = max(map(self.number, self.final), default=-1)
        heads = self.heads()
        head = heads[-1] if heads and self.number(heads[-1]) >= top else None
        path = set() if head is None else self._path(head)
        final = {self.number(key): key for key in self.final}
        if any(final.get(self.number(key), key) != key for key in path):
            head, path = None, set()
        sure = {self.number(key): key for key in path} | final
        untold = defaultdict(list)
        for key in self.untold:
            untold[self.number(key)].append(key)
        return {
            key: self._judge(key, sure, head, untold[self.number(key)])
            for key in self.readings
        }

    def _path(self, head: Hash) -> set[Hash]:
        """From the head down to what is final."""
        found = set()
        for key in self.down(head):
            found.add(key)
            if key in self.final:
                break
        return found

    def _judge(
        self, key: Hash, sure: dict[int, Hash], head: Hash | None, untold: list[Hash]
    ) -> bool | None:
        number = self.number(key)
        if number in sure:
            return sure[number] == key
        if head is not None and number > self.number(head):
            return False
        return untold == [key] if len(untold) == 1 else None
