"""A process that fetches blocks for a load, and dies with the first group of them."""

import os
from unittest.mock import patch

from pipelines.sources.evm_node import fetch_process
from pipelines.sources.evm_node.lookahead import Lookahead


def groups(*_: object) -> None:
    """Die as by kill -9."""
    os._exit(9)


if __name__ == "__main__":
    with patch.object(Lookahead, "groups", groups):
        fetch_process.main()
