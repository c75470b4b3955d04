"""A column's type as its table declares it, and what Debezium sends for it.

How Debezium's PostgreSQL connector maps types:
https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-data-types
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

Kind = Literal[
    "array",
    "binary",  # base64
    "boolean",
    "clock",  # a stamp without a zone: an integer by default
    "decimal",
    "floating",
    "integer",
    "interval",  # an integer of microseconds, or ISO text
    "json",
    "structure",
    "text",
    "zoned",  # a stamp with a zone: ISO text by default
]

NAMES: Mapping[Kind, str] = {
    "binary": "bytea, bit, bit varying, varbit",
    "boolean": "boolean, bool",
    "clock": "date, time, time without time zone, timestamp,"
    " timestamp without time zone",
    "decimal": "numeric, decimal, money",
    "floating": "real, double precision, float, float4, float8",
    "integer": "smallint, int2, smallserial, serial2, integer, int, int4, serial,"
    " serial4, bigint, int8, bigserial, serial8, oid",
    "interval": "interval",
    "json": "json, jsonb",
    "structure": "point, geometry, geography",
    "zoned": "timestamptz, timestamp with time zone, timetz, time with time zone",
}
KINDS: Mapping[str, Kind] = {
    name.strip(): kind for kind, names in NAMES.items() for name in names.split(",")
}
WIDTHS = {"small": 16, "2": 16, "big": 64, "8": 64, "oid": 33}
MODIFIER = re.compile(r"\s*\([^)]*\)")
WORD = re.compile(r"[a-z_][a-z0-9_ .\"]*")


@dataclass(frozen=True)
class ColumnType:
    """A Postgres type: `name` as it was declared, `bits` of an integer."""

    name: str
    kind: Kind
    bits: int = 0
    element: "ColumnType | None" = None


@cache
def column_type(name: str) -> ColumnType:
    """The type of a Postgres name, as `numeric(38, 18)`, `int8`, `text[]`, `_text`.

    What is not known (an enum, a domain, inet) is sent as text and taken as text.

    Raises:
        ValueError: it is no name of a type.
    """
    word = MODIFIER.sub("", " ".join(name.lower().split())).strip()
    element = word.removesuffix("[]").removesuffix(" array").removeprefix("_").strip()
    if not WORD.fullmatch(element):
        raise ValueError(f"{name!r} is not the name of a type")
    if element != word:
        return ColumnType(name, "array", element=column_type(element))
    if re.sub(r"\s", "", name.lower()) in {"bit(1)", "bit"}:
        return ColumnType(name, "boolean")
    kind = KINDS.get(word, "text")
    return ColumnType(name, kind, _bits(word) if kind == "integer" else 0)


def _bits(word: str) -> int:
    """How wide an integer is; `oid` is unsigned."""
    return next((bits for part, bits in WIDTHS.items() if part in word), 32)
