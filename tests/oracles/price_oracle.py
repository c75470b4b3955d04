"""What a consolidated price must be, minute by minute, in plain Python."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any

from tests.histories.venue_histories import Minute

MINUTE = timedelta(minutes=1)
MEMORY = 60
# of a pair: the most minutes since a trade, the most bps, minutes of one price
RULES = dict.fromkeys(("USDC/USD", "USDC/USDT", "USDT/USD"), (15, 100, 60))
USUAL = (5, 100, 10)
Row = dict[str, Any]
Candles = dict[datetime, Minute]


def prices(candles: Iterable[Minute]) -> list[Row]:
    """The rows of `fct_prices`, in order of pair and minute."""
    pairs: dict[str, dict[str, Candles]] = defaultdict(lambda: defaultdict(dict))
    for one in candles:
        if ":" not in one.symbol and one.evidence_grade != "provisional":
            pairs[one.symbol][one.exchange_id][one.opened_at] = one
    rows = {
        (symbol, minute_at): price(symbol, venues, minute_at)
        for symbol, venues in pairs.items()
        for minute_at in expected_minutes(venues)
    }
    return [
        rows[key] | dollars(rows, *key, rows[key]["median"]) for key in sorted(rows)
    ]


def expected_minutes(venues: dict[str, Candles]) -> Iterator[datetime]:
    """Each hour's minutes up to its last candle."""
    lasts: dict[datetime, datetime] = {}
    for at in sorted(at for candles in venues.values() for at in candles):
        lasts[at.replace(minute=0)] = at
    for hour_at, last_at in lasts.items():
        for number in range(60):
            if hour_at + number * MINUTE <= last_at:
                yield hour_at + number * MINUTE


def price(symbol: str, venues: dict[str, Candles], minute_at: datetime) -> Row:
    """One row, without dollars."""
    known = [
        found
        for name in sorted(venues)
        if (found := standing(name, venues[name], minute_at))
    ]
    judge(symbol, known)
    counted = [v for v in known if v["reason"] is None]
    closes = sorted(v["price"] for v in counted)
    traded = [v for v in counted if v["age_minutes"] == 0]
    paid = [v for v in traded if v["notional"] is not None]
    middle = median(closes) if closes else Decimal(0)
    asset, quote = symbol.split("/")
    return {
        "asset": asset,
        "quote": quote,
        "minute_at": minute_at,
        "vwap": ratio(sum(v["notional"] for v in paid), sum(v["volume"] for v in paid)),
        "median": middle if traded else None,
        "volume_weighted_median": weighted_median(traded),
        "venues_count": len(counted),
        "vwap_venues_count": len(paid),
        "dispersion_bps": bps(closes[-1] - closes[0], middle) if traded else None,
        "excluded": [
            {
                "exchange_id": v["exchange_id"],
                "reason": v["reason"],
                "price": float(v["price"]),
                "age_minutes": v["age_minutes"],
                "distance_bps": far(v["price"], middle),
            }
            for v in known
            if v["reason"]
        ],
        "base_volume": sum((v["volume"] for v in traded), Decimal(0)),
        **last(counted or [v for v in known if v["reason"] == "stale"]),
    }


def standing(name: str, candles: Candles, minute_at: datetime) -> Row | None:
    """A venue's last trade within an hour, and since when its price has not moved."""
    ages = range(MEMORY + 1)
    found = [age for age in ages if is_trade(candles.get(minute_at - age * MINUTE))]
    if not found:
        return None
    candle = candles[minute_at - found[0] * MINUTE]
    still = next(
        (age for age in found if moved(candles, minute_at - age * MINUTE)), MEMORY
    )
    notional = candle.quote_volume
    if notional is None and candle.vwap is not None:
        notional = candle.vwap * candle.base_volume
    return {
        "exchange_id": name,
        "price": candle.close,
        "age_minutes": found[0],
        "still_minutes": still,
        "volume": candle.base_volume,
        "notional": notional,
        "reason": None,
    }


def is_trade(candle: Minute | None) -> bool:
    return candle is not None and candle.base_volume > 0


def moved(candles: Candles, at: datetime) -> bool:
    """Whether the venue's price moved in a minute in which it traded."""
    one = candles[at]
    before = (at - age * MINUTE for age in range(1, MEMORY + 1))
    last = next((t for t in before if is_trade(candles.get(t))), None)
    return one.high > one.low or last is None or candles[last].close != one.close


def judge(symbol: str, known: list[Row]) -> None:
    """Give each venue that does not count its reason."""
    most_minutes, most_bps, still_minutes = RULES.get(symbol, USUAL)
    for venue in known:
        if venue["age_minutes"] > most_minutes:
            venue["reason"] = "stale"
    fresh = [v for v in known if not v["reason"]]
    still = [v for v in fresh if v["still_minutes"] >= still_minutes]
    if len(fresh) - len(still) >= 2:
        for venue in still:
            venue["reason"] = "frozen"
    while len(counted := [v for v in known if not v["reason"]]) > 2:
        ranked = [
            (distance(v, counted), v["price"], v["exchange_id"], v) for v in counted
        ]
        furthest = max(ranked, key=lambda one: one[:3])
        if furthest[0] * 10_000 <= most_bps:
            return
        furthest[3]["reason"] = "distance"


def distance(venue: Row, counted: Sequence[Row]) -> Decimal:
    middle = median(v["price"] for v in counted if v is not venue)
    return Decimal(abs(venue["price"] / middle - 1))


def weighted_median(traded: Sequence[Row]) -> Decimal | None:
    """The middle of as many prices as there were units of volume."""
    traded = [venue for venue in traded if venue["volume"]]
    half = sum(v["volume"] for v in traded) / 2
    below = Decimal(0)
    ordered = sorted(traded, key=lambda v: (v["price"], v["exchange_id"]))
    for place, venue in enumerate(ordered):
        below += venue["volume"]
        if below == half:
            return Decimal(venue["price"] + ordered[place + 1]["price"]) / 2
        if below > half:
            return Decimal(venue["price"])
    return None


def last(venues: Sequence[Row]) -> Row:
    """What was paid last by these venues."""
    if not venues:
        return {"last_price": None, "age_minutes": None}
    age = min(v["age_minutes"] for v in venues)
    newest = [v["price"] for v in venues if v["age_minutes"] == age]
    return {"last_price": median(newest), "age_minutes": age}


def dollars(
    rows: dict[tuple[str, datetime], Row],
    symbol: str,
    minute_at: datetime,
    middle: Decimal | None,
) -> Row:
    """The price in dollars, by the newest price of the quote within an hour."""
    names = ("peg", "peg_minute_at", "peg_age_minutes", "peg_venues_count")
    quote = symbol.split("/")[1]
    if quote == "USD" or middle is None:
        return {"price_usd": middle, **dict.fromkeys(names)}
    for age in range(MEMORY):
        peg = rows.get((f"{quote}/USD", minute_at - age * MINUTE))
        if peg and peg["median"] is not None:
            found = (peg["median"], peg["minute_at"], age, peg["venues_count"])
            priced = rounded(middle * peg["median"], 18)
            return {"price_usd": priced, **dict(zip(names, found, strict=True))}
    return {"price_usd": None, **dict.fromkeys(names)}


def far(price: Decimal, middle: Decimal) -> float | None:
    """The distance as JSON has it."""
    return float(bps(abs(price - middle), middle)) if middle else None


def bps(part: Decimal, whole: Decimal) -> Decimal:
    return rounded(part * 10_000 / whole, 4)


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    return rounded(Decimal(part) / whole, 18) if whole else None


def rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
