"""A block with all that belongs to it, as rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.sources.evm_node.tables import Header, Log, Transaction

Plain = tuple[Any, ...]


@dataclass(frozen=True)
class WholeBlock:
    """A header, its transactions by index, its logs in the order of the answer.

    Of bronze, that order is the one by `delivery_row`.
    """

    header: Header
    transactions: Sequence[Transaction]
    logs: Sequence[Log]

    @property
    def has_receipts(self) -> bool:
        """Whether its receipts were had."""
        return self.header.logs_count is not None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as plain tuples: 5.3 µs a transaction with a log, named ones 7.6."""
        plain = [list(map(tuple, rows)) for rows in (self.transactions, self.logs)]
        return _whole_block, (self.header, *plain)


def _whole_block(
    header: Header, transactions: Iterable[Plain], logs: Iterable[Plain]
) -> WholeBlock:
    rows = [*map(Transaction._make, transactions)]
    return WholeBlock(header, rows, [*map(Log._make, logs)])
