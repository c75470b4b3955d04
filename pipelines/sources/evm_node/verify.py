"""Proves again, from bronze's rows, what was proved when a block was read.

Each reading of a block gets its proofs once more, as rows of `proofs` of a load of its
own: their origin is `verify`, their endpoint and request those of the reading. No
endpoint is asked, and no other table is written.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipelines import warehouse
from pipelines.bronze.delivery import Resource, Rows
from pipelines.bronze.tables import Table
from pipelines.config.rows import configuration
from pipelines.errors import SetupError
from pipelines.sources.evm_node.bronze_rows import Provenance
from pipelines.sources.evm_node.proofs import Level, prove
from pipelines.sources.evm_node.stored_blocks import Stored, held_range, stored_blocks
from pipelines.sources.evm_node.tables import PROOFS, TABLES, Proof
from pipelines.sources.load import load

ORIGIN = "verify"
ROWS_AT_ONCE = 50_000  # of a delivery file
MOST_NAMED = 100  # failures: an encoding that is declared wrongly fails everywhere
COLUMNS = (*Proof._fields, *Provenance._fields)

Seen = Callable[[int, int], None]


@dataclass
class Verified:
    """What came of it.

    Attributes:
        blocks_count: readings of blocks.
        results: how often each proof came to each result.
        failures: the first of them.
    """

    chain: str
    blocks_count: int = 0
    transactions_count: int = 0
    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[Proof] = field(default_factory=list)

    @property
    def failed_count(self) -> int:
        """How many proofs failed, of all blocks."""
        failed = (n for (_, result), n in self.results.items() if result == "failed")
        return sum(failed)

    def add(self, stored: Stored, proofs: Sequence[Proof]) -> None:
        """Count a reading and its proofs."""
        self.blocks_count += 1
        self.transactions_count += len(stored.block.transactions)
        self.results.update((proof.proof, proof.result) for proof in proofs)
        failed = [proof for proof in proofs if proof.result == "failed"]
        self.failures += failed[: MOST_NAMED - len(self.failures)]


@dataclass
class Verification:
    """The load of proofs made again; `done` says what came of it."""

    chain_id: int
    numbers: range
    one_in: int
    level: Level
    done: Verified
    seen: Seen
    name: str = "evm"
    tables: Sequence[Table] = TABLES
    failures: list[Exception] = field(default_factory=list)

    def lock_keys(self) -> Sequence[str]:
        """One verification of a chain at a time; it does not hinder its loads."""
        return [f"verify {self.chain_id}"]

    def resources(self) -> Sequence[Resource]:
        """All of it is one."""
        return [Resource(f"{ORIGIN} {self.chain_id}", self._files)]

    def _files(self) -> Iterator[Rows]:
        rows: list[tuple[object, ...]] = []
        for page in self._pages():
            rows += page
            if len(rows) >= ROWS_AT_ONCE:
                yield Rows.named(PROOFS, COLUMNS, rows)
                rows = []
        if rows:
            yield Rows.named(PROOFS, COLUMNS, rows)

    def _pages(self) -> Iterator[Sequence[tuple[object, ...]]]:
        name = warehouse.process_name(f"{ORIGIN} chain {self.chain_id}")
        with warehouse.connect("loader", name) as connection:
            pages = stored_blocks(connection, self.chain_id, self.numbers, self.one_in)
            for page in pages:
                yield [row for stored in page for row in self._proved(stored)]
                if page:
                    number = page[-1].block.header.block_number
                    self.seen(number + 1 - self.numbers.start, len(self.numbers))

    def _proved(self, stored: Stored) -> Iterator[tuple[object, ...]]:
        proofs = prove(stored.block, stored.parent_hash, level=self.level)
        self.done.add(stored, proofs)
        at = datetime.now(UTC).isoformat()
        of = Provenance(at, stored.endpoint, ORIGIN, stored.request_id)
        yield from (proof + of for proof in proofs)


def verify(
    chain: str,
    first: int | None = None,
    end: int | None = None,
    *,
    one_in: int = 1,
    level: Level = "full",
    wait_s: float = 0,
    seen: Seen = lambda _done, _of: None,
) -> Verified:
    """Prove the blocks of a chain that bronze holds, from `first` to before `end`.

    One number in so many is taken, by chance.

    Raises:
        SetupError: the chain is not known.
        BusyError: the chain is being verified, and `wait_s` is over.
    """
    done, chain_id = Verified(chain), _chain_id(chain)
    held = _held(chain_id)
    numbers = range(
        held.start if first is None else max(first, held.start),
        held.stop if end is None else min(end, held.stop),
    )
    if numbers:
        load(Verification(chain_id, numbers, one_in, level, done, seen), wait_s=wait_s)
    return done


def _chain_id(chain: str) -> int:
    chains = configuration().chains
    if chain not in chains:
        known = ", ".join(chains) or "none"
        raise SetupError(f"unknown chain {chain}; config.chains has {known}")
    return chains[chain].chain_id


def _held(chain_id: int) -> range:
    with warehouse.connect("loader", warehouse.process_name(ORIGIN)) as connection:
        is_made = warehouse.has_table(connection, "bronze_evm.blocks")
        return held_range(connection, chain_id) if is_made else range(0)
