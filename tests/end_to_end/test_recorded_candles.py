"""The main job on real input: recorded candles, value for value, in gold."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import psycopg
import pytest

from pipelines.sandbox.running import running
from tests.conftest import warehouse_of
from tests.histories.recordings import RECORDED, read, write
from tests.histories.venue_histories import IN_GOLD, minutes_of
from tests.oracles import price_oracle
from tests.services.command import bullion
from tests.soak import some

# Kraken answers with its newest 720 minutes, so no step is longer than 12 hours
STEPS = (
    "2023-03-01T09:30:30Z",
    "2023-03-01T20:00:00Z",
    "2023-03-02T06:15:59Z",
    "2023-03-02T17:00:01Z",
    "2023-03-03T00:00:00Z",
)
BUILT = {*some(__name__, STEPS[:-1], 1), STEPS[-1]}
SINCE = "2023-03-01T00:00Z"
VALUES = ("open", "high", "low", "close", "base_volume")
COUNTS = ("quote_volume", "trades_count", "taker_buy_base", "taker_buy_quote")
PRICES = (
    *("vwap", "median", "volume_weighted_median", "venues_count", "vwap_venues_count"),
    *("dispersion_bps", "base_volume", "last_price", "age_minutes", "price_usd"),
    *("peg", "peg_age_minutes", "peg_venues_count"),
)
SERIES = [(e, s) for e, series in RECORDED.items() for s in series]


@pytest.fixture(scope="module")
def gold(server, parsed, recorded, tmp_path_factory):
    """Asks gold, after the recordings were loaded in steps of the venues' clock."""
    folder = tmp_path_factory.mktemp("recorded")
    write(recorded, folder / "recordings")
    sandbox = running(
        recordings=folder / "recordings", now="2023-03-01T00:00:00Z", frozen=True
    )
    with (
        pytest.MonkeyPatch.context() as patch,
        warehouse_of(server, folder, patch, parsed=parsed) as database,
        sandbox as venues,
    ):
        environment = {
            f"BULLION_{exchange_id.upper()}_URL": venues.venue_url(exchange_id)
            for exchange_id in RECORDED
        }
        bullion("up", "postgres", environment=environment)
        configure(database)
        for now in STEPS:
            venues.set_clock(now)
            bullion("load", "exchange", environment=environment)
            if now in BUILT:
                bullion("transform", environment=environment)

        def ask(query):
            text = bullion("sql", "-c", query, "--csv", environment=environment)
            return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)

        yield ask


def configure(database):
    """The recorded series, and no other, are what is loaded."""
    add = "insert into config.instruments (exchange_id, symbol, since)"
    with psycopg.connect(**database) as connection:
        connection.execute("delete from config.instruments")
        connection.execute(
            "update config.exchanges set is_enabled = exchange_id = any(%s)",
            (list(RECORDED),),
        )
        rows = [(*one, SINCE) for one in SERIES]
        connection.cursor().executemany(f"{add} values (%s, %s, %s)", rows)


@pytest.fixture(scope="module")
def candles(gold):
    """Candles of a series by the millisecond of their opening, ended by the clock."""
    frame = gold(
        "select *, extract(epoch from opened_at)::bigint * 1000 as opened_at_ms"
        " from fct_candles where timeframe in ('1m', '1h', '1d')"
        " and opened_at < '2023-03-03' order by opened_at"
    ).astype({"opened_at_ms": "int64"})
    series = dict(list(frame.groupby(["exchange_id", "symbol", "timeframe"])))
    return {key: rows.set_index("opened_at_ms") for key, rows in series.items()}


@pytest.mark.parametrize(("exchange_id", "symbol"), SERIES)
def test_every_recorded_row_equals_its_gold_candle(
    candles, recorded, exchange_id, symbol
):
    expected = read(recorded, exchange_id, symbol).set_index("opened_at_ms")
    found = candles[exchange_id, symbol, "1m"]

    assert set(expected.index) <= set(found.index)
    for column in [c for c in (*VALUES, *COUNTS) if c in expected]:
        for stamp, text in expected[column].items():
            assert Decimal(found.at[stamp, column]) == round(Decimal(text), 8), (
                f"{column} of {symbol} on {exchange_id} at {stamp}"
            )
    missing = [c for c in COUNTS if c not in expected]
    assert (found.loc[expected.index, missing] == "").all(axis=None)


