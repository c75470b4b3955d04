"""How large an answer may be, and how long it may take: the same for every upstream.

Each is several times what was seen of a venue's largest answer, the listing of Binance:
some 15 MB, 700,000 values in 7 levels. Look again when one comes near.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """What an answer of text is held to.

    Attributes:
        bytes_count: after decompression.
        seconds: from the request to the last byte, at least as long as a request may
            be silent.
        depth: of lists and mappings in each other, or of elements.
        values: of a document; a value costs some 100 bytes once it is read.
        rows: of a page or a listing.
        pages: of a listing that goes on.
    """

    bytes_count: int = 64 << 20
    seconds: float = 60
    depth: int = 32
    values: int = 3_000_000
    rows: int = 100_000
    pages: int = 1_000


BOUNDS = Bounds()
LONGEST_NUMBER = 400  # characters: a 256-bit integer has 78 digits
