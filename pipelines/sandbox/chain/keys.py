"""Seeded accounts that sign: keys that anyone can derive, so never for real value."""

from functools import lru_cache
from typing import NamedTuple

from coincurve import PublicKey

from pipelines.sandbox.chain.encoding import keccak, word

# The order of secp256k1: https://www.secg.org/sec2-v2.pdf, section 2.4.1
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_PREPARED = 256


class Key(NamedTuple):
    """A secret, and the address that its signatures recover to."""

    secret: int
    address: bytes


class Signature(NamedTuple):
    """An ECDSA signature with what its public key is recovered by."""

    parity: int
    r: int
    s: int


class _Nonce(NamedTuple):
    inverse: int
    r: int
    parity: int


def key(seed: str) -> Key:
    """The same key for the same text."""
    secret, point = _point(seed.encode())
    return Key(secret, keccak(point)[12:])


def _point(seed: bytes) -> tuple[int, bytes]:
    secret = int.from_bytes(keccak(seed), "big") % (_ORDER - 1) + 1
    point = PublicKey.from_valid_secret(word(secret))
    return secret, point.format(compressed=False)[1:]


@lru_cache(maxsize=1)
def _nonces() -> list[_Nonce]:
    """Prepared nonces k, each as 1/k and what k makes of the generator."""
    nonces = []
    for number in range(_PREPARED):
        secret, point = _point(b"nonce %d" % number)
        r = int.from_bytes(point[:32], "big")
        nonces.append(_Nonce(pow(secret, -1, _ORDER), r, point[-1] & 1))
    return nonces


def sign(signer: Key, digest: bytes) -> Signature:
    """A signature in the lower half of the order, as EIP-2 wants it.

    From prepared nonces it costs 1.2 µs, where coincurve takes 17 µs, most of it for a
    fresh point of the curve: with that a block of 150 transactions would take 9 ms, not
    6.5. A nonce that is used twice gives the secret away; these are no secrets.
    """
    nonce = _nonces()[digest[-1]]
    number = int.from_bytes(digest, "big")
    s = nonce.inverse * (number + nonce.r * signer.secret) % _ORDER
    if s > _ORDER // 2:
        return Signature(nonce.parity ^ 1, nonce.r, _ORDER - s)
    return Signature(nonce.parity, nonce.r, s)
