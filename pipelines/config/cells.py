"""The configuration's rows as typed choices: how each column is read.

The tables' rows and those of CSV files come here as words, and are read alike.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, get_args

from pipelines.config.model import (
    ChainChoice,
    ChainEndpointChoice,
    Configuration,
    EndpointChoice,
    ExchangeChoice,
    InstrumentChoice,
    Lack,
    MarketType,
    Priority,
    ProofLevel,
    RpcProvider,
    SentimentFeedChoice,
    Thresholds,
    Timeframe,
    parse_feeds,
    parse_since,
)
from pipelines.errors import SetupError

Row = tuple[str, Mapping[str, str]]  # where it stands, and its columns as words
Cell = Callable[[str], Any]


def read_configuration(rows: Mapping[str, Sequence[Row]]) -> Configuration:
    """The choices of the rows of each table; a threshold without a row has its default.

    Raises:
        SetupError: names every wrong cell, at once.
    """
    wrong: list[str] = []
    cells = {
        table: [_cells(columns, row, wrong) for row in rows.get(table, ())]
        for table, columns in COLUMNS.items()
    }
    if wrong:
        raise SetupError("the configuration is wrong: " + "; ".join(wrong))
    return Configuration(
        {row["exchange_id"]: ExchangeChoice(**row) for row in cells["exchanges"]},
        [InstrumentChoice(**row) for row in cells["instruments"]],
        Thresholds(**{row["threshold"]: row["amount"] for row in cells["thresholds"]}),
        {row["endpoint"]: EndpointChoice(**row) for row in cells["endpoints"]},
        {row["chain"]: ChainChoice(**row) for row in cells["chains"]},
        [ChainEndpointChoice(**row) for row in cells["chain_endpoints"]],
        [SentimentFeedChoice(**row) for row in cells["sentiment_feeds"]],
    )


def _cells(columns: Mapping[str, Cell], row: Row, wrong: list[str]) -> dict[str, Any]:
    where, words = row
    cells: dict[str, Any] = {}
    for column, read in columns.items():
        try:
            cells[column] = read(words.get(column, "").strip())
        except ValueError as error:
            wrong.append(f"{where}, {column}: {error}")
    return cells


def _text(text: str) -> str:
    if not text:
        raise ValueError("it is empty")
    return text


def _symbol(text: str) -> str:
    if "*" in text:
        raise ValueError(
            f"{text!r} is a pattern: it is for config.instruments, where the listing is"
        )
    return _text(text)


def _words(kind: Any, what: str, *default: str) -> Cell:
    """Reads words with spaces between them, each of the literal type `kind`."""
    allowed: tuple[str, ...] = get_args(kind)

    def read(text: str) -> tuple[str, ...]:
        for name in text.split():
            if name not in allowed:
                raise ValueError(
                    f"{name!r} is no {what}; there are {', '.join(allowed)}"
                )
        return tuple(word for word in allowed if word in text.split()) or default

    return read


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share <= 1:
        raise ValueError(f"{text} is not above 0 and at most 1")
    return share


def _count(text: str) -> int:
    whole, _, fraction = text.partition(".")  # a numeric may hold 6 as 6.0
    if not whole.isdecimal() or fraction.strip("0"):
        raise ValueError(f"{text!r} is not a whole number")
    return int(whole)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def _amount(text: str) -> float:
    amount = float(text)
    if not 0 <= amount < math.inf:
        raise ValueError(f"{text} is negative, or no number")
    return amount


def _finality(text: str) -> int | None:
    return None if text == "tags" else _count(text)


def _one_of(*allowed: str) -> Cell:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"{text!r} is none of {', '.join(allowed)}")
        return text

    return read


def _truth(text: str) -> bool:
    return bool(_one_of("true", "false")(text.lower()) == "true")


COLUMNS: Mapping[str, Mapping[str, Cell]] = {
    "exchanges": {
        "exchange_id": _text,
        "is_enabled": _truth,
        "budget_share": _share,
        "market_types": _words(MarketType, "market type", "spot"),
    },
    "instruments": {
        "exchange_id": _text,
        "symbol": _symbol,
        "since": parse_since,
        "priority": _one_of(*get_args(Priority)),
        "is_enabled": _truth,
        "feeds": parse_feeds,
        "timeframes": _words(Timeframe, "timeframe", "1m"),
    },
    "endpoints": {"endpoint": _text, "setting": _text, "is_enabled": _truth},
    "chains": {
        "chain": _text,
        "chain_id": _count,
        "is_enabled": _truth,
        "block_time_s": _amount,
        "finality": _finality,
        "since_block": _number,
        "proof_level": _one_of(*get_args(ProofLevel)),
        "budget_share": _share,
    },
    "chain_endpoints": {
        "chain": _text,
        "endpoint": _text,
        "list_position": _count,
        "precedence": _count,
        "is_enabled": _truth,
        "provider": _one_of(*get_args(RpcProvider)),
        "batch_size": _count,
        "calls_per_second": _amount,
        "units_per_second": _amount,
        "units_per_day": _count,
        "units_per_month": _count,
        "lacks": _words(Lack, "lack"),
    },
    "sentiment_feeds": {
        "source": _text,
        "endpoint": _text,
        "subject": _text,
        "is_enabled": _truth,
    },
    "thresholds": {
        "threshold": _one_of(*(field.name for field in fields(Thresholds))),
        "amount": _count,
        "meaning": str,
    },
}
KEYS: Mapping[str, tuple[str, ...]] = {
    "exchanges": ("exchange_id",),
    "instruments": ("exchange_id", "symbol"),
    "endpoints": ("endpoint",),
    "chains": ("chain",),
    "chain_endpoints": ("chain", "endpoint"),
    "sentiment_feeds": ("source", "endpoint", "subject"),
    "thresholds": ("threshold",),
}
