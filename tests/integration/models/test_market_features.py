"""Market features are what their definitions say, whatever the order of the candles."""

import csv
import math
import random
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from pipelines import warehouse
from tests.contents.as_known import AsKnown
from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories.bar_histories import SHAPES, Bar, Shape, bar, put_bars, series
from tests.histories.candle_histories import MINUTE
from tests.integration.models.test_dbt_histories import select
from tests.oracles import feature_oracle
from tests.soak import seeds, times

SEEDS = seeds(__name__, times(12, 1))
STEPS = times(12, 6)
MODEL = ("run", "--select", "fct_market_features")
DAY = int(datetime(2024, 1, 10, tzinfo=UTC).timestamp() * 1000)
KEY = ("symbol", "timeframe", "opened_at")
OBV = ("obv", "month_flow")


def stored() -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows of the mart by key."""
    with warehouse.connect("transformer", "test") as connection:
        cursor = connection.execute("select * from gold.fct_market_features")
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return {tuple(row[name] for name in KEY): row for row in rows}


def without_batch(rows):
    return {
        key: {name: value for name, value in row.items() if name != "changed_in"}
        for key, row in rows.items()
    }


def by_series(bars) -> dict[tuple[str, str], list[Bar]]:
    found: dict[tuple[str, str], list[Bar]] = {}
    for one in sorted(bars):
        found.setdefault((one.symbol, one.timeframe), []).append(one)
    return found


def check_definitions(rows, bars) -> None:
    """Each column of each bar is what an independent computation says.

    A difference of averages is as exact as these are.
    """
    assert len(rows) == len(bars)
    for one in by_series(bars).values():
        columns = feature_oracle.features(one)
        for name, column in columns.items():
            values = columns["ema_12"] if name.startswith("macd") else column
            scale = max((abs(v) for v in values if v is not None), default=0)
            for candle, expected in zip(one, column, strict=True):
                found = rows[candle[:3]][name]
                where = f"{name} of {candle[:3]}: {found} for {expected}"
                if expected is None or found is None:
                    assert found is expected, where
                else:
                    close = math.isclose(
                        found, expected, rel_tol=1e-11, abs_tol=1e-13 * scale
                    )
                    assert close, where
        for candle in one:
            assert rows[candle[:3]]["is_complete"] is candle.is_complete


def check_touched(before, after, bars, changed) -> None:
    """What moved is in the named blocks; of a month's other bars it is `obv` alone."""
    rows = without_batch(after)
    old = without_batch(before)
    moved = {key for key, row in rows.items() if old.get(key) != row}
    newest = max(row["changed_in"] for row in after.values())
    written = {
        key
        for key, row in after.items()
        if row["changed_in"] != (before.get(key) or {}).get("changed_in")
    }
    assert moved == written
    assert all(after[key]["changed_in"] == newest for key in written)
    for one in by_series(bars).values():
        ours = {c.opened_at for c in one if c[:3] in changed}
        months = {(at.year, at.month): at for at in sorted(ours, reverse=True)}
        named = set(feature_oracle.named(one, ours))
        for key in {c[:3] for c in one if c.opened_at not in named} & moved:
            at = key[2]
            assert at > months[at.year, at.month]
            names = rows[key].keys()
            assert {n for n in names if rows[key][n] != old[key][n]} <= {*OBV}


def steps(bars: list[Bar], rng: random.Random) -> list[list[Bar]]:
    """Batches that end with these bars: late, backfilled, some wrong at first."""
    batches: list[list[Bar]] = [[] for _ in range(STEPS)]
    for one in by_series(bars).values():
        cut = rng.randint(0, len(one))
        front, rest = one[:cut], one[cut:]
        late = rng.randint(1, STEPS - 2)
        edges = sorted(rng.choices(range(len(rest) + 1), k=STEPS - 2))
        for number, (low, high) in enumerate(pairwise([0, *edges, len(rest)])):
            batches[number] += rest[low:high]
        batches[late] += front
        for place in rng.sample(range(len(one)), min(len(one), 3)):
            wrong = bar(Shape(*one[place][:3], 0, 0), one[place].opened_at, 777, rng)
            number = rng.randint(0, STEPS - 2)
            batches[number] = [b for b in batches[number] if b[:3] != wrong[:3]]
            batches[number].append(wrong)
            batches[-1].append(one[place])
    return batches


