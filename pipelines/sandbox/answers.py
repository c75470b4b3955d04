"""What a venue answers: bytes whose rows can still be taken apart, and refusals."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_BETWEEN_ROWS = re.compile(rb"(?<=[\]}]),(?=[\[{])")


@dataclass(frozen=True)
class Answer:
    """A body in three parts; `rows` are a page's rows with commas between them."""

    status: int = 200
    before: bytes = b""
    rows: bytes = b""
    after: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The whole body."""
        return self.before + self.rows + self.after

    def split_rows(self) -> list[bytes]:
        """The page's rows one by one; empty where the answer is no page."""
        return _BETWEEN_ROWS.split(self.rows) if self.rows else []


class RefusedError(Exception):
    """A request that the venue answers with its own error body."""

    def __init__(self, status: int, payload: object) -> None:
        super().__init__(f"{status} {payload}")
        self.answer = Answer(status, encoded(payload))


def encoded(payload: object) -> bytes:
    """JSON without spaces, as venues send it."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def document(payload: object, status: int = 200) -> Answer:
    """A body that is not a page of rows."""
    return Answer(status, encoded(payload))


def page(
    cuts: Sequence[bytes],
    before: bytes = b"[",
    after: bytes = b"]",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A body whose rows are given as cuts that hold one row or more each."""
    return Answer(200, before, b",".join(cuts), after, headers or {})


def ranged(answer: Answer, header: str) -> Answer:
    """The part of a file that a `Range` header asks for, or the whole."""
    form = _RANGE.fullmatch(header)
    if form is None or "Accept-Ranges" not in answer.headers:
        return answer
    whole, first = answer.body, int(form[1])
    last = min(int(form[2] or len(whole)), len(whole) - 1)
    if first > last:
        return Answer(416, headers={"Content-Range": f"bytes */{len(whole)}"})
    headers = {"Content-Range": f"bytes {first}-{last}/{len(whole)}"}
    return Answer(206, whole[first : last + 1], headers={**answer.headers, **headers})
