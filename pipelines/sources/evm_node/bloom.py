"""The bloom filter of logs, as a number of 2,048 bits.

Definition: the yellow paper, 4.4.1, https://ethereum.github.io/yellowpaper/paper.pdf.
"""

from collections.abc import Iterable
from functools import lru_cache

from pipelines.sources.evm_node.keccak import keccak
from pipelines.sources.evm_node.tables import Log

BYTES = 256
BITS = 8 * BYTES - 1  # of a digest's pair, those that name a bit


def bloom(logs: Iterable[Log]) -> int:
    """The union over the addresses and topics of these logs."""
    union = 0
    for log in logs:
        union |= _bits(log.address)
        for topic in (log.topic0, log.topic1, log.topic2, log.topic3):
            if topic is None:
                break
            union |= _bits(topic)
    return union


def as_bytes(bits: int) -> bytes:
    """A bloom as headers and receipts have it."""
    return bits.to_bytes(BYTES, "big")


@lru_cache(maxsize=16_384)  # 10 MB; a block's addresses and signatures repeat
def _bits(value: bytes) -> int:
    digest = keccak(value)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2], "big") & BITS)
    return bits
