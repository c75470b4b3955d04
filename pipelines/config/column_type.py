"""A column's type as its table declares it, and what Debezium sends for it.

How Debezium's PostgreSQL connector maps types:
https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-data-types
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

Kind = Literal[
    "array",
    "binary",
    "boolean",
    "date",
    "decimal",
    "floating",
    "integer",
    "interval",
    "json",
    "structure",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "unsent",  # Debezium leaves the column out, or sends bytes of no declared form
]

NAMES: Mapping[Kind, str] = {
    "binary": "bytea, bit, bit varying, varbit",
    "boolean": "boolean, bool",
    "date": "date",
    "decimal": "numeric, decimal, dec, money",
    "floating": "real, double precision, float, float4, float8",
    "integer": "smallint, int2, smallserial, serial2, integer, int, int4, serial,"
    " serial4, bigint, int8, bigserial, serial8, oid",
    "interval": "interval",
    "json": "json, jsonb",
    "structure": "point, geometry, geography",
    "time": "time, time without time zone",
    "timestamp": "timestamp, timestamp without time zone",
    "timestamptz": "timestamptz, timestamp with time zone",
    "timetz": "timetz, time with time zone",
    "unsent": "record, box, circle, line, lseg, path, polygon",
}
KINDS: Mapping[str, Kind] = {
    name.strip(): kind for kind, names in NAMES.items() for name in names.split(",")
}
# types of an extension may stand in any schema
OF_EXTENSIONS = {"citext", "geography", "geometry", "hstore", "ltree"}
SINGLE_BITS = 24
WIDTHS = {"small": 16, "2": 16, "big": 64, "8": 64, "oid": 33}
TOKEN = re.compile(
    r"""\s*(?:
        "(?P<quoted>(?:[^"]|"")+)" | (?P<word>[^\W\d][\w$]*) | (?P<dot>\.)
        | (?P<modifiers>\([^()]+\)) | (?P<array>\[\s*\d*\s*\])
    )\s*""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class ColumnType:
    """A Postgres type: `name` as it was declared, `base` without modifiers."""

    name: str
    kind: Kind
    base: str = ""
    modifiers: tuple[int, ...] = ()
    element: "ColumnType | None" = None

    @cached_property
    def bits(self) -> int:
        """How wide an integer is; `oid` is unsigned."""
        return next((bits for part, bits in WIDTHS.items() if part in self.base), 32)

    @cached_property
    def is_single(self) -> bool:
        """Whether a floating number has single precision."""
        if self.base == "float":  # of so many bits
            return bool(self.modifiers) and self.modifiers[0] <= SINGLE_BITS
        return self.base in {"real", "float4"}

    @cached_property
    def scale(self) -> int | None:
        """The decimals of a decimal; None: as many as each value has."""
        if self.base == "money":
            return 2
        return max((0, *self.modifiers[1:2])) if self.modifiers else None


@cache
def column_type(name: str) -> ColumnType:
    """The type of a Postgres name, as `numeric(38, 18)`, `"char"`, `_text`, `a."B"[]`.

    An array of arrays has the type of an array of its innermost elements. What is not
    known (an enum, inet) is sent as text and taken as text.

    Raises:
        ValueError: it is no name of a type.
    """
    words, element, modifiers = _parsed(name)
    base = " ".join(words)
    if element or base.startswith("_"):
        inner = column_type(element or base.removeprefix("_"))
        return ColumnType(name, "array", element=inner)
    if words[0] == "interval":
        base = "interval"
    if base == "bit" and modifiers in ((), (1,)):
        return ColumnType(name, "boolean", base)
    return ColumnType(name, KINDS.get(base, "text"), base, modifiers)


def _parsed(name: str) -> tuple[list[str], str, tuple[int, ...]]:
    """The words of a type's name, its element's name if it is an array, modifiers."""
    words: list[str] = []
    parts: list[str] = []
    modifiers: tuple[int, ...] = ()
    is_array = False
    for token in _tokens(name):
        kind, text = str(token.lastgroup), token[str(token.lastgroup)]
        if kind == "array" or (words and text.lower() == "array"):
            is_array = True
            continue
        parts.append(token[0])
        if kind == "modifiers":
            modifiers = tuple(map(int, re.findall(r"-?\d+", text)))
        else:
            words.append(_word(kind, text))
    if not words or "." in (words[0], words[-1]):
        raise ValueError(f"{name!r} is not the name of a type")
    return _unqualified(words), "".join(parts) if is_array else "", modifiers


def _tokens(name: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(name):
        token = TOKEN.match(name, at)
        if token is None:
            raise ValueError(f"{name!r} is not the name of a type")
        yield token
        at = token.end()


def _word(kind: str, text: str) -> str:
    """As the catalogue spells it; `"char"` and `"Odd name"` keep their quotes."""
    if kind != "quoted":
        return text.lower()
    is_of_catalogue = text in KINDS and " " not in text
    return text if is_of_catalogue else f'"{text}"'


def _unqualified(words: list[str]) -> list[str]:
    """Without its schema, where that does not make it another type."""
    if "." not in words:
        return words
    schema, name = words[0], words[-1]
    is_known = schema == "pg_catalog" or name.strip('"') in OF_EXTENSIONS
    return [name] if is_known else [f"{schema}.{name}"]
