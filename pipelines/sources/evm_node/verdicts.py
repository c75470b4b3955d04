"""What a proof comes to, and what it is computed of."""

from dataclasses import dataclass
from functools import cached_property

from pipelines.sources.evm_node.bloom import bloom
from pipelines.sources.evm_node.tables import Log, ProofResult
from pipelines.sources.evm_node.whole_block import WholeBlock

Verdict = tuple[ProofResult, str | None]  # with the reason

PASSED: Verdict = ("passed", None)
RECEIPTS_MISSING: Verdict = ("unproven", "receipts missing")


def failed(reason: str) -> Verdict:
    """A proof that failed."""
    return "failed", reason


def compared(what: str, claimed: bytes, computed: bytes) -> Verdict:
    """Passed where the claim is what was computed."""
    if claimed == computed:
        return PASSED
    return failed(f"{what} is 0x{claimed.hex()}, computed 0x{computed.hex()}")


@dataclass(frozen=True)
class Evidence:
    """A block, its parent's hash where that is held, and what several proofs need."""

    block: WholeBlock
    parent_hash: bytes | None

    @cached_property
    def logs(self) -> list[list[Log]]:
        """The logs of each transaction.

        Raises:
            ValueError: one is of none.
        """
        found: list[list[Log]] = [[] for _ in self.block.transactions]
        for log in self.block.logs:
            if not 0 <= log.transaction_index < len(found):
                place = f"transaction {log.transaction_index} of {len(found)}"
                raise ValueError(f"log {log.log_index} is of {place}")
            found[log.transaction_index].append(log)
        return found

    @cached_property
    def blooms(self) -> list[int]:
        """The bloom of each transaction's logs."""
        return [bloom(logs) for logs in self.logs]
