"""Blocks and receipts with one thing wrong, in the shape in which they are shown.

What is struck is chosen by the block's hash: the same log for every method and every
time that the block is asked for.
"""

from collections.abc import Callable, Sequence
from typing import Any

from pipelines.sandbox.chain.blocks import Block
from pipelines.sandbox.chain.encoding import quantity
from pipelines.sandbox.chain.shapes import Shape
from pipelines.sandbox.chain.transactions import Log
from pipelines.sandbox.fault_kinds import LOG_KINDS
from pipelines.sandbox.faults import Fault

_SAID = ("address", "topics", "data")


def strikes(fault: Fault, block: Block) -> bool:
    """Whether there is anything in the block for the fault to strike."""
    if fault.kind in LOG_KINDS:
        return bool(_places(fault, block))
    if fault.kind == "block_altered" and fault.form == "input":
        return any(one.draft.data for one in block.transactions)
    return bool(block.receipts) or fault.kind == "block_altered"


def receipts(fault: Fault, block: Block, shapes: list[Shape]) -> list[Shape] | None:
    """A block's receipts as a fault leaves them; None: there are none to be had."""
    if fault.kind == "receipts_missing":
        return {"null": None, "empty": [], "few": shapes[:-1]}[fault.form]
    if fault.kind == "receipt_altered":
        struck = shapes[block.hash[0] % len(shapes)]
        struck["status"] = quantity(1 - int(struck["status"], 16))
        return shapes
    places = _places(fault, block)
    place = places[int.from_bytes(block.hash[:4], "big") % len(places)]
    for shape in shapes:
        shape["logs"] = _CHANGES[fault.kind](fault.form, shape["logs"], place)
    return shapes


def block_shape(fault: Fault, block: Block, shape: Shape) -> Shape:
    """A block, with its transactions, as a fault leaves it."""
    if fault.form == "header":
        shape["stateRoot"] = _flipped(shape["stateRoot"])
        return shape
    called = [n for n, one in enumerate(block.transactions) if one.draft.data]
    struck = shape["transactions"][called[block.hash[0] % len(called)]]
    struck["input"] = _flipped(struck["input"])
    return shape


def _places(fault: Fault, block: Block) -> list[int]:
    """The indices of the logs that a fault may strike."""
    return [
        receipt.first_log_index + place
        for receipt in block.receipts
        for place in range(len(receipt.logs))
        if _may_strike(fault, receipt.logs, place)
    ]


def _may_strike(fault: Fault, logs: Sequence[Log], place: int) -> bool:
    if fault.kind == "log_swapped":
        return place + 1 < len(logs) and logs[place] != logs[place + 1]
    if fault.kind == "log_altered":
        return bool(getattr(logs[place], _ALTERED[fault.form]))
    return True


def _omitted(form: str, logs: list[Shape], place: int) -> list[Shape]:
    left = [one for one in logs if int(one["logIndex"], 16) != place]
    for one in left if form == "renumbered" else ():
        index = int(one["logIndex"], 16)
        one["logIndex"] = quantity(index - (index > place))
    return left


def _swapped(_: str, logs: list[Shape], place: int) -> list[Shape]:
    """The two keep their numbers, so that only the order of what is said is wrong."""
    for number, one in enumerate(logs):
        if int(one["logIndex"], 16) == place:
            other = logs[number + 1]
            for name in _SAID:
                one[name], other[name] = other[name], one[name]
    return logs


def _altered(form: str, logs: list[Shape], place: int) -> list[Shape]:
    for one in logs:
        if int(one["logIndex"], 16) == place:
            if form == "topic":
                one["topics"][-1] = _flipped(one["topics"][-1])
            else:
                one["data"] = _flipped(one["data"])
    return logs


_ALTERED = {"data": "data", "topic": "topics"}
_CHANGES: dict[str, Callable[[str, list[Shape], int], list[Shape]]] = {
    "log_omitted": _omitted,
    "log_swapped": _swapped,
    "log_altered": _altered,
}


def _flipped(said: Any) -> str:
    """Hexadecimal text with another last digit."""
    return f"{said[:-1]}{int(said[-1], 16) ^ 1:x}"
