"""What hashes are made of: keccak-256, RLP, and the hexadecimal forms of JSON-RPC.

RLP: https://ethereum.org/developers/docs/data-structures-and-encoding/rlp
"""

from collections.abc import Iterable

from sha3 import keccak_256  # type: ignore[import-untyped,unused-ignore]

WORD = 32
_SHORT = 56
_SINGLE = 0x80
_TEXT = [bytes([0x80 + size]) for size in range(_SHORT)]
_LIST = [bytes([0xC0 + size]) for size in range(_SHORT)]
EMPTY = _TEXT[0]


def keccak(data: bytes) -> bytes:
    """The 32 bytes of the hash that Ethereum calls keccak-256."""
    digest: bytes = keccak_256(data).digest()
    return digest


def rlp_bytes(value: bytes) -> bytes:
    """A byte string as RLP."""
    size = len(value)
    if size == 1 and value[0] < _SINGLE:
        return value
    if size < _SHORT:
        return _TEXT[size] + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0xB7 + len(length)]) + length + value


def rlp_int(value: int) -> bytes:
    """A whole number as RLP: big-endian, without leading zeros; 0 is empty."""
    if not value:
        return EMPTY
    return rlp_bytes(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def rlp_list(items: Iterable[bytes]) -> bytes:
    """A list of what is RLP already."""
    body = b"".join(items)
    size = len(body)
    if size < _SHORT:
        return _LIST[size] + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0xF7 + len(length)]) + length + body


def word(value: int) -> bytes:
    """A whole number as the ABI writes it, in 32 bytes."""
    return value.to_bytes(WORD, "big")


def padded(value: bytes) -> bytes:
    """An address, or what else is short, in the low bytes of a word."""
    return value.rjust(WORD, b"\0")


def text(value: bytes) -> str:
    """Bytes as JSON-RPC writes them."""
    return "0x" + value.hex()


quantity = hex
"""A whole number as JSON-RPC writes it."""
