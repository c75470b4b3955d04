"""eth_getLogs: which blocks, which logs of them, and what is too much."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.sandbox.chain.blocks import Block
from pipelines.sandbox.chain.encoding import text
from pipelines.sandbox.chain.parameters import (
    ADDRESS_BYTES,
    HASH_BYTES,
    block_number,
    hexadecimal,
    invalid,
    record,
    several,
)
from pipelines.sandbox.chain.refusals import (
    PARAMETERS,
    SERVER,
    RpcError,
    logs_refusal,
)
from pipelines.sandbox.chain.shapes import Shape
from pipelines.sandbox.chain.view import View
from pipelines.sandbox.fault_kinds import LOG_KINDS
from pipelines.sandbox.faults import Fault

_MOST_TOPICS = 4


@dataclass(frozen=True)
class _Wanted:
    """Addresses, and what each topic may be; None: anything."""

    addresses: Collection[str] | None
    topics: Sequence[Collection[str] | None]

    def has(self, log: Shape) -> bool:
        """Whether a log is of those; it has at least the topics that are named."""
        if self.addresses is not None and log["address"] not in self.addresses:
            return False
        topics = log["topics"]
        return len(topics) >= len(self.topics) and all(
            wanted is None or topic in wanted
            for wanted, topic in zip(self.topics, topics, strict=False)
        )


def get_logs(view: View, parameters: Sequence[Any]) -> list[Shape]:
    """The logs of a filter, in the order of the chain."""
    said = record(parameters, 0)
    wanted = _Wanted(_addresses(said.get("address")), _topics(said.get("topics")))
    if "blockHash" in said:
        return list(_matching(view, wanted, [_hashed(view, said)]))
    first, last = _range(view, said)
    blocks = (view.numbered(number) for number in range(first, last + 1))
    found = list(_matching(view, wanted, (one for one in blocks if one)))
    sizes = {"infura": len(found), "alchemy": len(found)}

    def is_due(fault: Fault) -> bool:
        return sizes.get(fault.form, last - first + 1) > fault.most

    for fault in view.faults(("range_limit",), is_due=is_due):
        raise logs_refusal(fault, first, last)
    return found


def _matching(
    view: View, wanted: _Wanted, blocks: Iterator[Block] | list[Block]
) -> Iterator[Shape]:
    for block in blocks:
        for receipt in view.receipts(block, LOG_KINDS) or ():
            yield from (log for log in receipt["logs"] if wanted.has(log))


def _hashed(view: View, said: dict[str, Any]) -> Block:
    if "fromBlock" in said or "toBlock" in said:
        raise invalid(
            0,
            "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the "
            "other",
        )
    block = view.hashed(hexadecimal(said["blockHash"], HASH_BYTES))
    if block is None:
        raise RpcError(SERVER, "unknown block")
    return block


def _range(view: View, said: dict[str, Any]) -> tuple[int, int]:
    tags = view.tags
    head = tags["latest"]
    bounds = (said.get(name) or "latest" for name in ("fromBlock", "toBlock"))
    first, last = (block_number(tags, bound) for bound in bounds)
    first, last = head if first is None else first, head if last is None else last
    if first > last:
        raise RpcError(PARAMETERS, "invalid block range params")
    if last > head:
        raise RpcError(PARAMETERS, "block range extends beyond current head block")
    return first, last


def _addresses(said: object) -> Collection[str] | None:
    return _texts(said, ADDRESS_BYTES) or None


def _topics(said: object) -> list[Collection[str] | None]:
    topics = several(said)
    if len(topics) > _MOST_TOPICS:
        raise RpcError(PARAMETERS, "exceed max topics")
    return [_texts(one, HASH_BYTES) or None for one in topics]


def _texts(said: object, size: int) -> set[str]:
    return {text(hexadecimal(one, size)) for one in several(said)}
