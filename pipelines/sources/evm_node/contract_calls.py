"""Calls of contracts at an endpoint's newest block, and what they come to as rows."""

from collections.abc import Sequence

from pipelines.sources.evm_node.answers import NotYetError
from pipelines.sources.evm_node.bronze_rows import Provenance
from pipelines.sources.evm_node.fields import data
from pipelines.sources.evm_node.heads import header_of, observe
from pipelines.sources.evm_node.node_client import NodeClient
from pipelines.sources.evm_node.rpc_request import Call, Outcome
from pipelines.sources.evm_node.tables import ContractRead, Head
from pipelines.sources.evm_node.unread_contracts import INPUTS, Unread
from pipelines.upstream.request_log import RequestLog

CALL = "eth_call"
LONGEST = 16_384  # bytes of an answer: a name of more is nobody's
EMPTY = "empty answer"

Answered = tuple[ContractRead, Provenance]


def asked(
    client: NodeClient, calls: Sequence[Unread], log: RequestLog
) -> tuple[list[Answered], list[str]]:
    """What an endpoint answers, and why it did not answer others.

    A contract that is newer than its newest block is not asked.

    Raises:
        NotYetError: the block gave way meanwhile.
        UpstreamError: it does not answer.
    """
    head = observe(client, log).latest
    if head is None:
        raise NotYetError(f"{client.endpoint.origin} tells no newest block")
    at = hex(head.block_number)
    there = [one for one in calls if one.block_number <= head.block_number]
    sent = [Call(CALL, [_transaction(one), at]) for one in there]
    outcomes = client.ask(sent, log) if sent else []
    if header_of(client, at, log).block_hash != head.block_hash:
        raise NotYetError(f"block {head.block_number} gave way while it was read")
    answered, reasons = [], []
    for one, outcome in zip(there, outcomes, strict=True):
        try:
            read = _read(head, one, outcome)
        except ValueError as error:
            reasons.append(f"{client.endpoint.origin}: {error}")
        else:
            of = (client.endpoint.name, client.endpoint.origin, outcome.request_id)
            answered.append((read, Provenance(outcome.received_at, *of)))
    return answered, reasons


def _transaction(one: Unread) -> dict[str, str]:
    return {"to": f"0x{one.address.hex()}", "data": f"0x{INPUTS[one.call].hex()}"}


def _read(head: Head, one: Unread, outcome: Outcome) -> ContractRead:
    """The row of an answer: a result, or what the contract refused it with.

    Raises:
        ValueError: the endpoint did not answer the call.
    """
    result: bytes | None = None
    reason: str | None = None
    if outcome.error is None:
        found = data({"the result": outcome.result}, "the result")
        if len(found) > LONGEST:
            reason = f"an answer of {len(found):,} bytes"
        else:
            result, reason = found, None if found else EMPTY
    elif outcome.error.meaning == "reverted":
        reason = outcome.error.message
    else:
        raise ValueError(str(outcome.error))
    at = (head.chain_id, head.block_number, head.block_hash)
    return ContractRead(*at, one.address, one.call, INPUTS[one.call], result, reason)
