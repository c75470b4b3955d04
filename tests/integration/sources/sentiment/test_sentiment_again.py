"""A post is read again an hour, six and a day after it was written, or it is not."""

import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.sandbox.running import running
from pipelines.settings import child_environment
from tests.fakes.sentiment_loads import SandboxClock, asked, query
from tests.services.command import BULLION

AGES = "unnest(array['1 hour', '6 hours', '24 hours']::interval[]) as a (age)"
# of each item and age: whether its time is now, and how often it was read at it
READ = (
    "select item_id, count(*) filter (where at_age) as times,"
    " bool_or(created_at > '{now}'::timestamptz - age - interval '30 minutes'"
    "  and created_at <= '{now}'::timestamptz - age) as is_due from ("
    "  select i.item_id, i.created_at, a.age,"
    "   i.received_at >= i.created_at + a.age"
    "   and i.received_at < i.created_at + a.age + interval '30 minutes' as at_age"
    f"  from bronze_{{source}}.items as i cross join {AGES}) as t"
    " group by item_id, created_at, age"
)


@contextmanager
def sandbox_at(now, monkeypatch):
    with running(in_thread=True, now=now.isoformat(), frozen=True) as started:
        for name, url in started.environment.items():
            monkeypatch.setenv(name, url)
        monkeypatch.setenv("BULLION_REDDIT_CLIENT_ID", "id")
        monkeypatch.setenv("BULLION_REDDIT_CLIENT_SECRET", "secret")
        yield started


def read_at(source, now):
    """How often each item was read whose time is now, and all the others'."""
    rows = query(READ.format(source=source, now=now.isoformat()))
    due = {one: times for one, times, is_due in rows if is_due}
    return due, [times for _, times, is_due in rows if not is_due]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("source", "first", "other", "path"),
    [
        ("hacker_news", ("search", "bitcoin"), ("search", "nobody"), "/item/"),
        ("reddit", ("posts", "Bitcoin"), ("posts", "nobody"), "/api/info"),
    ],
)
def test_an_item_is_read_at_its_ages_and_one_that_was_missed_is_not_read_later(
    monkeypatch, source, first, other, path
):
    now = datetime(2024, 3, 1, 12, 0, 30, tzinfo=UTC)

    def by_ids(sandbox):
        counts = sandbox.counts(source, 200)
        return sum(one["requests"] for one in counts if one["path"].startswith(path))

    with sandbox_at(now, monkeypatch) as sandbox:
        assert asked(source, first, clock=SandboxClock(sandbox)) == []
        for minutes in (65, 120):
            now += timedelta(minutes=minutes)
            sandbox.set_clock(now.isoformat())
            before = by_ids(sandbox)
            for _ in range(2):
                assert asked(source, other, clock=SandboxClock(sandbox)) == []
            due, _ = read_at(source, now)
            assert due
            assert set(due.values()) == {1}  # and the second run asks for none of them
            requests = 1 if source == "reddit" else len(due)
            assert by_ids(sandbox) - before == requests
        now += timedelta(minutes=65)
        sandbox.set_clock(now.isoformat())
        before = by_ids(sandbox)
        assert asked(source, first, clock=SandboxClock(sandbox)) == []
        assert set(read_at(source, now)[0].values()) == {1}
        assert by_ids(sandbox) == before  # the walk had them
    # most ages passed while nobody looked: there is no snapshot of them
    again = (
        f"select count(*) from bronze_{source}.items where endpoint in ('item', 'info')"
    )
    times = [times for _, times, _ in query(READ.format(source=source, now=now))]
    assert times.count(0) > 100
    assert set(times) == {0, 1}
    assert query(again)[0][0] < times.count(1)  # the first walk was some's


@pytest.mark.usefixtures("seeded")
def test_a_load_that_is_killed_while_it_reads_again_leaves_no_gap_and_no_double(
    monkeypatch,
):
    now = datetime.now(UTC)  # as the command has it, which is killed
    with sandbox_at(now - timedelta(minutes=65), monkeypatch) as sandbox:
        first = ("search", "-")
        assert asked("hacker_news", first, clock=SandboxClock(sandbox)) == []
        sandbox.set_clock(now.isoformat())
        due = set(read_at("hacker_news", now)[0])
        due &= set(read_at("hacker_news", now + timedelta(minutes=3))[0])
        assert len(due) > 1
        sandbox.inject("timeout", next_requests=1, seconds=60, path=f"/{max(due)}.json")
        # its walks bring nothing: what is due is read by its id
        sandbox.inject("redirect", probability=1.0, path="/search_by_date")
        with subprocess.Popen(
            [*BULLION, "load", "hacker_news"],
            env=child_environment({}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as killed:
            deadline = time.monotonic() + 120
            while not any("/item/" in one["path"] for one in sandbox.counts()):
                assert time.monotonic() < deadline
                assert killed.poll() is None
                time.sleep(0.2)
            killed.kill()
        assert set(read_at("hacker_news", now)[0].values()) == {0}
        for _ in range(2):
            failures = asked("hacker_news", first, clock=SandboxClock(sandbox))
            assert len(failures) == 1  # the walk alone
        read, _ = read_at("hacker_news", now)
        assert set(read.values()) == {1}
