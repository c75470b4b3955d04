"""Which transfers of tokens a log tells of: another way to compute it, by hand.

Nothing is shared with the SQL but the list of wrapped natives.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.settings import PROJECT_DIR
from tests.histories.candle_histories import Row
from tests.histories.token_events import (
    BATCH,
    DEPOSIT,
    NOBODY,
    SINGLE,
    TRANSFER,
    WITHDRAWAL,
)

WORD = 32
SEED = PROJECT_DIR / "seeds" / "wrapped_natives.csv"


class WrongError(Exception):
    """A log that is not what its signature says."""


@dataclass(frozen=True)
class Log:
    """A log of a chain."""

    chain_id: int
    address: bytes
    topics: Sequence[bytes]
    data: bytes

    @classmethod
    def of(cls, row: Row) -> "Log":
        """From a row of bronze."""
        topics = [row[f"topic{place}"] for place in range(4)]
        present = [topic for topic in topics if topic is not None]
        return cls(row["chain_id"], row["address"], present, row["data"])


# how it wraps, by chain and address
with SEED.open(encoding="utf-8") as lines:
    WRAPPED = {
        (int(row["chain_id"]), bytes.fromhex(row["address"][2:])): row["wraps_by"]
        for row in csv.DictReader(lines)
    }

# token standard, transfer type, from, to, token id, amount
Transfer = tuple[str | None, str, bytes, bytes, int | None, int]


def transfers(log: Log) -> list[Transfer]:
    """Those of one log, in the order of the batch; none of another event's.

    Raises:
        WrongError: it is no such event as its signature says.
    """
    signature, *indexed = log.topics or [b""]
    if signature == TRANSFER:
        return [_transfer(log, indexed)]
    if signature in (SINGLE, BATCH):
        return list(_items(log, indexed, is_single=signature == SINGLE))
    if signature in (DEPOSIT, WITHDRAWAL) and _wraps(log) == "deposit":
        return [_wrap(log, indexed, is_wrap=signature == DEPOSIT)]
    return []


def _wraps(log: Log) -> str | None:
    return WRAPPED.get((log.chain_id, log.address))


def _transfer(log: Log, indexed: Sequence[bytes]) -> Transfer:
    giver, taker, last = _words(b"".join(indexed) + log.data, 3)
    standard = {2: "erc20", 3: "erc721"}.get(len(indexed))
    own, amount = (_number(last), 1) if standard == "erc721" else (None, _number(last))
    return _moved(log, standard, (_party(giver), _party(taker)), own, amount)


def _items(
    log: Log, indexed: Sequence[bytes], *, is_single: bool
) -> Iterator[Transfer]:
    if len(indexed) != 3:
        raise WrongError
    _, giver, taker = map(_party, indexed)
    if is_single:
        own, amount = map(_number, _words(log.data, 2))
        pairs = [(own, amount)]
    else:
        ids, amounts = _array(log.data, 0), _array(log.data, 1)
        if len(ids) != len(amounts) or len(log.data) != WORD * (4 + 2 * len(ids)):
            raise WrongError
        pairs = list(zip(ids, amounts, strict=True))
    for own, amount in pairs:
        yield _moved(log, "erc1155", (giver, taker), own, amount)


def _wrap(log: Log, indexed: Sequence[bytes], *, is_wrap: bool) -> Transfer:
    if len(indexed) != 1:
        raise WrongError
    owner, amount = _party(indexed[0]), _number(_words(log.data, 1)[0])
    kind, giver, taker = (
        ("wrap", NOBODY, owner) if is_wrap else ("unwrap", owner, NOBODY)
    )
    return "erc20", kind, giver, taker, None, amount


def _moved(
    log: Log,
    standard: str | None,
    parties: tuple[bytes, bytes],
    own: int | None,
    amount: int,
) -> Transfer:
    giver, taker = parties
    is_mint = giver == NOBODY != taker
    is_burn = taker == NOBODY != giver
    kinds = ("wrap", "unwrap") if _wraps(log) == "mint" else ("mint", "burn")
    kind = kinds[0] if is_mint else kinds[1] if is_burn else "transfer"
    return standard, kind, giver, taker, own, amount


def _words(data: bytes, count: int) -> list[bytes]:
    if len(data) != WORD * count:
        raise WrongError
    return [data[at : at + WORD] for at in range(0, len(data), WORD)]


def _number(word: bytes) -> int:
    return int.from_bytes(word, "big")


def _party(word: bytes) -> bytes:
    if any(word[:12]):
        raise WrongError
    return word[12:]


def _array(data: bytes, place: int) -> list[int]:
    """The numbers of the array that a word points to."""
    head = data[WORD * place : WORD * (place + 1)]
    at = _number(head)
    tail = data[at:]
    count = _number(tail[:WORD])
    if len(head) < WORD or len(tail) < WORD or count > len(tail) // WORD - 1:
        raise WrongError
    return list(map(_number, _words(tail[WORD : WORD * (count + 1)], count)))


def rows(log: Row, rest: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
    """Rows of the mart from the standard on, after what else is of the log."""
    for place, moved in enumerate(transfers(Log.of(log))):
        standard, kind, giver, taker, own, amount = moved
        yield *rest, place, standard, kind, _hex(giver), _hex(taker), own, amount


def is_wrong(log: Row) -> bool:
    """Whether it belongs into quarantine."""
    try:
        transfers(Log.of(log))
    except WrongError:
        return True
    return False


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"