@pytest.mark.parametrize(("exchange_id", "symbol"), SERIES)
def test_a_further_candle_is_flat_and_of_volume_zero(
    candles, recorded, exchange_id, symbol
):
    expected = read(recorded, exchange_id, symbol).set_index("opened_at_ms")
    found = candles[exchange_id, symbol, "1m"]
    further = found[~found.index.isin(expected.index)]

    for candle in further.itertuples():
        prices = (candle.open, candle.high, candle.low, candle.close)
        assert len({Decimal(price) for price in prices}) == 1
        assert Decimal(candle.base_volume) == 0
    first, minutes = expected.index.min(), 2 * 1440
    quiet = minutes - len(expected) - (first - 1677628800000) // 60_000
    assert len(further) == (quiet if exchange_id == "kraken" else 0)


@pytest.mark.parametrize("timeframe", ["1h", "1d"])
@pytest.mark.parametrize(("exchange_id", "symbol"), SERIES)
def test_buckets_equal_an_independent_computation(
    candles, exchange_id, symbol, timeframe
):
    minutes = candles[exchange_id, symbol, "1m"]
    size = {"1h": 3_600_000, "1d": 86_400_000}[timeframe]
    found = candles[exchange_id, symbol, timeframe]
    buckets = minutes.groupby(minutes.index // size * size)

    assert list(found.index) == sorted(buckets.groups)
    for start, parts in buckets:
        numbers = parts[list(VALUES)].map(Decimal)
        bucket = found.loc[start]
        assert Decimal(bucket["open"]) == numbers["open"].iloc[0]
        assert Decimal(bucket["high"]) == numbers["high"].max()
        assert Decimal(bucket["low"]) == numbers["low"].min()
        assert Decimal(bucket["close"]) == numbers["close"].iloc[-1]
        assert Decimal(bucket["base_volume"]) == numbers["base_volume"].sum()
        assert int(bucket["minutes_count"]) == len(parts)


def test_quiet_minutes_of_coinbase_are_gaps_without_proof(gold, recorded):
    found = gold(
        "select symbol, sum(minutes_count) as minutes_count from fct_gaps"
        " where exchange_id = 'coinbase'"
        " and cause in ('quiet, unproven', 'left out once, unproven') group by 1"
    )
    expected = {}
    for symbol in RECORDED["coinbase"]:
        quiet = 2 * 1440 - len(read(recorded, "coinbase", symbol))
        if quiet:
            expected[symbol] = str(quiet)
    rows = found.itertuples(index=False)
    assert {r.symbol: r.minutes_count for r in rows} == expected


def test_kraken_has_no_gap_but_what_was_before_its_first_row(gold, recorded):
    found = gold(
        "select symbol, cause, sum(minutes_count) as minutes_count from fct_gaps"
        " where exchange_id in ('kraken', 'binance_us') group by 1, 2"
    )
    expected = {}
    for symbol in RECORDED["kraken"]:
        first = read(recorded, "kraken", symbol)["opened_at_ms"].min()
        if minutes := (first - 1677628800000) // 60_000:
            expected[symbol, "not listed"] = str(minutes)
    rows = found.itertuples(index=False)
    assert {(r.symbol, r.cause): r.minutes_count for r in rows} == expected


def test_a_day_is_complete_when_each_of_its_minutes_is_accounted_for(candles, gold):
    once = gold(
        "select symbol, started_date from fct_gaps where exchange_id = 'coinbase'"
        " and cause = 'left out once, unproven'"
    )
    left_out = set(once.itertuples(index=False, name=None))
    for exchange_id, symbol in SERIES:
        days = candles[exchange_id, symbol, "1d"]
        assert len(days) == 2
        # what Kraken had before the first row of a series is not a quiet minute
        whole = days["minutes_count"] == "1440"
        if exchange_id == "coinbase":
            dates = days["opened_at"].str[:10]
            whole = [(symbol, date) not in left_out for date in dates]
        assert ((days["is_complete"] == "t") == whole).all()
        assert set(days["evidence_grade"]) <= {"closed", "confirmed"}


def test_prices_equal_an_independent_computation(gold):
    rows = gold(
        "select * from fct_prices where minute_at < '2023-03-03'"
        " order by asset || '/' || quote, minute_at"
    ).to_dict("records")
    candles = minutes_of(gold(IN_GOLD).to_dict("records"))
    until = datetime(2023, 3, 3, tzinfo=UTC)
    wanted = price_oracle.prices(c for c in candles if c.opened_at < until)

    assert len(rows) == len(wanted) > 5 * 2800
    for row, right in zip(rows, wanted, strict=True):
        assert json.loads(row["excluded"]) == right["excluded"]
        for name in PRICES:
            found = Decimal(row[name]) if row[name] else None
            assert found == right[name], (name, row, right)
    counts = {row["venues_count"] for row in rows}
    assert counts >= {"1", "2", "3"}
