"""The words of a text form, cut once for everything that looks at words."""

import re
from typing import NamedTuple

# `$BTC` and `@link` are words of their own; `BTC/USDT` is two
WORD = re.compile(r"[$@]?\w+")


class Words(NamedTuple):
    """The words in order, as written and in lower case."""

    written: list[str]
    lowered: list[str]


def words_of(text: str) -> Words:
    """The words of a text form."""
    written = WORD.findall(text)
    return Words(written, [word.lower() for word in written])
