"""What one venue gets wrong for a while moves no consolidated price, and is said."""

import csv
import io
import json
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.running import running
from tests.conftest import warehouse_of
from tests.histories.venue_histories import IN_GOLD, minutes_of
from tests.oracles import price_oracle
from tests.services.command import bullion

DATE = "2024-01-10"
NOW = f"{DATE}T12:00:00Z"
VENUES = ("binance", "binance_us", "coinbase", "kraken")
SERIES = [
    *((venue, "BTC/USDT") for venue in VENUES),
    ("coinbase", "USDT/USD"),
    ("kraken", "USDT/USD"),
]
# kind, venue, symbol, span, and what else
FAULTS: tuple[tuple[str, str, str, str, str, dict[str, float]], ...] = (
    ("freeze", "binance_us", "BTC/USDT", "08:30", "09:10", {}),
    ("spike", "binance", "BTC/USDT", "09:30", "09:50", {"factor": 1.2}),
    ("gone", "coinbase", "BTC/USDT", "10:00", "10:40", {}),
    ("depeg", "", "USDT/USD", "11:00", "11:30", {"factor": 0.88}),
)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"{DATE}T{clock}:00+00:00")


@pytest.fixture(scope="module")
def loaded(server, parsed, tmp_path_factory):
    """Asks gold, after four hours with faults were loaded; and its environment."""
    folder = tmp_path_factory.mktemp("faults")
    with (
        pytest.MonkeyPatch.context() as patch,
        warehouse_of(server, folder, patch, parsed=parsed) as database,
        running(now=NOW, frozen=True, rate_limit=False) as venues,
    ):
        for kind, exchange_id, symbol, since, until, fields in FAULTS:
            span = [parse_instant(f"{DATE}T{clock}:00Z") for clock in (since, until)]
            about = {"exchange_id": exchange_id, "path": symbol, **fields}
            venues.inject(kind, since_ms=span[0], until_ms=span[1], **about)
        bullion("up", "postgres", environment=venues.environment)
        add = "insert into config.instruments (exchange_id, symbol, since)"
        with psycopg.connect(**database) as connection:
            connection.execute("delete from config.instruments")
            connection.execute(
                "update config.exchanges set is_enabled = exchange_id = any(%s)",
                (list(VENUES),),
            )
            rows = [(*one, f"{DATE}T08:00Z") for one in SERIES]
            connection.cursor().executemany(f"{add} values (%s, %s, %s)", rows)
        bullion("load", "exchange", environment=venues.environment)
        bullion("transform", environment=venues.environment)

        def ask(query):
            words = ("sql", "-c", query, "--csv")
            text = bullion(*words, environment=venues.environment)
            return list(csv.DictReader(io.StringIO(text)))

        yield ask, venues.environment


@pytest.fixture(scope="module")
def gold(loaded):
    return loaded[0]


@pytest.fixture(scope="module")
def prices(gold):
    """Rows of prices of BTC in USDT by minute, what is left out read."""
    rows = gold(
        "select * from fct_prices where asset = 'BTC' and quote = 'USDT'"
        " order by minute_at"
    )
    for row in rows:
        row["excluded"] = json.loads(row["excluded"])
    return {datetime.fromisoformat(row["minute_at"]): row for row in rows}


def between(prices, since, until):
    return [row for key, row in prices.items() if at(since) <= key < at(until)]


def reasons(rows, exchange_id):
    """How often the venue was left out, by reason."""
    venues = [venue for row in rows for venue in row["excluded"]]
    return Counter(v["reason"] for v in venues if v["exchange_id"] == exchange_id)


@pytest.mark.slow(60)
def test_a_frozen_venue_does_not_count_until_it_moves_again(prices):
    before = reasons(between(prices, "08:15", "08:30"), "binance_us")
    frozen = reasons(between(prices, "08:45", "09:10"), "binance_us")
    after = reasons(between(prices, "09:16", "09:30"), "binance_us")
    assert frozen["frozen"] >= 20
    assert frozen.total() == 25
    assert before["frozen"] == after["frozen"] == 0


