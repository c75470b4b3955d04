"""Recorded order books: what a venue answered, body by body, each from its time on.

`DIR/<exchange_id>/<BASE>-<QUOTE>_book.jsonl.gz`, a line per answer: the body, with the
time it came at in milliseconds as `at_ms` beside the body's own keys, or with the body
as `body` beside it. The body is served as it was recorded, but for `at_ms`.
"""

import gzip
import json
import re
from bisect import bisect_right
from functools import cached_property
from pathlib import Path

from pipelines.errors import BadDataError

_AT_MS = re.compile(r'"at_ms"\s*:\s*(\d{1,15})\s*(,\s*)?')
_WRAPPED = re.compile(r'\{\s*"body"\s*:\s*(\{.*\})\s*,?\s*\}', re.DOTALL)
_LAST_COMMA = re.compile(r",\s*\}$")


class RecordedBooks:
    """One instrument's books, read when the first is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _books(self) -> list[tuple[int, bytes]]:
        try:
            with gzip.open(self._path, "rt", encoding="utf-8") as lines:
                books = [
                    self._book(number, line) for number, line in enumerate(lines, 1)
                ]
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise BadDataError(f"{self._path}: can not be read: {error}") from None
        return sorted(books)

    @property
    def first_at_ms(self) -> int | None:
        """When the first one came."""
        return self._books[0][0] if self._books else None

    def at(self, now_ms: int) -> bytes | None:
        """The newest body that had come by then; None: none had."""
        place = bisect_right(self._books, now_ms, key=lambda book: book[0])
        return self._books[place - 1][1] if place else None

    def _book(self, number: int, line: str) -> tuple[int, bytes]:
        found = _AT_MS.search(line)
        if found is None:
            raise BadDataError(f"{self._path}: line {number} has no at_ms")
        rest = (line[: found.start()] + line[found.end() :]).strip()
        wrapped = _WRAPPED.fullmatch(rest)
        body = wrapped[1] if wrapped else _LAST_COMMA.sub("}", rest)
        try:
            json.loads(body)
        except ValueError as error:
            raise BadDataError(f"{self._path}: line {number}: {error}") from None
        return int(found[1]), body.encode()
