"""A block with all that belongs to it, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.sources.evm_node.tables import Header, Log, Transaction


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
