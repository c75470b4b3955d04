"""SimHash of a text: 64 bits, of which few differ where few words do.

Charikar, Similarity Estimation Techniques from Rounding Algorithms (2002); words count
as often as they stand there.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

BITS = 64
BANDS = 4  # of two hashes that differ in fewer bits, one band is equal
BAND_BITS = BITS // BANDS
MOST_WORDS = 20_000  # of a text: a lane counts to 32,767

# 64 counters of 16 bits in one integer: words are added up in one step
LANE = 16
ONES = sum(1 << (LANE * place) for place in range(BITS))
TOPS = ONES << (LANE - 1)
AS_DIGITS = bytes.maketrans(b"\x00\x80", b"01")


def simhash(lowered: Sequence[str]) -> int:
    """The hash of a text's words, in lower case."""
    words = lowered[:MOST_WORDS]
    total = sum(map(_lanes, words))
    # a lane reaches its top bit where more than half of the words have the bit
    tops = (total + ONES * ((1 << (LANE - 1)) - len(words) // 2 - 1)) & TOPS
    return int(tops.to_bytes(BITS * LANE // 8)[::2].translate(AS_DIGITS), 2)


def distance(one: int, other: int) -> int:
    """How many bits differ."""
    return (one ^ other).bit_count()


def bands(value: int) -> tuple[int, ...]:
    """The hash in parts, the highest first."""
    return tuple(
        value >> (BAND_BITS * place) & ((1 << BAND_BITS) - 1)
        for place in reversed(range(BANDS))
    )


def joined(parts: Sequence[int]) -> int:
    """The hash of these bands."""
    value = 0
    for part in parts:
        value = value << BAND_BITS | part
    return value


@lru_cache(maxsize=65_536)
def _lanes(word: str) -> int:
    """A word's hash, each of its bits a counter of 0 or 1."""
    value = int.from_bytes(blake2b(word.encode(), digest_size=BITS // 8).digest())
    # four hexadecimal digits a lane
    return int(f"{value:064b}".replace("0", "0000").replace("1", "0001"), 16)
