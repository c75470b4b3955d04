"""Rows of a load of blocks on their way to bronze, until a file of them is worth it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.bronze.delivery import Rows
from pipelines.bronze.tables import Table
from pipelines.sources.evm_node.block_pages import Page
from pipelines.sources.evm_node.bronze_rows import Reading, rows_of
from pipelines.sources.evm_node.fetching import Refused
from pipelines.sources.evm_node.heads import Heads
from pipelines.sources.evm_node.load_tables import DISAGREEMENTS, QUARANTINE, REQUESTS
from pipelines.upstream.feed import Key
from pipelines.upstream.pages import PAGES
from pipelines.upstream.request_log import RequestLog

ROWS = 20_000  # transactions and logs of a file; more take memory and are no faster


@dataclass
class BronzeBuffer:
    """What of one chain is to be delivered.

    Attributes:
        rows_count: of blocks that wait.
        taken_count: of blocks, from the beginning on.
    """

    key: Key
    chain_id: int
    readings: list[Reading] = field(default_factory=list)
    heads: list[Rows] = field(default_factory=list)
    others: dict[Table, list[Mapping[str, object]]] = field(default_factory=dict)
    rows_count: int = 0
    taken_count: int = 0

    @property
    def is_full(self) -> bool:
        """Whether it is to be flushed."""
        return self.rows_count >= ROWS

    def add(self, reading: Reading) -> None:
        """A block as it was read."""
        block = reading.block
        count = 1 + len(block.transactions) + len(block.logs)
        self.readings.append(reading)
        self.rows_count += count
        self.taken_count += count

    def add_page(self, page: Page) -> None:
        """Which numbers were answered for."""
        self._add(PAGES, page.rows(self.key))

    def add_refused(self, refused: Sequence[Refused]) -> None:
        """What was sent and does not count."""
        rows = [one.row(self.chain_id) for one in refused]
        self._add(QUARANTINE, rows)

    def add_disagreements(self, rows: Sequence[Mapping[str, object]]) -> None:
        """What two endpoints say differently."""
        self._add(DISAGREEMENTS, rows)

    def add_heads(self, heads: Heads) -> None:
        """What an endpoint says of the head."""
        self.heads += heads.table_rows()

    def add_log(self, log: RequestLog) -> None:
        """Requests that were made; empties the log."""
        self._add(REQUESTS, log)
        log.clear()

    def flush(self) -> Iterator[Rows]:
        """All of it, table by table; nothing is left."""
        heads, readings, others = self.heads, self.readings, self.others
        self.heads, self.readings, self.others, self.rows_count = [], [], {}, 0
        yield from heads
        if readings:
            yield from rows_of(readings)
        for table, rows in others.items():
            yield Rows.of(table, rows)

    def _add(self, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
        if rows:
            self.others.setdefault(table, []).extend(rows)
