"""What `fct_liquidations` must hold, in plain Python."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any, NamedTuple

from tests.histories.candle_histories import Load, Row
from tests.oracles.evidence_oracle import at, rows

SIZE = 100  # dollars a contract of bitcoin
CLOSED = {"BUY": "short", "SELL": "long"}
Key = tuple[Any, ...]


class Said(NamedTuple):
    """A reading; ordered by what makes it stand."""

    is_sealing: bool
    now_ms: int
    price: Decimal
    base_amount: Decimal
    side: str
    reading_id: str
    contracts: Decimal | None
    notional: Decimal
    word: str


def side(word: str, taker: str) -> str:
    """Of the position; empty: the word is not known."""
    if word == "MT":
        return "both"
    of_seller = {"T": "sell", "liquidation": "sell", "M": "buy"}.get(word)
    if of_seller is None:
        return ""
    return "long" if taker == of_seller else "short"


def liquidations(loads: Sequence[Load]) -> list[Key]:
    """The rows that are compared."""
    found: dict[Key, list[Said]] = defaultdict(list)
    with localcontext(Context(prec=60, rounding=ROUND_HALF_UP)):
        for key, said in (*_traded(loads), *_filed(loads)):
            found[key].append(said)
    return [_row(key, told) for key, told in sorted(found.items())]


def _traded(loads: Sequence[Load]) -> Iterator[tuple[Key, Said]]:
    for row in rows(loads, "trades"):
        word = row["liquidation"]
        if word is None:
            continue
        moment = at(0) + timedelta(microseconds=row["traded_at_ns"] // 1000)
        price, amount = Decimal(row["price"]), Decimal(row["base_amount"])
        paid = row["quote_amount"]
        yield (
            (row["exchange_id"], row["symbol"], moment, str(row["trade_id"])),
            Said(
                False, row["venue_now_ms"], price, amount,
                side(word, row["taker_side"]), row["request_id"], None,
                price * amount if paid is None else Decimal(paid), word,
            ),
        )  # fmt: skip


def _filed(loads: Sequence[Load]) -> Iterator[tuple[Key, Said]]:
    files = {f["file_id"]: f for f in rows(loads, "archive.files")}
    newest: dict[str, tuple[int, str]] = defaultdict(lambda: (0, ""))
    for file in files.values():
        if file["status"] == "loaded":
            newest[file["path"]] = max(_version(file), newest[file["path"]])
    for load in loads:
        alike: dict[Key, int] = defaultdict(int)
        for row in load.get("archive.liquidations", ()):
            filled = Decimal(row["filled_contracts"])
            key = (row["side"], filled, row["contracts"], row["average_price"],
                   row["price"], row["liquidated_at_ms"])  # fmt: skip
            alike[key] += 1
            if filled and alike[key] % 2:
                nth = alike[key] // 2 + 1
                yield _order(row, files[row["file_id"]], newest, nth)


def _order(
    row: Row, file: Row, newest: dict[str, tuple[int, str]], nth: int
) -> tuple[Key, Said]:
    filled, price = Decimal(row["filled_contracts"]), Decimal(row["average_price"])
    words = (row["side"], filled, row["contracts"], price, Decimal(row["price"]))
    shown = [w if isinstance(w, str) else f"{w.normalize():f}" for w in words]
    seals = _version(file) == newest[file["path"]]
    amount = (filled * SIZE / price).quantize(Decimal("1e-18"))
    key = (row["exchange_id"], row["symbol"], at(row["liquidated_at_ms"]))
    return (
        (*key, " ".join([*shown, str(nth)])),
        Said(
            seals, file["published_at_ms"] * seals, price, amount, CLOSED[row["side"]],
            row["file_id"], filled, filled * SIZE, row["side"],
        ),
    )  # fmt: skip


def _version(file: Row) -> tuple[int, str]:
    return file["published_at_ms"], file["sha256"]


def _row(key: Key, told: Sequence[Said]) -> Key:
    best = max(told)
    source = "rest" if best.contracts is None else "archive"
    differ = len({(s.price, s.base_amount, s.side) for s in told}) > 1
    grade = "sealed" if best.is_sealing else "closed"
    said = (best.side or None, best.price, best.base_amount, best.contracts)
    return (
        *key,
        *said,
        best.notional,
        best.word,
        grade,
        source,
        best.reading_id,
        differ,
    )
