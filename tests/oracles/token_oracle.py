"""What contracts call themselves, of all that was read: computed another way."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.histories.candle_histories import Load, Row

CALLS = ("decimals", "name", "symbol")
WORD = 32
Canonical = Mapping[tuple[int, bytes], bool | None]
Token = tuple[int, bytes]


def tokens(loads: Sequence[Load], canonical: Canonical) -> dict[Token, tuple[Any, ...]]:
    """Symbol, name, decimals, status and reason of each contract that was called."""
    found: dict[Token, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for load in loads:
        for row in load.get("contract_reads", ()):
            found[row["chain_id"], row["contract_address"]][row["call"]].append(row)
    return {token: _told(reads, canonical) for token, reads in found.items()}


def _told(reads: Mapping[str, Sequence[Row]], canonical: Canonical) -> tuple[Any, ...]:
    judged = {call: _best(rows, canonical) for call, rows in reads.items()}
    answers = {call: answer for call, (answer, _) in judged.items()}
    reasons = [
        f"{call}: {judged[call][1]}"
        for call in CALLS
        if call in judged and judged[call][1]
    ]
    if len(judged) < len(CALLS):
        reasons.append("not all of its calls were made")
    return (
        answers.get("symbol"),
        answers.get("name"),
        answers.get("decimals"),
        "incomplete" if reasons else "read",
        "; ".join(reasons) or None,
    )


def _best(rows: Sequence[Row], canonical: Canonical) -> tuple[Any, str | None]:
    """What the last that can be read says; else why the last can not."""
    by_time = sorted(rows, key=lambda r: (r["block_number"], r["received_at"]))
    judged = [_judge(row, canonical) for row in reversed(by_time)]
    return next((pair for pair in judged if pair[1] is None), judged[0])


def _judge(row: Row, canonical: Canonical) -> tuple[Any, str | None]:
    if canonical.get((row["chain_id"], row["block_hash"])) is False:
        return None, "it was read at a block that left the chain"
    if row["error"] is not None:
        return None, row["error"]
    data = row["result"]
    if not data:
        return None, "an empty answer"
    answer = _number(data) if row["call"] == "decimals" else _text(data)
    if answer in (None, ""):
        return None, "no text or number"
    if isinstance(answer, int) and answer > 77:
        return None, f"{answer} decimals"
    return answer, None


def _number(data: bytes) -> int | None:
    return int.from_bytes(data[:WORD], "big") if len(data) >= WORD else None


def _text(data: bytes) -> str | None:
    return next(_texts(data), None)


def _texts(data: bytes) -> Iterator[str]:
    """The text that the bytes are, if they are one."""
    at = _number(data) or 0
    count = _number(data[at:])
    if len(data) == WORD:
        held: bytes = data.rstrip(b"\0")
    elif count is None or count > len(data) - at - WORD:
        return
    else:
        held = data[at + WORD : at + WORD + count]
    try:
        text = held.decode()
    except UnicodeDecodeError:
        return
    if "\0" not in text:
        yield text
