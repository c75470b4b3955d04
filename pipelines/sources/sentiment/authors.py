"""Authors as keyed hashes: the same author is known again, and nobody's name is kept.

A new key begins new authors: the key's id stands beside each hash.
"""

import hmac
import os
from hashlib import sha256
from secrets import token_hex

from pipelines.settings import settings


class Authors:
    """Hashes names with one key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self.key_id = sha256(b"id of " + self._key).hexdigest()[:8]

    def hashed(self, name: str) -> str:
        """HMAC-SHA256 of the name, as hex."""
        return hmac.new(self._key, name.encode("utf-8", "replace"), sha256).hexdigest()


def authors() -> Authors:
    """By the key of `BULLION_AUTHOR_KEY`, else by one that is made once and kept."""
    key = settings().author_key
    return Authors(key.get_secret_value() if key else _kept())


def _kept() -> str:
    path = settings().folder("sentiment") / "author_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("utf-8")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(token_hex(32))
    return path.read_text("utf-8")
