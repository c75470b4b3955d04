"""An explanation in sentences and tables, for people and for machines."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from pipelines.explain import Explanation, Fact
from pipelines.terminal.report import plain

SOURCES = {
    "rest": "an answer of the venue",
    "archive": "a file of the venue's archive",
    "trades": "its trades, by us",
    "mixed": "several sources",
}
VALUE_COLUMNS = (
    *("open", "high", "low", "close", "base_volume", "quote_volume", "trades_count"),
    *("taker_buy_base", "taker_buy_quote", "vwap"),
)
READING_COLUMNS = (
    *("is_standing", "source", "evidence_grade", "reason", "differences"),
    *("venue_now_at", "received_at", "load_id", "reading_id"),
)


def sentences(explanation: Explanation) -> Iterator[str]:
    """What the bucket is, where that comes from, and what proves it."""
    bucket, candle = explanation.bucket, explanation.candle
    name = f"{bucket.exchange_id} {bucket.symbol} {bucket.timeframe}"
    at = f"{plain(bucket.opened_at)} UTC"
    if candle is None:
        yield f"{name} at {at}: no candle"
    else:
        yield f"{name} at {at}: {candle['evidence_grade']}, {_of(candle)}"
    for reading in explanation.readings:
        if reading["is_standing"]:
            yield from _origin(reading)
    if explanation.proof is not None:
        yield _proof(explanation.proof)
    for gap in explanation.gaps:
        span = f"{plain(gap['started_at'])} to {plain(gap['ended_at'])}"
        yield f"no candle from {span}: {gap['cause']}"


def tables(explanation: Explanation) -> Iterator[tuple[str, list[Fact]]]:
    """Titles and rows: the values, then the readings or the minutes behind them."""
    if explanation.candle is not None:
        yield "values", [{name: explanation.candle[name] for name in VALUE_COLUMNS}]
    if explanation.readings:
        rows = [
            {name: reading[name] for name in READING_COLUMNS}
            for reading in explanation.readings
        ]
        yield "readings", rows
    if explanation.minutes:
        yield "minutes", explanation.minutes
    if explanation.weakest:
        yield (
            "minutes that are not proved, the most doubtful first",
            explanation.weakest,
        )


def as_facts(explanation: Explanation) -> dict[str, Any]:
    """The explanation for machines: the bucket's key, and what is known of it."""
    facts = asdict(explanation)
    return {**facts.pop("bucket"), **facts}


def _of(candle: Mapping[str, Any]) -> str:
    filled = "; what the venue lacks is filled from trades"
    source = f"from {SOURCES[candle['source']]}"
    return source + (filled if candle["is_filled_from_trades"] else "")


def _origin(reading: Mapping[str, Any]) -> Iterator[str]:
    if reading["file_path"]:
        yield (
            f"it is line {reading['line_number']} of {reading['origin']},"
            f" published {plain(reading['published_at'])} UTC,"
            f" sha256 {reading['sha256']}"
        )
    elif reading["request_id"]:
        yield (
            f"it was answered by {reading['origin']}"
            f" at {plain(reading['venue_now_at'])} UTC, request {reading['request_id']}"
        )
    else:
        yield f"it is made of the trades {reading['reading_id']}"
    if reading["load_id"]:
        yield (
            f"load {reading['load_id']} brought it, file {reading['delivery_file']},"
            f" row {reading['delivery_row']}"
        )


def _proof(proof: Mapping[str, Any]) -> str:
    count, first = proof["trades_count"], proof["first_trade_id"]
    trades = f", {count} trades held" if count is not None else ""
    ids = f", ids {first} to {proof['last_trade_id']}" if first is not None else ""
    lost = proof["lost_trades_count"]
    missing = f" ({lost})" if lost else ""
    reason = f": {proof['reason']}" if proof["reason"] else ""
    return f"proof: {proof['proof']}{missing}{trades}{ids}{reason}"
