"""The generated feed: deterministic, readable anywhere, and it reconciles."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sandbox.clock import Clock, parse_instant
from pipelines.sandbox.feed import Series, candles_from, merged
from pipelines.sandbox.generated import generated_feed
from pipelines.sandbox.listings import generated_pairs
from pipelines.sandbox.market import DAY_MS, E8, MINUTE_MS, Candle, Trade
from pipelines.sandbox.view import MONTH, WEEK, View, bucket_end, bucket_start

FIRST_DAY = parse_instant("2019-01-01") // DAY_MS
DAYS = st.integers(FIRST_DAY, FIRST_DAY + 5000)
SERIES = [
    ("binance", "BTC/USDT"),
    ("binance_us", "XRP/USD"),
    ("kraken", "USDT/USD"),
    ("coinbase", "ATOM/USD"),
]


def series(exchange_id: str, symbol: str, seed: int = 1) -> Series:
    return generated_feed(seed, generated_pairs())[exchange_id][symbol]


@settings(max_examples=15, deadline=None)
@given(day=DAYS, which=st.sampled_from(SERIES), seed=st.integers(0, 1 << 40))
def test_candles_are_what_their_trades_make(
    day: int, which: tuple[str, str], seed: int
) -> None:
    one = series(*which, seed)
    assert list(one.candles_of_day(day)) == list(candles_from(one.trades_of_day(day)))


@settings(max_examples=10, deadline=None)
@given(day=DAYS, which=st.sampled_from(SERIES))
def test_a_day_is_the_same_without_the_days_before_it(
    day: int, which: tuple[str, str]
) -> None:
    one, other = series(*which), series(*which)
    for earlier in range(day - 3, day):
        one.candles_of_day(earlier)
    assert one.trades_of_day(day) == other.trades_of_day(day)


@settings(max_examples=10, deadline=None)
@given(day=DAYS, which=st.sampled_from(SERIES))
def test_trade_ids_are_contiguous_over_midnight_and_found_again(
    day: int, which: tuple[str, str]
) -> None:
    one = series(*which)
    trades = [*one.trades_of_day(day), *one.trades_of_day(day + 1)]
    first = trades[0].trade_id
    assert [trade.trade_id for trade in trades] == list(
        range(first, first + len(trades))
    )
    assert trades == sorted(trades, key=lambda trade: trade.traded_at_ns)
    assert len({trade.traded_at_ns for trade in trades}) == len(trades)
    assert one.day_of_trade(first) == day
    assert one.day_of_order(trades[-1].order_id) == day + 1


@pytest.mark.parametrize("which", SERIES)
def test_prices_and_amounts_lie_on_the_instruments_grid(which: tuple[str, str]) -> None:
    one = series(*which)
    for trade in one.trades_of_day(FIRST_DAY + 100):
        assert trade.price > 0
        assert trade.price % one.instrument.tick == 0
        assert trade.amount > 0
        assert trade.amount % one.instrument.lot == 0
        assert trade.price * trade.amount % E8 == 0, "a quote volume needs no rounding"


def test_another_seed_gives_other_trades() -> None:
    day = FIRST_DAY + 10
    one, other = series("kraken", "BTC/USD"), series("kraken", "BTC/USD", seed=2)
    assert one.trades_of_day(day) != other.trades_of_day(day)


def test_some_minutes_are_quiet_on_every_venue() -> None:
    for which in SERIES:
        assert len(series(*which).candles_of_day(FIRST_DAY + 50)) < 1440


def test_nothing_is_traded_before_the_listing() -> None:
    one = series("binance", "ARB/USDT")
    listed = parse_instant("2023-03-23") // DAY_MS
    assert not one.candles_of_day(listed - 1)
    assert one.candles_of_day(listed)
    assert one.first_opened_at_ms // DAY_MS == listed


@settings(max_examples=10, deadline=None)
@given(day=DAYS, minute=st.integers(0, 1439), second=st.integers(0, 59_999))
def test_the_forming_candle_holds_the_trades_up_to_now(
    day: int, minute: int, second: int
) -> None:
    one = series("coinbase", "BTC/USD")
    opened = day * DAY_MS + minute * MINUTE_MS
    view = View(one, Clock(opened + second, is_frozen=True), fills=False)
    so_far = [
        trade
        for trade in one.trades_of_day(day)
        if opened <= trade.traded_at_ms <= opened + second
    ]
    assert view.forming(opened + second) == next(candles_from(so_far), None)


def test_a_forming_candle_ends_final() -> None:
    one = series("binance", "BTC/USDT")
    opened = (FIRST_DAY + 7) * DAY_MS + 600 * MINUTE_MS
    clock = Clock(opened + 30_000, is_frozen=True)
    view = View(one, clock, fills=True)
    (forming,) = view.minutes(opened, opened + 1)
    clock.set(opened + MINUTE_MS)
    (final,) = view.minutes(opened, opened + 1)
    assert forming.base_volume < final.base_volume
    assert final in one.candles_of_day(FIRST_DAY + 7)


def test_a_venue_that_fills_leaves_no_minute_out() -> None:
    one = series("binance", "ATOM/USDT")
    start = (FIRST_DAY + 7) * DAY_MS
    clock = Clock(start + 2 * DAY_MS, is_frozen=True)
    rows = list(View(one, clock, fills=True).minutes(start, start + DAY_MS))
    assert [row.opened_at_ms for row in rows] == list(
        range(start, start + DAY_MS, MINUTE_MS)
    )
    for before, row in pairwise(rows):
        if row.trades_count == 0:
            assert row[1:5] == (before.close,) * 4
            assert row.base_volume == row.quote_volume == 0


MINUTES = st.lists(
    st.tuples(
        st.integers(1, 10**12), st.integers(1, 10**12), st.sampled_from(("buy", "sell"))
    ),
    min_size=1,
    max_size=60,
)


@given(rows=MINUTES)
def test_minutes_to_hours_is_the_same_by_way_of_five_minutes(
    rows: list[tuple[int, int, str]],
) -> None:
    trades = [
        Trade(n, n, n * 60_000_000_000, side, price, amount)  # type: ignore[arg-type]
        for n, (price, amount, side) in enumerate(rows)
    ]
    minutes = list(candles_from(trades))
    fives: list[Candle] = [
        merged(minutes[n].opened_at_ms, minutes[n : n + 5])
        for n in range(0, len(minutes), 5)
    ]
    # the vwap is rounded anew at each step: the exact fields are compared
    assert merged(0, fives)[:-1] == merged(0, minutes)[:-1]


def test_weeks_open_on_monday_and_months_on_the_first() -> None:
    at = parse_instant("2024-02-29T13:00:00Z")
    assert bucket_start(at, WEEK) == parse_instant("2024-02-26")
    assert bucket_start(at, MONTH) == parse_instant("2024-02-01")
    assert bucket_end(parse_instant("2024-01-01"), MONTH) == parse_instant("2024-02-01")
    assert bucket_end(parse_instant("2024-02-26"), WEEK) == parse_instant("2024-03-04")
