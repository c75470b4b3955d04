"""Receipts of blocks from one endpoint: by block hash, or however it has them.

Asked by hash, a reorganisation between the block and its receipts gives no receipts; by
number or singly it may give those of another block, which their hashes tell.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.sources.evm_node.node_client import NodeClient
from pipelines.sources.evm_node.rpc_errors import RpcError
from pipelines.sources.evm_node.rpc_request import Call, Outcome
from pipelines.upstream.request_log import RequestLog

OF_BLOCK = "eth_getBlockReceipts"
SINGLE = "eth_getTransactionReceipt"


class ReceiptReader:
    """Reads receipts from an endpoint. Threads may share it."""

    def __init__(self, client: NodeClient) -> None:
        self._client = client

    @property
    def size(self) -> int:
        """How many calls of a request there are now."""
        return self._client.size(OF_BLOCK if self._has_those_of_blocks else SINGLE)

    def read(self, blocks: Mapping[int, Any], log: RequestLog) -> dict[int, Outcome]:
        """The receipts of each block, by the first way that the endpoint has.

        What it lacks is learnt, so that it is asked for once.

        Raises:
            UpstreamError: it did not answer.
        """
        if not blocks:
            return {}
        if not self._has_those_of_blocks:
            return self._single(blocks, log)
        name = "number" if "receipts_by_hash" in self._client.lacks else "hash"
        calls = [Call(OF_BLOCK, [block[name]]) for block in blocks.values()]
        found = dict(zip(blocks, self._client.ask(calls, log), strict=True))
        left = {
            number: blocks[number]
            for number, outcome in found.items()
            if outcome.error is not None and self._is_lack(outcome.error, name)
        }
        return found | self.read(left, log)

    @property
    def _has_those_of_blocks(self) -> bool:
        return "block_receipts" not in self._client.lacks

    def _is_lack(self, error: RpcError, by: str) -> bool:
        """Whether the endpoint lacks this way."""
        if error.meaning == "parameters" and by == "hash":
            self._client.learn("receipts_by_hash", str(error))
            return True
        if error.meaning in {"method_absent", "parameters"}:
            self._client.learn("block_receipts", str(error))
            return True
        return False

    def _single(self, blocks: Mapping[int, Any], log: RequestLog) -> dict[int, Outcome]:
        """The receipts of each block, asked for one by one."""
        of_block = [
            (number, transaction)
            for number, block in blocks.items()
            for transaction in transactions_of(block)
        ]
        calls = [Call(SINGLE, [_hash_of(one)]) for _, one in of_block]
        outcomes = self._client.ask(calls, log)
        found: dict[int, list[Outcome]] = {number: [] for number in blocks}
        for (number, _), outcome in zip(of_block, outcomes, strict=True):
            found[number].append(outcome)
        return {number: _joined(of_one) for number, of_one in found.items()}


def transactions_of(block: Any) -> list[Any]:
    """The transactions of a block as it was sent; none of what is no block."""
    found = block.get("transactions") if isinstance(block, dict) else None
    return found if isinstance(found, list) else []


def _hash_of(transaction: Any) -> Any:
    return transaction.get("hash") if isinstance(transaction, dict) else transaction


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    """Single receipts as a block's: its error is the first of theirs."""
    error = next((one.error for one in outcomes if one.error), None)
    results = [one.result for one in outcomes]
    return outcomes[-1]._replace(result=results, error=error)
