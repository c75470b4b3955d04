"""A market that goes wrong for a while: of one venue, in candles and trades alike."""

import pytest

from pipelines.sandbox.clock import Clock, parse_instant
from pipelines.sandbox.faults import Faults
from pipelines.sandbox.feed import candles_from
from pipelines.sandbox.generated import generated_feed
from pipelines.sandbox.listings import generated_pairs
from pipelines.sandbox.market import DAY_MS, MINUTE_MS
from pipelines.sandbox.pages import Pages
from pipelines.sandbox.upstreams import disturbed
from pipelines.sandbox.view import View

DAY = parse_instant("2024-01-10") // DAY_MS
SINCE, UNTIL = DAY * DAY_MS + 600 * MINUTE_MS, DAY * DAY_MS + 660 * MINUTE_MS
SYMBOL = "BTC/USDT"
FEED = generated_feed(1, generated_pairs())


@pytest.fixture
def faults():
    return Faults(1)


@pytest.fixture
def series(faults):
    return disturbed("kraken", FEED["kraken"], faults)[SYMBOL]


def turn_on(faults, kind, **fields):
    span = {"since_ms": SINCE, "until_ms": UNTIL}
    faults.add(
        {"kind": kind, "exchange_id": "kraken", "path": SYMBOL, **span, **fields}
    )


def within(candles):
    return [c for c in candles if SINCE <= c.opened_at_ms < UNTIL]


@pytest.mark.parametrize("kind", ["freeze", "spike", "depeg", "gone"])
def test_candles_are_what_the_trades_make_and_the_rest_of_the_day_stays(
    faults, series, kind
):
    before = FEED["kraken"][SYMBOL].candles_of_day(DAY)
    turn_on(faults, kind)
    candles = series.candles_of_day(DAY)

    assert list(candles) == list(candles_from(series.trades_of_day(DAY)))
    assert [c for c in candles if c not in within(candles)] == [
        c for c in before if c not in within(before)
    ]
    assert within(candles) != within(before)
    assert series.candles_of_day(DAY + 1) == FEED["kraken"][SYMBOL].candles_of_day(
        DAY + 1
    )


def test_what_is_frozen_has_the_last_price_and_trades(faults, series):
    last = series.last_close_before(SINCE)
    turn_on(faults, "freeze")
    candles = within(series.candles_of_day(DAY))
    assert {p for c in candles for p in (c.high, c.low, c.close)} == {last}
    assert all(c.base_volume for c in candles)


def test_what_spikes_is_so_much_higher_on_the_grid(faults, series):
    before = within(series.candles_of_day(DAY))
    turn_on(faults, "spike", factor=1.5)
    after = within(series.candles_of_day(DAY))
    tick = series.instrument.tick
    for one, other in zip(before, after, strict=True):
        assert abs(other.close - 1.5 * one.close) <= tick / 2
        assert other.close % tick == 0
        assert other.base_volume == one.base_volume


def test_what_is_gone_has_no_trade(faults, series):
    turn_on(faults, "gone")
    assert within(series.candles_of_day(DAY)) == []
    assert series.last_close_before(UNTIL) == series.last_close_before(SINCE)


def test_a_fault_is_seen_in_days_that_were_rendered_before(faults, series):
    clock = Clock((DAY + 1) * DAY_MS, is_frozen=True)
    pages = Pages(View(series, clock, fills=True), clock, repr)
    whole = pages.forwards(SINCE, UNTIL, 1000)
    turn_on(faults, "spike")
    assert pages.forwards(SINCE, UNTIL, 1000) != whole
    faults.clear()
    assert pages.forwards(SINCE, UNTIL, 1000) == whole


def test_other_venues_and_instruments_go_on(faults):
    turn_on(faults, "gone")
    others = disturbed("binance", FEED["binance"], faults)[SYMBOL]
    assert within(others.candles_of_day(DAY))
    ether = disturbed("kraken", FEED["kraken"], faults)["ETH/USDT"]
    assert within(ether.candles_of_day(DAY))
