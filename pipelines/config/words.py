"""The words that a configuration may use: `ops.config_words`, which the rules read.

Sources and models declare them in Python; a bootstrap writes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import LiteralString, get_args

from pipelines.config.model import (
    Lack,
    MarketType,
    Priority,
    ProofLevel,
    RpcProvider,
    Thresholds,
    Timeframe,
)
from pipelines.warehouse import Connection

Words = Mapping[str, Sequence[str]]  # by their kind, in the order of a refusal

OWN: Words = {
    "market type": get_args(MarketType),
    "timeframe": get_args(Timeframe),
    "priority": get_args(Priority),
    "proof level": get_args(ProofLevel),
    "provider": get_args(RpcProvider),
    "lack": get_args(Lack),
    "threshold": [field.name for field in fields(Thresholds)],
}
FORGET: LiteralString = "delete from ops.config_words"
ADD: LiteralString = """
insert into ops.config_words (kind, word, place) values (%s, %s, %s)
"""


def write(connection: Connection, words: Words) -> None:
    """Have the rules know these words and no others."""
    rows = [
        (kind, word, place)
        for kind, words_of_kind in words.items()
        for place, word in enumerate(words_of_kind)
    ]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(FORGET)
        cursor.executemany(ADD, rows)
