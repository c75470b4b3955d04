"""JSON as it came over the wire: numbers stay the text that was sent."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pipelines.bronze.tables import NUMERICS
from pipelines.bronze.text import storable
from pipelines.upstream.bounds import BOUNDS, LONGEST_NUMBER


@dataclass(frozen=True)
class Bounds:
    """How many digits a number may have before and after the point."""

    digits: int
    decimals: int

    @property
    def form(self) -> str:
        """The pattern that nearly every number has as it comes."""
        return rf"^[0-9]{{1,{self.digits}}}(\.[0-9]{{1,{self.decimals}}})?$"


AMOUNT, RATE = (
    Bounds(precision - scale, scale)
    for precision, scale in (NUMERICS["decimal"], NUMERICS["rate"])
)
LONGEST_QUOTED = 80  # characters of a number in a reason
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


CONTAINERS = frozenset({dict, list})
# the interpreter's own; py_ecc, which comes with web3, makes it 100,000 in all threads
RECURSION = 1_000


class Number(str):
    """The text of a JSON number, as distinct from a JSON string."""

    __slots__ = ()


def decode(body: str) -> Any:
    """The document with every number as `str`.

    Raises:
        ValueError: it is not JSON, is cut off, beyond the bounds of an answer, or has a
            key twice in one mapping.
    """
    return _decoded(body, str)


def decode_exactly(body: str) -> Any:
    """The document with every number as `Number`, for `encode` to write as sent."""
    return _decoded(body, Number)


def _decoded(body: str, number: type[str]) -> Any:
    count = body.count(",") + 1
    if count > BOUNDS.values:
        raise ValueError(f"some {count} values, more than {BOUNDS.values}")
    value = read_json(
        body,
        parse_float=number,
        parse_int=number,
        parse_constant=number,
        object_pairs_hook=_mapping,
    )
    return within_depth(value)


def read_json(text: str, **readers: Any) -> Any:
    """As `json.loads`, which ends the process where the recursion limit is high.

    Raises:
        ValueError: it is not JSON, or nested beyond the bounds of an answer.
    """
    if sys.getrecursionlimit() > RECURSION:
        sys.setrecursionlimit(RECURSION)
    try:
        return json.loads(text, **readers)
    except RecursionError:
        raise ValueError(f"nested deeper than {BOUNDS.depth} levels") from None


def within_depth(value: Any) -> Any:
    """The document.

    Raises:
        ValueError: it is nested deeper than the bounds of an answer.
    """
    level = [value] if type(value) in CONTAINERS else []
    for _ in range(BOUNDS.depth):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in CONTAINERS
        ]
    if level:
        raise ValueError(f"nested deeper than {BOUNDS.depth} levels")
    return value


def _mapping(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The mapping; `json` itself would let the last of equal keys win."""
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {twice[:80]!r} twice in one mapping")
    return mapping


def encode(value: Any) -> str:
    """Compact JSON; a `Number` is written as it was sent."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        inner = (f"{encode(str(k))}:{encode(v)}" for k, v in value.items())
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(encode, value)) + "]"
    return json.dumps(storable(value) if isinstance(value, str) else value)


def texts(value: Any) -> Iterator[str]:
    """Every text of a document: keys, and values that are none but text or numbers."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from texts(list(pair))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def plain(text: str, bounds: Bounds = AMOUNT) -> str:
    """The same number without an exponent, exactly, within its bounds.

    Raises:
        ValueError: says what it is instead.
    """
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"{text[:40]!r} and so on, {len(text)} characters")
    if not NUMBER.fullmatch(text):
        raise ValueError(f"{text[:80]!r}, not a number")
    try:
        sign, digits, exponent = Decimal(text).as_tuple()
    except InvalidOperation:
        raise ValueError(f"{text[:80]!r}, a number out of all bounds") from None
    exponent = int(exponent)  # NUMBER lets no NaN pass
    short = text if len(text) <= LONGEST_QUOTED else f"{text[:40]}…"
    significant = "".join(map(str, digits)).lstrip("0")
    stripped = significant.rstrip("0")
    if not stripped:
        return "0"
    exponent += len(significant) - len(stripped)
    if exponent < -bounds.decimals:
        raise ValueError(
            f"{short} with {-exponent} decimals, more than {bounds.decimals}"
        )
    if len(stripped) + exponent > bounds.digits:
        raise ValueError(
            f"{short} with {len(stripped) + exponent} digits before the point,"
            f" more than {bounds.digits}"
        )
    return f"{Decimal((sign, tuple(map(int, stripped)), exponent)):f}"


def at(body: Any, path: tuple[str, ...]) -> Any:
    """What lies at `path`; in a list `0` is its first element.

    Raises:
        ValueError: nothing does.
    """
    for name in path:
        if isinstance(body, list) and name.isdecimal() and int(name) < len(body):
            body = body[int(name)]
        elif isinstance(body, dict) and name in body:
            body = body[name]
        else:
            raise ValueError(f"no {name!r} in the answer")
    return body
