"""How a span becomes chunks, and what they are said to cost, before a fetch."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.backfill import display, estimate
from pipelines.backfill.chunk import NewChunk
from pipelines.backfill.chunking import (
    BYTES_A_CHUNK,
    Coverage,
    chunking,
    requests_count,
)
from pipelines.backfill.plan_request import parse
from pipelines.config.rows import configuration
from pipelines.errors import SetupError
from pipelines.settings import PROJECT_DIR
from pipelines.upstream.connector import File, RequestRoute
from pipelines.upstream.extents import (
    DAY_MS,
    by_day,
    by_month,
    to_ms,
    within,
    without,
)
from pipelines.upstream.feed import MINUTE_MS, Extent, steps_of

KLINES = RequestRoute("publicGetKlines", 2.0, by_month, page=1000 * MINUTE_MS)
TRADES = RequestRoute(
    "publicGetAggTrades", 4.0, by_day, page_rows=1000, rows_a_day=50_000
)
WINDOW = RequestRoute("publicGetOHLC", 1.0, by_month, window=720 * MINUTE_MS)


def minutes(spans):
    return steps_of("ms", spans)


def ms(text):
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))


def span(since, until):
    return ms(since), ms(until)


def monthly(month, after, size=2_000_000, published=1):
    path = f"monthly/{month}.zip"
    covers = span(f"{month}-01", f"{after}-01")
    return File(path, "monthly", covers, size, published, {"path": path})


def daily(day, size=60_000, published=1):
    path = f"daily/{day}.zip"
    covers = (ms(day), ms(day) + DAY_MS)
    return File(path, "daily", covers, size, published, {"path": path})


NOW = ms("2024-03-20T12:00:30")


def chunks(of, files=(), taken=None, route=KLINES):
    found = chunking(Extent("ms", *of), files, taken or Coverage(), route, now=NOW)
    return [
        (chunk.route, chunk.span, [f["path"] for f in chunk.files])
        for chunk in found.chunks
    ]


def test_months_come_from_the_archive_then_days_then_rest():
    days = [daily(f"2024-03-{n:02}") for n in range(1, 19)]
    files = [monthly("2024-01", "2024-02"), monthly("2024-02", "2024-03"), *days]
    assert chunks(span("2024-01-01", "2024-03-20T12:00"), files) == [
        ("archive", span("2024-01-01", "2024-02-01"), ["monthly/2024-01.zip"]),
        ("archive", span("2024-02-01", "2024-03-01"), ["monthly/2024-02.zip"]),
        ("archive", span("2024-03-01", "2024-03-19"), [f.path for f in days]),
        ("rest", span("2024-03-19", "2024-03-20T12:00"), []),
    ]


def test_a_day_that_the_archive_lacks_is_asked_of_rest():
    files = [daily("2024-03-01"), daily("2024-03-03")]
    assert chunks(span("2024-03-01", "2024-03-04"), files) == [
        ("archive", span("2024-03-01", "2024-03-02"), ["daily/2024-03-01.zip"]),
        ("rest", span("2024-03-02", "2024-03-03"), []),
        ("archive", span("2024-03-03", "2024-03-04"), ["daily/2024-03-03.zip"]),
    ]


def test_days_of_two_months_and_more_bytes_than_a_chunk_may_have_are_apart():
    files = [daily("2024-01-31"), daily("2024-02-01"), daily("2024-02-02")]
    assert [len(paths) for *_, paths in chunks(span("2024-01-31", "2024-02-03"), files)]
    assert [s for _, s, _ in chunks(span("2024-01-31", "2024-02-03"), files)] == [
        span("2024-01-31", "2024-02-01"),
        span("2024-02-01", "2024-02-03"),
    ]
    large = [daily(f"2024-02-0{n}", size=BYTES_A_CHUNK // 2 + 1) for n in (1, 2, 3)]
    assert len(chunks(span("2024-02-01", "2024-02-04"), large)) == 3


def test_without_an_archive_rest_goes_by_the_month_and_trades_by_the_day():
    of = span("2024-01-15", "2024-03-02")
    assert [s for _, s, _ in chunks(of)] == [
        span("2024-01-15", "2024-02-01"),
        span("2024-02-01", "2024-03-01"),
        span("2024-03-01", "2024-03-02"),
    ]
    assert len(chunks(of, route=TRADES)) == 47


def test_what_rest_has_answered_for_is_not_asked_of_it_again_but_sealed_by_files():
    taken = Coverage(answered=[span("2024-03-01", "2024-03-03")])
    of = span("2024-03-01", "2024-03-04")
    assert chunks(of, taken=taken) == [("rest", span("2024-03-03", "2024-03-04"), [])]
    files = [daily("2024-03-01")]
    found = chunking(Extent("ms", *of), files, taken, KLINES, now=NOW)
    assert [chunk.route for chunk in found.chunks] == ["archive", "rest"]
    assert found.covered_steps == 2 * 1440


def test_a_loaded_file_is_planned_again_only_when_it_was_published_again():
    of = span("2024-03-01", "2024-03-02")
    taken = Coverage(files={daily("2024-03-01").version})
    assert chunks(of, [daily("2024-03-01")], taken) == []
    found = chunking(Extent("ms", *of), [daily("2024-03-01")], taken, KLINES, now=NOW)
    assert found.covered_steps == 1440
    assert len(chunks(of, [daily("2024-03-01", published=2)], taken)) == 1


def test_what_a_chunk_of_the_ledger_brings_is_not_planned_twice():
    of = span("2024-03-01", "2024-03-03")
    taken = Coverage(
        planned_files={"daily/2024-03-01.zip"},
        planned=[span("2024-03-02", "2024-03-03")],
    )
    found = chunking(Extent("ms", *of), [daily("2024-03-01")], taken, KLINES, now=NOW)
    assert (found.chunks, found.covered_steps) == ([], 0)


def test_what_lies_beyond_a_venues_window_is_named_and_not_planned():
    of = span("2024-03-19", "2024-03-20T12:00")
    found = chunking(Extent("ms", *of), [], Coverage(), WINDOW, now=NOW)
    assert [chunk.span for chunk in found.chunks] == [
        span("2024-03-20T00:01", "2024-03-20T12:00")
    ]
    assert minutes(found.unreachable) == 1441
    assert "newest 720 minutes" in (found.unreachable_reason or "")


def test_what_only_the_archive_has_is_named_where_it_has_no_file():
    of = span("2024-03-01", "2024-03-03")
    found = chunking(
        Extent("ms", *of), [daily("2024-03-01")], Coverage(), None, now=NOW
    )
    assert [chunk.route for chunk in found.chunks] == ["archive"]
    assert found.unreachable == [span("2024-03-02", "2024-03-03")]


times = st.integers(0, 3000).map(lambda n: ms("2024-01-01") + n * 15 * MINUTE_MS)
spans = st.tuples(times, times).map(sorted).filter(lambda s: s[0] < s[1]).map(tuple)


@given(spans, st.lists(spans, max_size=6))
def test_what_is_taken_and_what_is_left_are_the_whole_and_do_not_meet(of, taken):
    left, inside = without(of, taken), within(taken, of)
    assert minutes(left) + minutes(inside) == minutes([of])
    assert not any(within(inside, part) for part in left)
    assert [part for part in left if within([part], of) != [part]] == []


@given(spans)
def test_cut_by_month_or_day_a_span_stays_whole(of):
    for cut in (list(by_month([of])), list(by_day([of]))):
        assert (cut[0][0], cut[-1][1]) == of
        assert all(a[1] == b[0] for a, b in pairwise(cut))
    assert all(minutes([day]) <= 1440 for day in by_day([of]))


def test_requests_follow_from_the_pages_of_a_route():
    day = span("2024-03-01", "2024-03-02")
    assert requests_count(KLINES, day) == 1 + 2
    assert requests_count(KLINES, span("2024-03-01", "2024-04-01")) == 1 + 45
    assert requests_count(TRADES, day) == 1 + 50
    assert requests_count(WINDOW, day) == 1 + 1


RATES = estimate.Rates(0.1, 100_000, 1_000_000, "measured")


def test_time_is_the_budgets_or_the_venues_whichever_is_longer():
    month = NewChunk("rest", span("2024-03-01", "2024-04-01"), 46, 0)
    slow = estimate.cost([month], KLINES, RATES, parallel=2)
    assert slow.requests_count == 46
    assert slow.bytes_count == 4_600_000
    assert slow.seconds == 93  # 46 requests of 2 s, and half a load's own work
    quick = replace(KLINES, seconds=0.02)
    fast = estimate.cost([month], quick, RATES, parallel=2)
    assert fast.seconds == 4  # 46 requests of 0.1 s, two at a time, and the same


def test_bytes_of_files_are_those_listed_and_take_the_archives_time():
    file = monthly("2024-01", "2024-02", size=30_000_000)
    (chunk,) = chunking(
        Extent("ms", *file.covers), [file], Coverage(), None, now=NOW
    ).chunks
    cost = estimate.cost([chunk], None, RATES, parallel=1)
    assert (cost.requests_count, cost.bytes_count) == (2, 30_000_000)
    assert cost.seconds == math.ceil(30 + estimate.LOAD_S)


def test_nothing_left_costs_nothing():
    nothing = estimate.cost([], KLINES, RATES, parallel=2)
    assert nothing == estimate.Cost(0, 0, 0)


def test_a_command_line_names_series_by_feed_and_candles_by_default():
    known = configuration(PROJECT_DIR / "seeds")
    (one,) = parse(
        known, ["kraken"], ["BTC/USD"], feeds=None, since="2024-01-01", until=None
    )
    assert one.key == ("kraken", "BTC/USD", "candles")
    enabled = [i for i in known.instruments if i.is_enabled]
    every = parse(known, None, None, feeds=["trades"], since="-P1D", until=None)
    assert 0 < len(every) <= len(enabled)
    assert {wanted.key.feed for wanted in every} == {"trades"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"feeds": ["books"], "since": "2024-01-01"}, "unknown feed books"),
        ({"feeds": None, "since": "tomorrow"}, "--since, --until"),
        ({"feeds": None, "since": "2024-01-02", "until": "2024-01-01"}, "not after"),
    ],
)
def test_a_wrong_word_is_refused_with_what_is_known(words, told):
    known = configuration(PROJECT_DIR / "seeds")
    with pytest.raises(SetupError, match=told):
        parse(known, ["kraken"], ["BTC/USD"], **{"until": None, **words})


def test_people_read_spans_and_sizes_and_times():
    start, end = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2, 7, tzinfo=UTC)
    span = (to_ms(start), to_ms(end))
    assert display.extent("ms", *span) == "2024-03-01 to 2024-03-02T07:00"
    assert display.size(7_421_338) == "7.4 MB"
    assert display.extent("number", 1000, 21_000) == "1,000 to 21,000"
    assert display.duration(90_061) == "1 day, 1:01:01"
