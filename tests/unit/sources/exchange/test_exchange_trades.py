"""Each kind of cursor brings every trade of a span once, and says how far it speaks."""

import json
import random
from dataclasses import replace
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from pipelines.settings import settings
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.feeds import TRADES
from pipelines.sources.exchange.paginators import ROUNDED_NS
from pipelines.sources.exchange.routes import market_of
from pipelines.sources.exchange.series import Series
from pipelines.sources.exchange.venues import VENUES
from pipelines.sources.exchange.walks import WalkReader
from pipelines.upstream.pages import Gap
from pipelines.upstream.progress import NO_PROGRESS
from tests.fakes.trade_venues import MS, S, Trade, aggregate, binance, coinbase, kraken
from tests.fakes.trade_venues import VENUES as FAKES
from tests.fakes.venue_server import (
    NOW_MS,
    FakeBudget,
    FakeClock,
    Reply,
    configured,
    venue_server,
)

NOW_NS = NOW_MS * MS
START = NOW_NS - 3600 * S
PAGE = 10
SHAPES = list(FAKES)
# an answer of theirs without a row says that there was none: see `test_page_ends`
REMEMBER = [venue for venue in SHAPES if venue != "kraken_futures"]


def market(count=95, *, seed=1, ids_missing=()):
    """Trades of the last hour, many at one stamp; ids rise by one but for holes."""
    chance = random.Random(seed)
    stamps = sorted(chance.randrange(START, NOW_NS, MS) for _ in range(count // 2))
    stamps = sorted(stamps + chance.choices(stamps, k=count - len(stamps)))
    ids = (i for i in range(5000, 5000 + 10 * count) if i not in ids_missing)
    return [
        Trade(next(ids), at, f"{10 + n}.5", "0.25", is_buy=n % 3 == 0)
        for n, at in enumerate(stamps)
    ]


class CountedProgress:
    minutes = asked = rows = 0

    def planned(self, minutes):
        self.minutes += minutes

    def answered(self, minutes, rows):
        self.asked += minutes
        self.rows += rows


@pytest.fixture
def load(monkeypatch):
    """Load holes of a venue that answers so; gives tables and what was asked."""

    def loaded(venue, respond, *holes, progress=NO_PROGRESS):
        spec = VENUES[venue]
        named: Any = spec.route(TRADES.name)
        route = replace(named, page_rows=PAGE)
        with venue_server(respond) as server:
            monkeypatch.setenv(f"BULLION_{venue.upper()}_URL", server.url)
            settings.cache_clear()
            client = VenueClient(
                spec, FakeBudget(), FakeClock(), configured(attempts=1)
            )
            series = Series(venue, "BTC/USD", FAKES[venue][1])
            reader = WalkReader(client, TRADES, route, series)
            frames = list(reader.rows(holes, [], progress))
            settings.cache_clear()
        found: dict[str, pl.DataFrame] = {}
        for rows in frames:
            kept = found.get(rows.table.name)
            found[rows.table.name] = (
                rows.frame if kept is None else pl.concat([kept, rows.frame])
            )
        return found, [params for _, params in server.asked]

    return loaded


def ids(found):
    return found["trades"]["trade_id"].to_list() if "trades" in found else []


def pages(found):
    return found["pages"].to_dicts()


@pytest.mark.parametrize("venue", SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_every_trade_of_a_span_comes_once_and_none_beyond(load, venue, seed):
    held = market(seed=seed)
    since, until = START + 600 * S, START + 3000 * S
    found, _ = load(venue, FAKES[venue][0](held), Gap(since, until))
    assert ids(found) == [t.trade_id for t in held if since <= t.at_ns < until]
    spans = pages(found)
    assert spans[0]["answered_from"] == since
    assert spans[-1]["answered_until"] == until
    for one, next_one in pairwise(spans):
        assert one["answered_until"] == next_one["answered_from"]
    assert sum(page["rows_count"] for page in spans) == len(ids(found))


@pytest.mark.parametrize("venue", SHAPES)
def test_a_load_that_goes_on_from_any_page_brings_exactly_the_rest(load, venue):
    held = market(seed=7)
    whole, _ = load(venue, FAKES[venue][0](held), Gap(START, NOW_NS + S))
    assert len(pages(whole)) >= 10
    for cut in (0, 4, 9, -1):
        page = pages(whole)[cut]
        brought = set(whole["trades"].filter(_of_pages(whole, cut))["trade_id"])
        hole = Gap(page["answered_until"], NOW_NS + S, page["next_cursor"])
        rest, _ = load(venue, FAKES[venue][0](held), hole)
        assert brought | set(ids(rest)) == {t.trade_id for t in held}
        if venue != "kraken":  # whose last trade of a page is asked for once more
            assert not brought & set(ids(rest))


def _of_pages(found, last):
    names = [page["request_id"] for page in pages(found)]
    names = names if last < 0 else names[: last + 1]
    return pl.col("request_id").is_in(names)


@pytest.mark.parametrize("venue", SHAPES)
def test_ids_that_the_venue_skips_end_no_walk(load, venue):
    held = market(ids_missing={5009, *range(5020, 5046), 5060})
    found, _ = load(venue, FAKES[venue][0](held), Gap(START, NOW_NS + S))
    assert ids(found) == [t.trade_id for t in held]


@pytest.mark.parametrize("venue", REMEMBER)
def test_a_series_without_trades_is_answered_for_up_to_now(load, venue):
    found, _ = load(venue, FAKES[venue][0]([]), Gap(START, NOW_NS + S))
    (page,) = pages(found)
    assert (page["answered_from"], page["answered_until"]) == (START, NOW_NS)
    assert page["rows_count"] == 0
    assert "trades" not in found


@pytest.mark.parametrize("venue", SHAPES)
def test_before_the_first_trade_there_is_nothing_and_all_later_ones_come(load, venue):
    held = market()
    found, _ = load(venue, FAKES[venue][0](held), Gap(START - 10**15, NOW_NS + S))
    assert ids(found) == [t.trade_id for t in held]


@pytest.mark.parametrize("venue", SHAPES)
def test_the_newest_page_speaks_up_to_the_venues_now_and_goes_on_by_cursor(load, venue):
    held = market()
    found, _ = load(venue, FAKES[venue][0](held), Gap(START, NOW_NS + S))
    last = pages(found)[-1]
    assert last["answered_until"] == NOW_NS
    # one that the venue shows late, though its stamp lies before what was answered
    late = Trade(held[-1].trade_id + 1, max(held[-1].at_ns + 1, NOW_NS - 5 * MS))
    hole = Gap(NOW_NS, NOW_NS + S, last["next_cursor"])
    rest, _ = load(venue, FAKES[venue][0]([*held, late]), hole)
    assert ids(rest) == [late.trade_id]


def test_a_first_id_is_found_in_a_logarithm_of_requests(load):
    held = [Trade(i, START + i * MS) for i in range(1, 300_000, 101)]
    since = START + 200_000 * MS
    hole = Gap(since, since + S)
    _, asked = load("coinbase", coinbase(held), hole)
    probes = [p for p in asked if p["limit"] == "1"]
    assert 5 < len(probes) <= 2 * 15  # the logarithm of 30,000 pages' ids


def test_a_first_id_found_by_time_is_checked(load):
    held = market()
    span = Gap(START + 600 * S, START + 3000 * S)
    inside = [t.trade_id for t in held if span.start <= t.at_ns < span.end]
    found, asked = load("binance", binance(held), span)
    assert ids(found) == inside
    assert sum(p["limit"] == "1" for p in asked) == 2
    found, _ = load("binance", binance(held, counts_from_end=True), span)
    assert ids(found) == inside


def test_trades_that_share_a_stamp_across_a_page_are_not_lost(load):
    held = [Trade(i, START + (i // 15) * S) for i in range(60)]
    for venue in REMEMBER:
        found, _ = load(venue, FAKES[venue][0](held), Gap(START, NOW_NS + S))
        expected = list(range(60))
        if venue == "kraken":  # ten at one stamp fill a page: what follows is a break
            expected = [i for i in expected if i % 15 < PAGE]
        assert ids(found) == expected


@pytest.mark.parametrize("digits", [4, 7, 9])
def test_stamps_that_are_rounded_over_a_boundary_are_found_where_they_show(
    load, digits
):
    edge = START + 60 * S
    held = [
        Trade(i, edge + shift)
        for i, shift in enumerate([-60_000, -40_000, -30, -1, 0, 1, 30, 40_000])
    ]
    respond = kraken(held, digits)
    before, _ = load("kraken", respond, Gap(START, edge))
    after, _ = load("kraken", respond, Gap(edge, edge + 60 * S))
    assert sorted(ids(before) + ids(after)) == list(range(8))
    assert before["trades"]["traded_at_ns"].max() < edge
    assert after["trades"]["traded_at_ns"].min() >= edge
    assert ROUNDED_NS > 50_000  # half of what was the coarsest


def test_what_a_venue_sends_reads_the_same_in_bronze(load):
    at = START + 60 * S + 123_456_000
    trade = Trade(7, at, "123456789.123456789123", "1e-7", is_buy=False)
    for venue in SHAPES:
        respond = kraken([trade], 7) if venue == "kraken" else FAKES[venue][0]([trade])
        found, _ = load(venue, respond, Gap(START, NOW_NS))
        (row,) = found["trades"].to_dicts()
        assert row["price"] == "123456789.123456789123"
        assert row["base_amount"] == "0.0000001"
        assert row["taker_side"] == "sell"
        assert row["quote_amount"] is None
        is_aggregate = venue == "binance"
        assert row["is_aggregate"] is is_aggregate
        exact = at // MS * MS if is_aggregate else at
        assert row["traded_at_ns"] == exact
        single = (14, 15) if is_aggregate else (7, 7)
        assert (row["first_trade_id"], row["last_trade_id"]) == single
        assert row["order_type"] == ("market" if venue == "kraken" else None)


def spoiled(held, change):
    """Binance, with its rows changed."""

    def respond(path, params):
        rows = json.loads(binance(held)(path, params).body)
        return Reply(json.dumps(change(rows)))

    return respond


def test_rows_that_stand_twice_or_out_of_order_are_each_one_trade(load):
    def shuffle(rows):
        random.Random(3).shuffle(rows)
        return rows + rows[:2]

    held = market()
    found, _ = load("binance", spoiled(held, shuffle), Gap(START, NOW_NS + S))
    assert ids(found) == [t.trade_id for t in held]
    assert "quarantine" not in found


def test_a_broken_row_is_quarantined_and_its_stamp_cut_out_to_be_asked_again(load):
    held = [Trade(i, START + i * S) for i in range(1, 31)]

    def spoil(rows):
        return [row | {"p": "0"} if row["a"] == 12 else row for row in rows]

    found, _ = load("binance", spoiled(held, spoil), Gap(START, NOW_NS + S))
    assert 12 not in ids(found)
    assert len(ids(found)) == 29
    (refused,) = found["quarantine"].to_dicts()
    assert refused["reason"] == "BTC/USD on binance: trade 12 has price 0, not above 0"
    assert json.loads(refused["raw"]) == aggregate(held[11], p="0")
    ends = [(p["answered_until"], p["next_cursor"]) for p in pages(found)]
    assert (START + 12 * S, "12") in ends
    starts = [p["answered_from"] for p in pages(found)]
    assert START + 12 * S + 1 in starts
    hole = Gap(START + 12 * S, START + 12 * S + 1, "12")
    mended, asked = load("binance", binance(held), hole)
    assert ids(mended) == [12]
    assert len(asked) == 1


@pytest.mark.parametrize("row", [[1, 2], "x", {"a": 5}, {"a": 5, "p": [1]}, None])
def test_a_page_with_a_row_that_can_not_be_placed_speaks_for_nothing(load, row):
    held = [Trade(i, START + i * S) for i in range(1, 26)]

    def spoil(rows):
        return [row if r["a"] == 15 else r for r in rows]

    found, _ = load("binance", spoiled(held, spoil), Gap(START, NOW_NS + S))
    assert len(ids(found)) == 24
    assert found["quarantine"].height == 1
    spans = [
        (p["answered_from"], p["answered_until"])
        for p in pages(found)
        if p["answered_from"] < p["answered_until"]
    ]
    assert not any(start <= START + 15 * S < end for start, end in spans)
    assert spans[-1][1] == NOW_NS


@pytest.mark.parametrize("place", [1, 15, 25])
def test_a_trade_that_is_stamped_0_hides_no_other(load, place):
    held = [Trade(i, START + i * S) for i in range(1, 26)]

    def spoil(rows):
        return [{**r, "T": 0} if r["a"] == place else r for r in rows]

    found, _ = load("binance", spoiled(held, spoil), Gap(START, NOW_NS + S))
    assert ids(found) == [i for i in range(1, 26) if i != place]
    (reason,) = set(found["quarantine"]["reason"])
    assert f"trade {place} has stamp 0 ns, not after 1970 began" in reason


def test_planned_minutes_are_answered_minutes(load):
    for venue in SHAPES:
        progress = CountedProgress()
        until = START + 3000 * S
        found, _ = load(
            venue, FAKES[venue][0](market()), Gap(START, until), progress=progress
        )
        assert progress.minutes == progress.asked == 50
        assert progress.rows == len(ids(found))


@pytest.mark.parametrize(
    ("symbol", "market_name"),
    [
        ("BTC/USDT", "spot"),
        ("BTC/USDT:USDT", "linear"),
        ("BTC/USDT:USDT-241227", "linear"),
        ("BTC/USD:BTC", "inverse"),
    ],
)
def test_a_symbol_names_its_market(symbol, market_name):
    assert market_of(symbol) == market_name
