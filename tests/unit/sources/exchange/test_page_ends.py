"""Pages that are the newest before a stamp: each trade once, and few requests."""

import random
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from pipelines.sources.exchange.covered import CoveredSpan, covered_spans
from pipelines.sources.exchange.kraken_futures import LINEAR
from pipelines.sources.exchange.page_ends import EndPaginator
from pipelines.sources.exchange.paginators import Position, Reading
from pipelines.upstream.pages import Gap

MS, S = 10**6, 10**9
NOW = 1_700_000_000 * S
START = NOW - 3600 * S
SIZE = 100
ROUTE: Any = LINEAR.routes["trades"]


@dataclass
class Venue:
    """Trades by their stamps, ascending; ids rise from `first_id` on."""

    stamps: list[int]
    first_id: int = 7
    asked: int = 0
    spans: list[CoveredSpan] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)

    def read(self, params):
        """An answer: at most `SIZE` before the stamp."""
        self.asked += 1
        until = datetime.fromisoformat(params["lastTime"]).timestamp()
        end = bisect_left(self.stamps, round(until * 1000) * MS)
        begin = max(end - SIZE, 0)
        ids = pl.int_range(begin, end, dtype=pl.Int64, eager=True) + self.first_id
        stamps = pl.Series(self.stamps[begin:end], dtype=pl.Int64)
        frame = pl.DataFrame({"trade_id": ids, "traded_at_ns": stamps})
        answer = SimpleNamespace(venue_now_ms=NOW // MS)
        page: Any = SimpleNamespace(
            sent_count=frame.height, answer=answer, malformed=[], last=None
        )
        return Reading(page, frame, frame.clear())

    def walk(self, gap):
        """Ask for the gap; `kept` are the ids of the trades that are."""
        paginator = EndPaginator(ROUTE, ROUTE.cursor, self.read)
        position: Position | None = paginator.start(gap)
        while position is not None:
            reading = paginator.ask(position)
            step = paginator.step(reading, position, gap)
            wanted = pl.col("traded_at_ns").is_between(
                position.cursor, gap.end, closed="left"
            )
            self.kept += reading.kept.filter(wanted)["trade_id"].to_list()
            self.spans += covered_spans(reading, position, step, has_ids=False)
            assert step.until_ns > position.from_ns or step.is_end
            position = (
                None
                if step.is_end or step.cursor is None
                else Position(step.until_ns, step.cursor, is_exact=True)
            )
        return step


@pytest.mark.parametrize("seed", range(20))
def test_each_trade_comes_once_however_they_are_spread(seed):
    chance = random.Random(seed)
    stamps = []
    at = START - 300 * S
    for _ in range(chance.randint(200, 3000)):
        at += chance.choice((0, MS, 40 * MS, S, 3 * S)) * chance.choice((0, 1, 1, 30))
        if at < NOW:
            stamps.append(at + chance.choice((0, 123_456)))
    venue = Venue(sorted(stamps))
    since = START + chance.randrange(600) * S
    venue.walk(Gap(since, NOW + S))
    wanted = [i for i, ns in enumerate(venue.stamps, 7) if ns >= since]
    assert sorted(venue.kept) == wanted
    spans = venue.spans
    assert (spans[0].from_ns, spans[-1].until_ns) == (since, NOW)
    assert all(one.until_ns == after.from_ns for one, after in pairwise(spans))
    assert venue.asked <= 30 + 4 * len(wanted) // SIZE


def test_evenly_spread_trades_take_little_more_requests_than_pages():
    venue = Venue([START + n * 600 * MS for n in range(6_000)])
    venue.walk(Gap(START + 60 * S, NOW + S))
    assert venue.asked < 1.5 * 60 + 5


def test_what_the_venue_does_not_know_any_more_is_not_answered_for():
    silent = Venue([])
    silent.walk(Gap(START, NOW + S))
    assert [(s.from_ns, s.until_ns) for s in silent.spans] == [(NOW, NOW)]
    forgot = Venue([START + 60 * S, START + 61 * S])
    forgot.walk(Gap(START, NOW + S))
    assert [(s.from_ns, s.until_ns) for s in forgot.spans] == [(START + 60 * S, NOW)]
    whole = Venue([START + 60 * S], first_id=1)
    whole.walk(Gap(START, NOW + S))
    assert [(s.from_ns, s.until_ns) for s in whole.spans] == [(START, NOW)]


def test_more_trades_in_a_millisecond_than_a_page_holds_are_no_answer_for_it():
    burst = START + 600 * S
    venue = Venue([START - S, *[burst] * (SIZE + 1), burst + S])
    venue.walk(Gap(START, NOW + S))
    assert sorted(venue.kept) == [*range(9, 9 + SIZE + 1)]
    spoken = [(s.from_ns, s.until_ns) for s in venue.spans if s.from_ns < s.until_ns]
    assert not any(start <= burst < end for start, end in spoken)
    assert any(start == burst + MS for start, _ in spoken)


def test_a_load_goes_on_after_the_newest_trade_though_it_was_shown_late():
    held = [START + n * S for n in range(300)]
    first = Venue(held)
    step = first.walk(Gap(START, NOW + S))
    late = Venue([*held, NOW - 5 * MS])
    late.walk(Gap(NOW, NOW + S, str(step.cursor)))
    assert late.kept == [7 + 300]
