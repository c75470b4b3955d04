"""The root of the trie over an ordered list: of transactions, receipts, withdrawals.

Keys are the encoded positions. All are known at the start, so nothing is inserted: each
node is made once, from the leaves up, over the sorted keys. Definition:
https://ethereum.org/developers/docs/data-structures-and-encoding/patricia-merkle-trie.
"""

from collections.abc import Sequence
from functools import lru_cache

from pipelines.sources.evm_node.keccak import keccak
from pipelines.sources.evm_node.rlp_encoding import EMPTY, of_bytes, of_int, of_list

Keys = Sequence[tuple[str, int]]  # a key in hexadecimal digits, and its position

EMPTY_ROOT = keccak(EMPTY)
HASHED_FROM = 32  # bytes: a shorter node stands in its parent as it is
REFERENCE = b"\xa0"  # the prefix of a string of 32 bytes


def ordered_root(values: Sequence[bytes]) -> bytes:
    """The root hash over these values."""
    if not values:
        return EMPTY_ROOT
    return keccak(_node(_keys(len(values)), values, 0))


@lru_cache(maxsize=256)
def _keys(count: int) -> Keys:
    return sorted((of_int(position).hex(), position) for position in range(count))


def _node(keys: Keys, values: Sequence[bytes], depth: int) -> bytes:
    """The node over `keys`, which agree in their first `depth` digits."""
    first, position = keys[0]
    if len(keys) == 1:
        path = _compact(first[depth:], is_leaf=True)
        return of_list((path, of_bytes(values[position])))
    last = keys[-1][0]
    shared = depth
    while first[shared] == last[shared]:
        shared += 1
    if shared > depth:
        path = _compact(first[depth:shared], is_leaf=False)
        return of_list((path, _reference(keys, values, shared)))
    return _branch(keys, values, depth)


def _branch(keys: Keys, values: Sequence[bytes], depth: int) -> bytes:
    """The node where `keys` part; none of them ends here, for none begins another."""
    children = [EMPTY] * 17
    start = 0
    while start < len(keys):
        digit = keys[start][0][depth]
        end = start + 1
        while end < len(keys) and keys[end][0][depth] == digit:
            end += 1
        children[int(digit, 16)] = _reference(keys[start:end], values, depth + 1)
        start = end
    return of_list(children)


def _reference(keys: Keys, values: Sequence[bytes], depth: int) -> bytes:
    node = _node(keys, values, depth)
    return node if len(node) < HASHED_FROM else REFERENCE + keccak(node)


def _compact(digits: str, *, is_leaf: bool) -> bytes:
    """A path of digits in whole bytes; the first digit says what kind it is."""
    kind = 2 * is_leaf + len(digits) % 2
    return of_bytes(bytes.fromhex(f"{kind}{'' if kind % 2 else 0}{digits}"))
