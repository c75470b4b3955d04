"""One load of blocks into bronze, in a process of its own."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import requests

from pipelines.bronze.delivery import Rows
from pipelines.sources.evm_node.answers import whole_block
from pipelines.sources.evm_node.bronze_rows import Reading, rows_of
from pipelines.sources.evm_node.proofs import prove
from pipelines.sources.load import load
from tests.bench.child import Facts, answer
from tests.fakes.evm_readings import Blocks, sent

BATCH = 10  # blocks of a request
DELIVERY = 100  # blocks of a file


class NodeBlocks(Blocks):
    """The first blocks of a node, fetched one batch after the other."""

    def __init__(self, url: str, count: int, *, is_proved: bool) -> None:
        super().__init__([])
        self._url, self._count, self._is_proved = url, count, is_proved
        self._session = requests.Session()
        self._parent: bytes | None = None

    def rows(self) -> Iterator[Rows]:
        """A delivery of each table for so many blocks."""
        for first in range(0, self._count, DELIVERY):
            end = min(first + DELIVERY, self._count)
            found = [
                reading
                for begin in range(first, end, BATCH)
                for reading in self._read(range(begin, min(begin + BATCH, end)))
            ]
            yield from rows_of(found)

    def _read(self, numbers: range) -> Iterator[Reading]:
        blocks = self._asked("eth_getBlockByNumber", [[hex(n), True] for n in numbers])
        receipts = self._asked("eth_getBlockReceipts", [[b["hash"]] for b in blocks])
        for block, of_block in zip(blocks, receipts, strict=True):
            whole = whole_block(1, block, of_block)
            proofs = self._proofs(whole) if self._is_proved else []
            self._parent = whole.header.block_hash
            yield Reading(whole, sent("b"), sent("r"), proofs)

    def _proofs(self, whole: Any) -> Sequence[Any]:
        return prove(whole, self._parent, level="full")

    def _asked(self, method: str, params: Sequence[Any]) -> list[Any]:
        calls = [
            {"jsonrpc": "2.0", "id": at, "method": method, "params": one}
            for at, one in enumerate(params)
        ]
        response = self._session.post(self._url, data=orjson.dumps(calls), timeout=60)
        return [one["result"] for one in orjson.loads(response.content)]


def measure(asked: Facts) -> Facts:
    """Load the first blocks, with all proofs or none."""
    facts = load(
        NodeBlocks(asked["url"], asked["blocks"], is_proved=asked["is_proved"])
    )
    if facts is None:
        raise SystemExit("nothing was loaded")
    return {"rows": facts.rows_count}


if __name__ == "__main__":
    answer(measure)
