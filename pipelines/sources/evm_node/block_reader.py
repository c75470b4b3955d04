"""Whole blocks from one endpoint."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pipelines.errors import BadDataError, BullionError, UpstreamError
from pipelines.sources.evm_node import answers
from pipelines.sources.evm_node.answers import NotYetError
from pipelines.sources.evm_node.bronze_rows import Provenance, Reading
from pipelines.sources.evm_node.fields import json_text
from pipelines.sources.evm_node.node_client import NodeClient
from pipelines.sources.evm_node.receipt_reader import ReceiptReader, transactions_of
from pipelines.sources.evm_node.rpc_errors import Meaning
from pipelines.sources.evm_node.rpc_request import Call, Outcome
from pipelines.upstream.request_log import RequestLog

BLOCK = "eth_getBlockByNumber"
RAW = 100_000  # characters of what was refused
# the node may have it later
LATER: frozenset[Meaning] = frozenset({"not_yet", "reorganised"})


class BlockAnswer(NamedTuple):
    """What an endpoint answered of a block's number.

    Attributes:
        reading: without receipts where they were not to be had.
        error: why the block is not whole.
        refused: what was answered and can not be right, as JSON.
    """

    number: int
    reading: Reading | None = None
    error: BullionError | None = None
    refused: str | None = None
    sent: Provenance | None = None


class BlockReader:
    """Reads blocks of a chain from an endpoint. Threads may share it."""

    def __init__(self, client: NodeClient) -> None:
        self.client = client
        self._chain_id = client.endpoint.chain.chain_id
        self._receipts = ReceiptReader(client)

    @property
    def size(self) -> int:
        """How many blocks are read at once now."""
        return min(self.client.size(BLOCK), self._receipts.size)

    def read(self, numbers: Sequence[int], log: RequestLog) -> list[BlockAnswer]:
        """What the endpoint has of the blocks now.

        Raises:
            UpstreamError: it did not answer.
        """
        calls = [Call(BLOCK, [hex(number), True]) for number in numbers]
        found = dict(zip(numbers, self.client.ask(calls, log), strict=True))
        with_transactions = {
            number: outcome.result
            for number, outcome in found.items()
            if transactions_of(outcome.result) and _is_named(outcome.result)
        }
        receipts = self._receipts.read(with_transactions, log)
        return [
            self._answer(number, outcome, receipts.get(number))
            for number, outcome in found.items()
        ]

    def _answer(
        self, number: int, block: Outcome, receipts: Outcome | None
    ) -> BlockAnswer:
        sent = self._provenance(block)
        told = receipts or Outcome()
        try:
            whole = answers.whole_block(
                self._chain_id,
                self._result(number, block),
                self._result(number, told),
            )
            _check_number(number, whole.header.block_number)
        except BadDataError as error:
            return self._refused(number, error, [block.result, told.result], sent)
        except UpstreamError as error:
            return self._alone(number, block, sent, error)
        of_receipts = self._provenance(receipts) if receipts else None
        return BlockAnswer(number, Reading(whole, sent, of_receipts), sent=sent)

    def _alone(
        self, number: int, block: Outcome, sent: Provenance, error: UpstreamError
    ) -> BlockAnswer:
        """The block without its receipts, if it is there."""
        if block.result is None:
            return BlockAnswer(number, error=error, sent=sent)
        try:
            alone = answers.block_without_receipts(self._chain_id, block.result)
            _check_number(number, alone.header.block_number)
        except BadDataError as refusal:
            return self._refused(number, refusal, block.result, sent)
        except NotYetError as missing:
            return BlockAnswer(number, error=missing, sent=sent)
        return BlockAnswer(number, Reading(alone, sent), error, sent=sent)

    def _refused(
        self, number: int, error: BadDataError, said: Any, sent: Provenance
    ) -> BlockAnswer:
        """What can not be right; a provider may have put its address in there."""
        redacted = self.client.redacted
        reason, raw = redacted(str(error)), redacted(json_text(said)[:RAW])
        return BlockAnswer(number, None, BadDataError(reason), raw, sent)

    def _result(self, number: int, outcome: Outcome) -> Any:
        error = outcome.error
        if error is None:
            return outcome.result
        if error.meaning == "pruned":
            self.client.pruned_until = max(self.client.pruned_until, number + 1)
        text = f"block {number} of {self.client.endpoint.origin}: {error}"
        raise (NotYetError if error.meaning in LATER else UpstreamError)(text)

    def _provenance(self, outcome: Outcome) -> Provenance:
        endpoint = self.client.endpoint
        return Provenance(
            outcome.received_at or self.client.clock.now().isoformat(),
            endpoint.name,
            endpoint.origin,
            outcome.request_id,
        )


def _check_number(asked: int, number: int) -> None:
    if number != asked:
        raise BadDataError(f"block {number} was answered for block {asked}")


def _is_named(block: Any) -> bool:
    """Whether it says what it is asked for by; else it is refused as it is read."""
    return all(isinstance(block.get(name), str) for name in ("hash", "number"))
