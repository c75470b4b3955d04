"""A side of an order book as JSON: what each of its levels must be."""

import json
import re
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.upstream import wire

PLAIN = re.compile(wire.AMOUNT.form)  # as nearly every number comes


def flaws(side: pl.Series) -> list[pl.Series]:
    """What is wrong with each cell of the column; nothing where all are well."""
    words = [None if text is None else _flaw(text) for text in side]
    if not any(words):
        return []
    reasons = [word and f"has {side.name} {word}" for word in words]
    return [pl.Series(reasons, dtype=pl.String)]


def _flaw(text: str) -> str | None:
    """What is wrong with the first level of which anything is."""
    levels = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    for place, level in enumerate(levels, start=1):
        if (reason := _of_level(level)) is not None:
            return f"of which level {place} {reason}"
    return None


def _of_level(level: Any) -> str | None:
    match level:
        case [str(price), str(amount), *_]:
            pass
        case _:
            return "is no list of a price and an amount"
    if PLAIN.match(price) and PLAIN.match(amount) and price.strip("0."):
        return None
    try:
        if Decimal(wire.plain(price)) <= 0:
            return f"has price {price}, not above 0"
        if Decimal(wire.plain(amount)) < 0:
            return f"has negative amount {amount}"
    except ValueError as error:
        return f"has {error}"
    return None
