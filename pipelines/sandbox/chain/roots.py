"""The root over an ordered list, and logs' blooms, from what they are made of.

A list's trie has the keys rlp(0), rlp(1) … : none is a prefix of another, so that no
branch has a value of its own, and the root is built from the leaves at once.
Yellow Paper, appendix D (trie) and section 4.4.1 (bloom).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from pipelines.sandbox.chain.encoding import (
    EMPTY,
    WORD,
    keccak,
    rlp_bytes,
    rlp_int,
    rlp_list,
)

EMPTY_ROOT = keccak(EMPTY)
BLOOM_BYTES = 256
_Leaf = tuple[str, bytes]


def ordered_root(values: Sequence[bytes]) -> bytes:
    """The root of the trie that holds each value under its place in the list."""
    if not values:
        return EMPTY_ROOT
    leaves = [(key, values[place]) for key, place in _keys(len(values))]
    return keccak(_node(leaves, 0))


@lru_cache(maxsize=1024)
def _keys(count: int) -> list[tuple[str, int]]:
    """Keys in hexadecimal digits, ascending, and the place each stands for."""
    return sorted((rlp_int(place).hex(), place) for place in range(count))


def _node(leaves: list[_Leaf], depth: int) -> bytes:
    """The node over leaves whose keys are the same in their first `depth` digits."""
    first, value = leaves[0]
    if len(leaves) == 1:
        return rlp_list((_path(first[depth:], 0x20), rlp_bytes(value)))
    last, end = leaves[-1][0], depth
    while first[end] == last[end]:
        end += 1
    branch = _branch(leaves, end)
    if end == depth:
        return branch
    return rlp_list((_path(first[depth:end], 0), _reference(branch)))


def _branch(leaves: list[_Leaf], depth: int) -> bytes:
    below: list[list[_Leaf]] = [[] for _ in range(16)]
    for leaf in leaves:
        below[int(leaf[0][depth], 16)].append(leaf)
    parts = [_reference(_node(one, depth + 1)) if one else EMPTY for one in below]
    return rlp_list((*parts, EMPTY))


def _reference(node: bytes) -> bytes:
    """A node inside another one: itself where it is short, else its hash."""
    return node if len(node) < WORD else rlp_bytes(keccak(node))


def _path(digits: str, kind: int) -> bytes:
    """Digits in bytes, behind a flag for a leaf and one for an odd number of them."""
    odd = len(digits) % 2
    flag = f"{(kind >> 4) + odd:x}" + ("" if odd else "0")
    return rlp_bytes(bytes.fromhex(flag + digits))


@lru_cache(maxsize=8192)
def _bits(value: bytes) -> int:
    digest = keccak(value)
    mask = 0
    for place in (0, 2, 4):
        mask |= 1 << (int.from_bytes(digest[place : place + 2], "big") & 0x7FF)
    return mask


def bloom_of(values: Iterable[bytes]) -> int:
    """The bloom over addresses and topics, as a number of 2048 bits."""
    mask = 0
    for value in values:
        mask |= _bits(value)
    return mask
