"""A node's address kept out of what is written: errors of providers repeat keys."""

import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from pydantic import SecretStr

SHORTEST = 4  # characters: `v2`, `eth` and the like are in every address
HIDDEN = "…"


class Redaction:
    """Replaces whatever is of an address."""

    def __init__(self, url: SecretStr) -> None:
        parts = set(_parts(url.get_secret_value()))
        spelt = {form for part in parts for form in (part, unquote(part), quote(part))}
        longest_first = sorted(filter(_tells, spelt), key=len, reverse=True)
        pattern = "|".join(map(re.escape, longest_first))
        self._pattern = re.compile(pattern, re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """The text without them."""
        return self._pattern.sub(HIDDEN, text)


def _tells(part: str) -> bool:
    return len(part) >= SHORTEST


def _parts(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    yield from (url, parts.netloc, parts.path, parts.query, parts.fragment)
    yield from (parts.hostname or "", *_login(parts))
    first, *others = (parts.hostname or "").split(".")
    if len(others) > 1:  # some providers have a name for each customer
        yield first
    yield from parts.path.split("/")
    yield from unquote(parts.path).split("/")
    yield from (value for pair in parse_qsl(parts.query) for value in pair)


def _login(parts: SplitResult) -> Iterator[str]:
    user, password = parts.username or "", parts.password or ""
    if user or password:
        yield from (user, password)
        yield b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
