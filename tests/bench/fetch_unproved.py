"""A process that fetches blocks for a load, and proves nothing of them."""

from unittest.mock import patch

from pipelines.sources.evm_node import fetch_process, fetching
from pipelines.sources.evm_node.tables import Proof


def unproved(*_: object, **__: object) -> list[Proof]:
    """No proofs of a block."""
    return []


if __name__ == "__main__":
    with patch.object(fetching, "prove", unproved):
        fetch_process.main()