@pytest.mark.slow(30)
@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_of_candles_gives_the_features_of_a_full_refresh(
    built_database, seed
):
    print(f"seed {seed}")
    rng = random.Random(seed)
    bars = [one for shape in SHAPES for one in series(shape, rng)]
    transform = Transform()
    held: dict[tuple[Any, ...], Bar] = {}
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    as_known = AsKnown("market_features")
    for batch in steps(bars, rng):
        with warehouse.connect("transformer", "test") as connection:
            put_bars(connection, batch)
        held |= {one[:3]: one for one in batch}
        transform.rerun(*MODEL)
        before, rows = rows, stored()
        check_touched(before, rows, held.values(), {one[:3] for one in batch})
        as_known.see()
    as_known.check()
    assert sorted(held.values()) == sorted(bars)
    check_definitions(rows, bars)
    transform.run(*MODEL, "--full-refresh")
    assert without_batch(stored()) == without_batch(rows)


def recorded_bars(recorded) -> list[dict[str, str]]:
    with (recorded / "reference" / "quotes_spy_daily.csv").open() as file:
        return list(csv.DictReader(file))


def published(recorded, call: str) -> dict[int, tuple[float | None, int]]:
    """Values by the row that has them, and how many digits they are rounded to."""
    with (recorded / "reference" / "expected_rsi_sma.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["call"] == call]
    assert rows
    return {
        int(row["row_index"]): (
            float(row["expected"]) if row["expected"] else None,
            int(row["rounded_to"] or 0),
        )
        for row in rows
    }


def check_published(values, expected) -> None:
    for place, (value, digits) in expected.items():
        found = values[place]
        assert (None if found is None else round(found, digits)) == value, place


@pytest.mark.slow(15)
def test_recorded_bars_served_as_minutes_have_the_published_values(
    built_database, recorded
):
    bars = recorded_bars(recorded)
    meta = {
        "exchange_id": "binance",
        "symbol": "SPY/USD",
        "timeframe": "1m",
        "venue_now_ms": DAY + 1440 * MINUTE,
        "request_id": "a",
        "origin": "GET /candles",
        "received_at": "2024-01-11T00:00:00Z",
    }
    names = ("quote_volume", "trades_count", "taker_buy_base", "taker_buy_quote")
    candles = [
        {
            **meta,
            **dict.fromkeys((*names, "vwap", "closed_at_ms")),
            **{name: row[name] for name in ("open", "high", "low", "close")},
            "base_volume": row["volume"],
            "opened_at_ms": DAY + place * MINUTE,
        }
        for place, row in enumerate(bars)
    ]
    deliver({"ohlcv": candles})
    Transform().rerun("run", "--select", "+fct_market_features")
    found = select(
        "select rsi_14, volume_sma_20, vwap_day, missing_bars_count"
        " from gold.fct_market_features where timeframe = '1m' order by opened_at"
    )
    rsi, volume_sma, vwap, missing = zip(*found, strict=True)

    assert len(found) == len(bars) == 502
    check_published(rsi, published(recorded, "get_rsi(quotes, 14)"))
    check_published(
        volume_sma, published(recorded, "get_sma(quotes, 20, CandlePart.VOLUME)")
    )
    assert set(vwap) == {None}  # nobody said what was paid
    assert set(missing) == {0}


def test_another_period_is_a_parameter_of_the_function(database, recorded):
    rows = recorded_bars(recorded)
    arrays = [
        [row[name] for row in rows] for name in ("high", "low", "close", "volume")
    ]
    call = (
        "select rsi from market.indicators(%s::text[]::double precision[],"
        " %s::text[]::double precision[], %s::text[]::numeric[], %s::text[]::numeric[],"
        " rsi_period => 1) order by bar"
    )
    with warehouse.connect("analyst", "test") as connection:
        rsi = [value for (value,) in connection.execute(call, arrays)]
    assert rsi[0] is None
    check_published(rsi, published(recorded, "get_rsi(quotes, 1)"))
