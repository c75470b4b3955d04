"""Receipts of blocks from one endpoint: by block hash, or however it has them.

Asked by hash, a reorganisation between the block and its receipts gives no receipts; by
number or singly it may give those of another block, which their hashes tell.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.errors import UpstreamError
from pipelines.sources.evm_node.node_client import FEW, NodeClient
from pipelines.sources.evm_node.rpc_request import Call, Outcome
from pipelines.upstream.request_log import RequestLog

OF_BLOCK = "eth_getBlockReceipts"
SINGLE = "eth_getTransactionReceipt"
WAYS = ("hash", "number", "single")


class ReceiptReader:
    """Reads receipts from an endpoint. Threads may share it."""

    def __init__(self, client: NodeClient) -> None:
        self._client = client

    @property
    def size(self) -> int:
        """How many calls of a request there are now."""
        return self._client.size(SINGLE if self._lacks("number") else OF_BLOCK)

    def read(self, blocks: Mapping[int, Any], log: RequestLog) -> dict[int, Outcome]:
        """The receipts of each block, by the first way that the endpoint has.

        What it never answered is avoided once another way is. What it lacks is learnt,
        so that it is asked for once; where no other way is left it is asked for all the
        same, for an endpoint may have moved.

        Raises:
            UpstreamError: it did not answer.
        """
        found: dict[int, Outcome] = {}
        failure: UpstreamError | None = None
        lacking = {way for way in WAYS if self._lacks(way)}
        ways = sorted(WAYS, key=lambda way: way in lacking)
        while left := {n: blocks[n] for n in blocks if _is_open(found.get(n))}:
            if not ways:
                break
            way = ways.pop(0)
            if way not in lacking and self._lacks(way):
                continue  # another way has told so
            try:
                outcomes = self._by(way, left, log)
            except UpstreamError as error:
                failure = failure or error
                ways.reverse()  # the way that is most unlike it
                continue
            is_had = not all(map(_is_refused, outcomes.values()))
            if failure and is_had and not self._client.has_answered(OF_BLOCK):
                self._client.avoid("block_receipts")
            self._learn(way, list(outcomes.values()), was_lacking=way in lacking)
            nulls = {n for n, one in found.items() if _is_null(one)}
            found |= {n: o for n, o in outcomes.items() if not (n in nulls and o.error)}
        if failure is not None and len(found) < len(blocks):
            raise failure
        return found

    def _lacks(self, way: str) -> bool:
        of_way = {"hash": {"block_receipts", "receipts_by_hash"}}
        of_way["number"] = {"block_receipts"}
        return bool(of_way.get(way, set()) & self._client.lacks)

    def _by(
        self, way: str, blocks: Mapping[int, Any], log: RequestLog
    ) -> dict[int, Outcome]:
        if way == "single":
            return self._single(blocks, log)
        calls = [Call(OF_BLOCK, [block[way]]) for block in blocks.values()]
        outcomes = self._client.ask(calls, log, most=FEW)
        errors = [one.error for one in outcomes if one.error]
        is_had = len(errors) < len(calls) or self._client.has_answered(OF_BLOCK)
        if not is_had and {error.meaning for error in errors} == {"failed"}:
            # some say so that they do not know the method
            origin = self._client.endpoint.origin
            raise UpstreamError(f"{OF_BLOCK} of {origin}: {errors[0]}")
        return dict(zip(blocks, outcomes, strict=True))

    def _learn(
        self, way: str, outcomes: Sequence[Outcome], *, was_lacking: bool
    ) -> None:
        """Note that the endpoint lacks this way, or that it does not any more."""
        error = next((o.error for o in outcomes if _is_refused(o)), None)
        if error is None and was_lacking:
            self._client.forget("block_receipts")
            if way == "hash":
                self._client.forget("receipts_by_hash")
        elif error is None or way == "single":
            return
        elif way == "hash" and error.meaning == "parameters":
            self._client.learn("receipts_by_hash", str(error))
        else:
            self._client.learn("block_receipts", str(error))

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


def _is_refused(outcome: Outcome | None) -> bool:
    """Whether another way may have it; None: none was tried."""
    if outcome is None:
        return True
    error = outcome.error
    return error is not None and error.meaning in {"method_absent", "parameters"}


def _is_open(outcome: Outcome | None) -> bool:
    """Whether another way may have it."""
    return outcome is None or _is_refused(outcome) or _is_null(outcome)


def _is_null(outcome: Outcome) -> bool:
    """Whether null was answered, as some do to a method that they do not know."""
    return outcome.result is None and outcome.error is None


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
