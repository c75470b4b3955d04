"""Venues of trades at the edge of the process: each answers in its own format.

One list of trades, served by each venue's cursor: by id forward, by id backward, by
time. Their own quirks are told where they are.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tests.fakes.venue_server import Reply

S = 1_000_000_000
MS = 1_000_000


class Trade(NamedTuple):
    """A trade as the venue holds it."""

    trade_id: int
    at_ns: int
    price: str = "10.50"
    amount: str = "0.25"
    is_buy: bool = True


Respond = Callable[[str, dict[str, str]], Reply]


def binance(trades: Sequence[Trade], *, counts_from_end: bool = False) -> Respond:
    """`fromId` is included; stamps are milliseconds.

    `counts_from_end`: with `startTime` the limit counts from the end of the range.
    """

    def respond(_: str, params: dict[str, str]) -> Reply:
        limit = int(params["limit"])
        if "fromId" in params:
            found = [t for t in trades if t.trade_id >= int(params["fromId"])][:limit]
        elif "startTime" in params:
            since = int(params["startTime"]) * MS
            found = [t for t in trades if t.at_ns >= since]
            found = found[-limit:] if counts_from_end else found[:limit]
        else:
            found = list(trades[-limit:])
        return Reply(json.dumps([aggregate(t) for t in found]))

    return respond


def aggregate(trade: Trade, **cells: object) -> dict[str, object]:
    """A row as Binance sends it: every trade here fills two single ones."""
    row = {
        "a": trade.trade_id,
        "p": trade.price,
        "q": trade.amount,
        "f": trade.trade_id * 2,
        "l": trade.trade_id * 2 + 1,
        "T": trade.at_ns // MS,
        "m": not trade.is_buy,
        "M": True,
    }
    return row | cells


def coinbase(trades: Sequence[Trade]) -> Respond:
    """`after` is left out, newest first; stamps are ISO; `side` is the maker's."""

    def respond(_: str, params: dict[str, str]) -> Reply:
        below = int(params.get("after", 1 << 60))
        found = [t for t in trades if t.trade_id < below][-int(params["limit"]) :]
        return Reply(json.dumps([_single(t) for t in found[::-1]]))

    return respond


def _single(trade: Trade) -> dict[str, object]:
    whole = f"{trade.at_ns // 1000 % 1_000_000:06d}"
    seconds = trade.at_ns // S
    return {
        "trade_id": trade.trade_id,
        "side": "sell" if trade.is_buy else "buy",
        "size": trade.amount,
        "price": trade.price,
        "time": f"{_iso(seconds)}.{whole}Z",
    }


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def kraken(trades: Sequence[Trade], digits: int = 4) -> Respond:
    """`since` is left out, in nanoseconds; a row's stamp is rounded, `last` is not."""

    def respond(_: str, params: dict[str, str]) -> Reply:
        since = int(params["since"])
        found = [t for t in trades if t.at_ns > since][: int(params["count"])]
        last = found[-1].at_ns if found else since
        rows = ",".join(_row(t, digits) for t in found)
        body = f'{{"error":[],"result":{{"XXBTZUSD":[{rows}],"last":"{last}"}}}}'
        return Reply(body)

    return respond


def _row(trade: Trade, digits: int) -> str:
    unit = 10 ** (9 - digits)
    rounded = (trade.at_ns + unit // 2) // unit * unit
    side = "b" if trade.is_buy else "s"
    stamp = f"{rounded // S}.{rounded % S // unit:0{digits}d}"
    return (
        f'["{trade.price}","{trade.amount}",{stamp},"{side}","m","",{trade.trade_id}]'
    )


def kraken_futures(trades: Sequence[Trade]) -> Respond:
    """`lastTime` is left out, newest first, ten of them; ISO with what a stamp has."""

    def respond(_: str, params: dict[str, str]) -> Reply:
        until = datetime.fromisoformat(params["lastTime"]).timestamp()
        until_ns = round(until * 1000) * MS
        found = [t for t in trades if t.at_ns < until_ns][-10:]
        rows = [
            {
                "time": _single(trade)["time"],
                "trade_id": trade.trade_id,
                "price": trade.price,
                "size": trade.amount,
                "side": "buy" if trade.is_buy else "sell",
                "type": "fill",
            }
            for trade in found[::-1]
        ]
        return Reply(json.dumps({"result": "success", "history": rows}))

    return respond


VENUES: dict[str, tuple[Any, str]] = {
    "binance": (binance, "BTCUSDT"),
    "coinbase": (coinbase, "BTC-USD"),
    "kraken": (kraken, "XXBTZUSD"),
    "kraken_futures": (kraken_futures, "PF_XBTUSD"),
}