def test_a_spike_moves_no_median(prices):
    level = Decimal(prices[at("09:29")]["median"])
    rows = [r for r in between(prices, "09:30", "09:50") if r["median"]]
    assert reasons(rows, "binance")["distance"] == len(rows) == 20
    for row in rows:
        assert abs(Decimal(row["median"]) / level - 1) < Decimal("0.03")
        (venue,) = (v for v in row["excluded"] if v["exchange_id"] == "binance")
        assert 1900 < venue["distance_bps"] < 2100
        assert int(row["venues_count"]) >= 2
    assert not reasons(between(prices, "09:51", "10:00"), "binance")


def test_a_venue_that_is_gone_is_stale(prices):
    gone = between(prices, "10:06", "10:40")
    assert reasons(gone, "coinbase") == {"stale": len(gone)}
    assert {row["venues_count"] for row in gone} <= {"1", "2", "3"}
    assert not reasons(between(prices, "10:50", "11:00"), "coinbase")["distance"]


def test_dollars_follow_a_peg_that_breaks(prices):
    rows = [r for r in between(prices, "11:10", "11:30") if r["median"]]
    assert rows
    for row in rows:
        ratio = Decimal(row["price_usd"]) / Decimal(row["median"])
        assert abs(ratio - Decimal(row["peg"])) < Decimal("1e-9")
        assert Decimal("0.87") < ratio < Decimal("0.89")
        assert int(row["peg_venues_count"]) in {1, 2}
    held = [r for r in between(prices, "10:00", "11:00") if r["median"]]
    assert all(Decimal("0.98") < Decimal(r["peg"]) < Decimal("1.02") for r in held)


def test_all_prices_are_what_the_candles_make(gold, prices):
    candles = minutes_of(gold(IN_GOLD))
    wanted = [r for r in price_oracle.prices(candles) if r["quote"] == "USDT"]
    assert [row["minute_at"] for row in wanted] == list(prices)
    assert len(wanted) == timedelta(hours=4) / timedelta(minutes=1)
    for row in wanted:
        found = prices[row["minute_at"]]
        assert found["excluded"] == row["excluded"]
        for name in ("median", "volume_weighted_median", "price_usd", "last_price"):
            assert (Decimal(found[name]) if found[name] else None) == row[name], name


def test_what_a_fault_made_of_a_candle_is_listed_and_stands(gold):
    listed = gold(
        "select exchange_id, opened_at, anomaly, measure, close is not null as stands"
        " from fct_candle_anomalies left join fct_candles"
        " using (exchange_id, symbol, opened_at)"
        " where symbol = 'BTC/USDT' and timeframe = '1m'"
    )
    assert all(row["stands"] == "t" for row in listed)
    seen = {
        (row["exchange_id"], row["anomaly"], datetime.fromisoformat(row["opened_at"]))
        for row in listed
    }
    spiked = {("binance", "jump", at(clock)) for clock in ("09:30", "09:50")}
    assert spiked <= seen
    frozen = {moment for venue, kind, moment in seen if kind == "frozen"}
    assert len(frozen) >= 20
    assert all(at("08:30") <= moment <= at("09:15") for moment in frozen)
    assert ("binance_us", "frozen", at("09:00")) in seen
    hours = gold(
        "select * from rpt_data_quality where subject = 'BTC/USDT' and feed = 'candles'"
    )
    assert sum(int(row["anomalies_count"]) for row in hours) == len(listed)
    furthest = max(hours, key=lambda row: Decimal(row["distance_max_bps"] or 0))
    assert (furthest["scope"], int(furthest["hour_at"][11:13])) == ("binance", 9)
    assert 1900 < Decimal(furthest["distance_max_bps"]) < 2100


def test_a_price_is_explained_by_its_venues_and_who_is_left_out(loaded, prices):
    words = ("explain", "price", "BTC/USDT", "1m", f"{DATE}T09:40")
    (facts,) = json.loads(bullion(*words, "--json", environment=loaded[1]))
    price = prices[at("09:40")]
    assert Decimal(facts["median"]) == Decimal(price["median"])
    counted = [v for v in facts["venues"] if v["is_counted"]]
    assert len(counted) == int(price["venues_count"])
    assert min(Decimal(v["close"]) for v in counted) <= Decimal(price["median"])
    (left_out,) = (v for v in facts["venues"] if v["exchange_id"] == "binance")
    assert left_out["reason"] == "distance"
    text = bullion(*words, environment=loaded[1])
    assert f"the median of {len(counted)} venues" in text
    assert "binance does not count: distance, last trade 2024-01-10 09:40 UTC" in text
