"""What hashes of an EVM chain are of, written apart from the code that is tested.

It stands on the package `rlp`, and on a trie that is made from the top down.
"""

from collections.abc import Sequence
from typing import Any

import rlp
from sha3 import keccak_256


def keccak(value: bytes) -> bytes:
    return bytes(keccak_256(value).digest())


def root(values: Sequence[bytes]) -> bytes:
    """The root of the trie over an ordered list."""
    paths = {rlp.encode(i).hex(): value for i, value in enumerate(values)}
    return keccak(rlp.encode(_node(paths)))


def bloom(values: Sequence[bytes]) -> bytes:
    """The filter over addresses and topics."""
    bits = bytearray(256)
    for digest in map(keccak, values):
        for at in (0, 2, 4):
            bit = (digest[at] * 256 + digest[at + 1]) % 2048
            bits[255 - bit // 8] |= 1 << bit % 8
    return bytes(bits)


def _node(paths: dict[str, bytes]) -> Any:
    if not paths:
        return b""
    first = min(paths)
    if len(paths) == 1:
        return [_path(first, 2), paths[first]]
    if all(path[0] == first[0] for path in paths):
        size = max(n for n in range(9) if all(p[:n] == first[:n] for p in paths))
        rest = {path[size:]: value for path, value in paths.items()}
        return [_path(first[:size], 0), _stored(_node(rest))]
    parts: list[dict[str, bytes]] = [{} for _ in range(16)]
    for path, value in paths.items():
        parts[int(path[0], 16)][path[1:]] = value
    return [*(_stored(_node(part)) if part else b"" for part in parts), b""]


def _stored(node: Any) -> Any:
    encoded = rlp.encode(node)
    return node if len(encoded) < 32 else keccak(encoded)


def _path(digits: str, kind: int) -> bytes:
    odd = len(digits) % 2
    return bytes.fromhex(f"{kind + odd}{'' if odd else '0'}{digits}")
