"""Authors as keyed hashes: the same author is known again, and nobody's name is kept.

What an upstream has to be asked by, and names an author, is sealed with the same key.

A new key begins new authors: the key's id stands beside each hash.
"""

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cached_property
from hashlib import sha256
from secrets import token_hex
from typing import TYPE_CHECKING

from pipelines.settings import settings

if TYPE_CHECKING:  # few loads seal anything
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV


class Authors:
    """Hashes names with one key, and seals what names somebody."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self.key_id = sha256(b"id of " + self._key).hexdigest()[:8]

    def hashed(self, name: str) -> str:
        """HMAC-SHA256 of the name, as hex."""
        return hmac.new(self._key, name.encode("utf-8", "replace"), sha256).hexdigest()

    def sealed(self, text: str) -> str:
        """What only this key opens again; the same of the same text (RFC 5297)."""
        return urlsafe_b64encode(self._cipher.encrypt(text.encode(), None)).decode()

    def opened(self, sealed: str) -> str | None:
        """The text; None: another key sealed it."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415

        try:
            return self._cipher.decrypt(urlsafe_b64decode(sealed), None).decode()
        except InvalidTag:
            return None

    @cached_property
    def _cipher(self) -> "AESSIV":
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415

        return AESSIV(hmac.digest(self._key, b"sealed", "sha512"))


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
