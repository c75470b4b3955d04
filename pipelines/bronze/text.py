"""Text as Postgres can hold it: no NUL, and no half of a surrogate pair."""

import re

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """The text, with what can not be stored replaced."""
    return UNSTORABLE.sub(REPLACEMENT, text)


def is_storable(text: str) -> bool:
    """Whether the text can be stored as it is."""
    return UNSTORABLE.search(text) is None
