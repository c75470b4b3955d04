"""Features hold the prices and rates of funding that a query then would have seen."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import log, sqrt
from statistics import median
from typing import Any

import pytest

from pipelines import warehouse
from tests.contents.batches import put
from tests.contents.transform import Transform
from tests.histories.venue_histories import MINUTES, START, minutes, put_minutes
from tests.integration.models.test_dbt_histories import select
from tests.soak import seeds, times

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STEP = timedelta(minutes=47)
STEPS = 10  # the last ones long after the last candle
MODELS = ("int_prices_consolidated", "fct_prices", "fct_funding")
SETTLEMENT = ("exchange_id", "symbol", "due_at")
SYMBOLS = ("BTC/USDT:USDT", "BTC/USD:BTC")
PRICES = """
select asset, quote, minute_at, price_usd::float8 from gold.fct_prices
where price_usd is not null
"""
RATES = """
select exchange_id, symbol, due_at, annualised_rate::float8 from gold.fct_funding
where annualised_rate is not null
"""
FEATURES = """
select asset, hour_at, price_quote, price_usd::float8, price_age_minutes::integer,
    volatility, funding_rate, funding_age_minutes::integer, is_assumed
from gold.fct_asset_features{}
"""

# runs that could be read by then, and are not earlier yet
EARLIER = """
update history.runs set known_at = %s
where known_at <= %s and known_at > now() - interval '1 day'
"""

Key = tuple[str, str, datetime]
Told = Mapping[Key, float]


class Versions:
    """What stood after each run, and what one could know by it.

    The first value of what was `late` is assumed to have been known two minutes after
    it ended, `length` after its time.
    """

    def __init__(self, length: timedelta, late: timedelta) -> None:
        self._length, self._late = length, late
        self._seen: list[tuple[datetime, Told]] = []
        self._first: dict[Key, tuple[datetime, float]] = {}

    def see(self, at: datetime, rows: Sequence[Any]) -> None:
        """Keep what stands."""
        told = {(one, other, time): value for one, other, time, value in rows}
        self._seen.append((at, told))
        for key, value in told.items():
            self._first.setdefault(key, (at, value))

    def known(self, end: datetime, *, strict: bool) -> Told:
        """Of each what was known then."""
        stood = [told for at, told in self._seen if at <= end]
        assumed = {
            key: value
            for key, (at, value) in self._first.items()
            if not strict
            and key[2] + self._length + 2 * MINUTE <= end < at
            and at > key[2] + self._length + self._late
        }
        return assumed | dict(stood[-1] if stood else {})


class Expected:
    """An hour of an asset, as one could know it at its end."""

    def __init__(self, asset: str, end: datetime, prices: Told, rates: Told) -> None:
        self._asset, self._end, self._prices, self._rates = asset, end, prices, rates

    def row(self) -> tuple[Any, ...]:
        """As `FEATURES` says it."""
        return (*self._price(), *self._funding())

    def _price(self) -> tuple[Any, ...]:
        end, prices = self._end, self._prices
        found = [
            (-at.timestamp(), quote != "USD", quote, at)
            for asset, quote, at in prices
            if asset == self._asset and end - HOUR <= at < end
        ]
        if not found:
            return (None,) * 4
        *_, quote, at = min(found)
        price = prices[self._asset, quote, at]
        hour = [
            prices[key]
            for n in range(60, -1, -1)
            if (key := (self._asset, quote, at - n * MINUTE)) in prices
        ]
        returns = [log(b / a) for a, b in pairwise(hour)]
        squares = sum(one**2 for one in returns)
        volatility = sqrt(squares) if len(returns) > 1 else None
        return quote, price, (end - at - MINUTE) // MINUTE, volatility

    def _funding(self) -> tuple[Any, ...]:
        newest: dict[str, tuple[datetime, float]] = {}
        for (_, symbol, at), rate in self._rates.items():
            if (
                symbol.split("/")[0] == self._asset
                and self._end - 8 * HOUR < at <= self._end
            ):
                newest[symbol] = max(newest.get(symbol, (at, rate)), (at, rate))
        if not newest:
            return None, None
        last = max(at for at, _ in newest.values())
        rate = median(rate for _, rate in newest.values())
        return rate, (self._end - last) // MINUTE


def arrivals(rng: random.Random, at: datetime, value: Any, other: Any) -> Iterator[Any]:
    """In which steps what ended then arrives, and as what: late, wrong at first."""
    live = max(0, -((START - at) // STEP) - 1)
    step = rng.choice((live,) * 5 + (live + 1, live + 4))
    if rng.random() < 0.15:
        yield min(step, STEPS - 1), other
        step += rng.choice((1, 2, 5))
    yield min(step, STEPS - 1), value


def settled(symbol: str, at: datetime, rate: int) -> dict[str, Any]:
    return {
        "exchange_id": "binance",
        "symbol": symbol,
        "due_at": at,
        "settled_at_ms": int(at.timestamp() * 1000),
        "funding_rate": f"{rate}e-6",
        "interval_hours": 1,
        "evidence_grade": "closed",
        "source": "rest",
        "reading_id": "r",
        "is_contradicted": False,
    }


def told_in_steps(rng: random.Random) -> Iterator[tuple[list[Any], list[Any]]]:
    """Candles and settlements of each step; of a step the last that it says."""
    candles: list[dict[Any, Any]] = [{} for _ in range(STEPS)]
    settlements: list[dict[Any, Any]] = [{} for _ in range(STEPS)]
    for one in minutes(rng):
        wrong = one._replace(close=one.close * 2, high=one.close * 2)
        for step, told in arrivals(rng, one.opened_at + MINUTE, one, wrong):
            candles[step][one[:3]] = told
    for symbol in SYMBOLS:
        for hours in range(MINUTES // 60):
            at = START.replace(minute=0) + (hours + 1) * HOUR
            rates = [settled(symbol, at, rng.randint(1, 99)) for _ in range(2)]
            for step, rate in arrivals(rng, at, *rates):
                settlements[step][symbol, at] = rate
    for step in range(STEPS):
        yield [*candles[step].values()], [*settlements[step].values()]


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(__name__, times(10, 1)))
def test_a_row_holds_what_a_query_at_its_hours_end_saw(built_database, seed):
    print(f"seed {seed}")
    transform = Transform()
    prices, rates = Versions(MINUTE, HOUR), Versions(timedelta(), 24 * HOUR)
    moments = []
    for step, told in enumerate(told_in_steps(random.Random(seed))):
        candles, settlements = told
        now = START + (step + 1) * STEP
        with warehouse.connect("transformer", "test") as connection:
            put_minutes(connection, candles)
            put(connection, "silver.int_funding_settled", SETTLEMENT, settlements)
        transform.rerun("run", "--select", *MODELS)
        moments.append((now, select("select clock_timestamp()")[0][0]))
        prices.see(now, select(PRICES))
        rates.see(now, select(RATES))
    for now, at in moments:  # at last: histories forget what is so old
        with warehouse.connect("transformer", "test") as connection:
            connection.execute(EARLIER, (now, at))
    seen = {}
    for strict in (False, True):
        rows = select(FEATURES.format("_strict" if strict else ""))
        for asset, hour, *features, is_assumed in rows:
            end = hour + HOUR
            known = [one.known(end, strict=strict) for one in (prices, rates)]
            expected = Expected(asset, end, *known).row()
            assert features == pytest.approx(list(expected)), (asset, hour, strict)
            assert not (strict and is_assumed)
            seen[strict, asset, hour] = features
    final = [one.known(START + 99 * HOUR, strict=True) for one in (prices, rates)]
    changed = {
        index
        for (strict, asset, hour), told in seen.items()
        for index, (now, later) in enumerate(
            zip(told, Expected(asset, hour + HOUR, *final).row(), strict=True)
        )
        if strict and now != later
    }
    assert changed >= {1, 3, 4}  # prices, volatilities and rates were corrected since
    assert any(told != seen[True, *key] for (strict, *key), told in seen.items())
