"""Reading a call's parameters, and geth's complaints about them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.sandbox.chain.refusals import PARAMETERS, RpcError

HASH_BYTES, ADDRESS_BYTES = 32, 20
_QUANTITY = re.compile(r"0x(0|[1-9a-fA-F][0-9a-fA-F]{0,15})")
_DATA = re.compile(r"0x([0-9a-fA-F]{2})*")


def parameter(parameters: Sequence[Any], place: int) -> Any:
    """The parameter of a place, which has to be there."""
    if place >= len(parameters) or parameters[place] is None:
        raise _refused(f"missing value for required argument {place}")
    return parameters[place]


def record(parameters: Sequence[Any], place: int) -> dict[str, Any]:
    """The object of a place."""
    said = parameter(parameters, place)
    if not isinstance(said, dict):
        raise invalid(place, "expected an object")
    return said


def several(said: object) -> list[Any]:
    """What may be one or a list of them; none of null."""
    if said is None or isinstance(said, list):
        return said or []
    return [said]


def is_hash(said: object) -> bool:
    """Whether it has the form of a hash."""
    return isinstance(said, str) and len(said) == 2 + 2 * HASH_BYTES


def hexadecimal(said: object, size: int | None = None, place: int = 0) -> bytes:
    """Bytes in hexadecimal, of a size where one is wanted."""
    if not isinstance(said, str) or not said.startswith("0x"):
        raise invalid(place, "hex string without 0x prefix")
    if not _DATA.fullmatch(said):
        raise invalid(place, "invalid hex string")
    value = bytes.fromhex(said[2:])
    if size is not None and len(value) != size:
        raise invalid(place, f"hex string has length {len(said) - 2}, want {2 * size}")
    return value


def block_number(tags: Mapping[str, int], said: object, place: int = 0) -> int | None:
    """The number of a block that is given by it or by a tag; None of a pending one."""
    if said == "pending":
        return None
    if isinstance(said, str) and said in tags:
        return tags[said]
    if not isinstance(said, str) or not said.startswith("0x"):
        raise invalid(place, "hex string without 0x prefix")
    if not _QUANTITY.fullmatch(said):
        raise invalid(place, "invalid hex string")
    return int(said, 16)


def invalid(place: int, what: str) -> RpcError:
    """A parameter that is of no use."""
    return _refused(f"invalid argument {place}: {what}")


def _refused(message: str) -> RpcError:
    return RpcError(PARAMETERS, message)
