"""What `fct_liquidity` must be, from the rows of bronze, with Python's decimals."""

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, NamedTuple

Row = dict[str, Any]
Level = tuple[Fraction, Fraction]
HOUR_MS = 3_600_000
STALE_S = 300
# quote asset: narrow and wide band, notional; None: every other
MEASURES: dict[str | None, tuple[int, int, str]] = {
    "BTC": (10, 100, "0.1"),
    None: (10, 100, "10000"),
}
INVERSE: dict[tuple[str, str | None], int] = {
    ("binance", "BTC"): 100,
    ("binance", None): 10,
}  # what a contract is of
TOP = 5


class Measured(NamedTuple):
    """A snapshot's figures; null where they can not be had."""

    mid: Fraction | None
    spread_bps: Fraction | None
    microprice: Fraction | None
    top_five_imbalance: Fraction | None
    bids_count: int
    asks_count: int
    bid_depth_narrow: Fraction | None
    ask_depth_narrow: Fraction | None
    bid_depth_wide: Fraction | None
    ask_depth_wide: Fraction | None
    is_wide_whole: bool
    buy_cost_bps: Fraction | None
    sell_cost_bps: Fraction | None
    unchanged_seconds: Fraction
    excluded_for: str | None
    reading_id: str


def liquidity(rows: Iterable[Row]) -> dict[tuple[str, str, int], Measured]:
    """Each snapshot by exchange, symbol and moment, whatever the order of the rows."""
    chosen: dict[tuple[str, str, int], Row] = {}
    for row in rows:
        key = row["exchange_id"], row["symbol"], row["snapshot_at_ms"]
        chosen[key] = max(chosen.get(key, row), row, key=_precedence)
    series: dict[tuple[str, str], list[Row]] = {}
    for key in sorted(chosen):
        series.setdefault(key[:2], []).append(chosen[key])
    return {
        (*name, row["snapshot_at_ms"]): _measured(row, _unchanged_s(held, place))
        for name, held in series.items()
        for place, row in enumerate(held)
    }


def _precedence(row: Row) -> Any:
    update_id = row["update_id"]
    by_text = (update_id or "", row["bids"], row["asks"], row["request_id"])
    return (row["venue_now_ms"], update_id is not None, *by_text)


def _unchanged_s(held: Sequence[Row], place: int) -> Fraction:
    """How long the top stands, as far back as an hour."""
    now = held[place]
    since = now["snapshot_at_ms"]
    for row in reversed(held[:place]):
        is_recent = row["snapshot_at_ms"] >= now["snapshot_at_ms"] - HOUR_MS
        if not is_recent or _top(row) != _top(now):
            break
        since = row["snapshot_at_ms"]
    return Fraction(now["snapshot_at_ms"] - since, 1000)


def _top(row: Row) -> tuple[Any, ...]:
    return row["update_id"], _side(row["bids"], -1)[:1], _side(row["asks"], 1)[:1]


def _side(text: str, sign: int) -> list[Level]:
    sent = json.loads(text, parse_float=str, parse_int=str)
    levels = [(Fraction(level[0]), Fraction(level[1])) for level in sent]
    levels = [level for level in levels if level[1] > 0]
    return sorted(levels, key=lambda level: sign * level[0])


class Market(NamedTuple):
    """What the sides of a book are measured by."""

    mid: Fraction | None
    size: int  # of a contract; 0: nobody knows
    is_inverse: bool
    narrow: int
    wide: int
    notional: str

    def value(self, level: Level) -> Fraction:
        return level[1] * self.size * (1 if self.is_inverse else level[0])

    def is_within(self, level: Level, sign: int, bps: int) -> bool:
        mid = self.mid or Fraction(0)
        return (level[0] - mid) * sign * 10000 <= mid * bps

    def depth(self, side: Sequence[Level], sign: int, bps: int) -> Fraction | None:
        if self.mid is None or not self.size:
            return None
        near = [level for level in side if self.is_within(level, sign, bps)]
        return sum(map(self.value, near), Fraction(0))

    def is_beyond(self, side: Sequence[Level], sign: int) -> bool:
        is_near = [self.is_within(level, sign, self.wide) for level in side]
        return self.mid is not None and not all(is_near)

    def cost_bps(self, side: Sequence[Level], sign: int) -> Fraction | None:
        """What the notional costs, taken from the side level by level."""
        left, bought = Fraction(self.notional), Fraction(0)
        for level in side if self.size else ():
            taken = min(left, self.value(level))
            bought, left = bought + taken / level[0], left - taken
        if left or self.mid is None:
            return None
        price = Fraction(self.notional) / bought
        return (price - self.mid) * sign * 10000 / self.mid


def _market(row: Row, mid: Fraction | None) -> Market:
    pair, _, terms = row["symbol"].partition(":")
    base, quote = pair.split("/")
    is_inverse = terms.split("-")[0] == base and terms.count("-") < 2
    venue = row["exchange_id"]
    size = INVERSE.get((venue, base)) or INVERSE.get((venue, None)) or 0
    measures = MEASURES.get(quote) or MEASURES[None]
    return Market(mid, size if is_inverse else 1, is_inverse, *measures)


def _measured(row: Row, unchanged_s: Fraction) -> Measured:
    bids, asks = _side(row["bids"], -1), _side(row["asks"], 1)
    both = bids and asks
    mid = (bids[0][0] + asks[0][0]) / 2 if both else None
    market = _market(row, mid)
    tops = [sum((lv[1] for lv in side[:TOP]), Fraction(0)) for side in (bids, asks)]
    return Measured(
        mid=mid,
        spread_bps=(asks[0][0] - bids[0][0]) * 10000 / mid if mid else None,
        microprice=_microprice(bids[0], asks[0]) if both else None,
        top_five_imbalance=(tops[0] - tops[1]) / sum(tops) if both else None,
        bids_count=len(bids),
        asks_count=len(asks),
        bid_depth_narrow=market.depth(bids, -1, market.narrow),
        ask_depth_narrow=market.depth(asks, 1, market.narrow),
        bid_depth_wide=market.depth(bids, -1, market.wide),
        ask_depth_wide=market.depth(asks, 1, market.wide),
        is_wide_whole=market.is_beyond(bids, -1) and market.is_beyond(asks, 1),
        buy_cost_bps=market.cost_bps(asks, 1),
        sell_cost_bps=market.cost_bps(bids, -1),
        unchanged_seconds=unchanged_s,
        excluded_for=_flaw(bids, asks, unchanged_s),
        reading_id=row["request_id"],
    )


def _microprice(bid: Level, ask: Level) -> Fraction:
    return (bid[0] * ask[1] + ask[0] * bid[1]) / (bid[1] + ask[1])


def _flaw(
    bids: Sequence[Level], asks: Sequence[Level], unchanged_s: Fraction
) -> str | None:
    if not bids or not asks:
        return "one-sided" if bids or asks else "empty"
    if bids[0][0] >= asks[0][0]:
        return "crossed" if bids[0][0] > asks[0][0] else "locked"
    return "stale" if unchanged_s >= STALE_S else None


def is_as(gold: Any, told: Any) -> bool:
    """Whether a figure of gold is the oracle's, to the last of its 18 decimals."""
    if not isinstance(told, Fraction) or gold is None:
        return bool(gold == told)
    with localcontext(prec=60):
        exact = Decimal(told.numerator) / Decimal(told.denominator)
        return bool(abs(gold - exact) <= Decimal("1e-18"))
