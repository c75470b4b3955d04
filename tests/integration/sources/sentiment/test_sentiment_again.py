"""A post is read again an hour, six and a day after it was written, or it is not."""

import json
import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from pipelines.collector.load_once import load_once
from pipelines.sandbox.running import running
from pipelines.sandbox.sentiment.items import STEP_MS
from pipelines.settings import child_environment
from pipelines.sources.sentiment import live
from pipelines.sources.sentiment.authors import Authors
from pipelines.upstream.options import LoadOptions
from tests.fakes.sentiment_loads import SandboxClock, asked, query
from tests.fakes.venue_server import Reply, venue_server
from tests.histories.sentiment_recordings import put
from tests.services.command import BULLION

POSTS = "/xrpc/app.bsky.feed.getPosts"
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
        ("bluesky", ("search", "bitcoin"), ("search", "nobody"), POSTS),
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
            requests = len(due) if source == "hacker_news" else 1
            assert by_ids(sandbox) - before == requests
        now += timedelta(minutes=65)
        sandbox.set_clock(now.isoformat())
        before = by_ids(sandbox)
        assert asked(source, first, clock=SandboxClock(sandbox)) == []
        assert set(read_at(source, now)[0].values()) == {1}
        assert by_ids(sandbox) == before  # the walk had them
    # most ages passed while nobody looked: there is no snapshot of them
    again = (
        f"select count(*) from bronze_{source}.items"
        " where endpoint in ('item', 'info', 'post')"
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


@pytest.mark.usefixtures("seeded")
def test_a_post_of_bluesky_is_gone_when_two_loads_are_not_told_of_it(monkeypatch):
    number = 29 * 98_000  # it is deleted three hours after it was written
    created = datetime.fromtimestamp(number * STEP_MS / 1000, UTC)
    clause = f"from {{}} where item_id = 'bafyrei{number:052d}'"
    items = clause.format("bronze_bluesky.items")
    with sandbox_at(created + timedelta(hours=2), monkeypatch) as sandbox:

        def ask(subject):
            return asked("bluesky", ("search", subject), clock=SandboxClock(sandbox))

        assert ask("(") == []
        before = query(f"select text, sealed_address is null, score {items}")
        assert [(bool(text), is_null) for text, is_null, _ in before] == [(True, False)]
        sandbox.set_clock((created + timedelta(hours=6, minutes=15)).isoformat())
        rows = []
        for _ in range(3):
            assert ask("nobody") == []
            rows.append(query(f"select count(*), max(tombstone) {items}"))
        assert rows == [[(1, None)], [(2, "deleted")], [(2, "deleted")]]
        assert (
            sum(one["requests"] for one in sandbox.counts() if one["path"] == POSTS)
            == 2
        )
        due, _ = read_at("bluesky", created + timedelta(hours=6, minutes=15))
        assert len(due) > 1
        assert set(due.values()) == {1}
    after = query(
        f"select text, sealed_address, created_at, max(score) over () {items}"
    )
    assert {(*row[:2], row[3]) for row in after} == {(None, None, before[0][2])}
    assert len({row[2] for row in after}) == 1
    redactions = clause.format("ops.redactions")
    assert query(f"select reason, rows_count {redactions}") == [("deleted", 1)]


def bluesky_post(number, at):
    did = f"did:plc:{number:024d}"
    return {
        "uri": f"at://{did}/app.bsky.feed.post/{number}",
        "cid": f"cid-{number:03}",
        "author": {"did": did, "handle": f"author-{number}.bsky.social"},
        "record": {"createdAt": at.isoformat(), "text": f"gm {number}"},
        "likeCount": number,
    }


@pytest.mark.usefixtures("seeded")
def test_posts_are_asked_for_25_at_once_by_addresses_that_bronze_does_not_show(
    monkeypatch, tmp_path
):
    now = datetime.now(UTC)
    at = now - timedelta(minutes=65)
    posts = {post["uri"]: post for post in (bluesky_post(n, at) for n in range(60))}
    told = {"fetched_at": (now - timedelta(minutes=60)).isoformat()}
    put(tmp_path, "bluesky", 1, {"posts": [*posts.values()]}, **told)
    load_once("bluesky", LoadOptions(recordings=tmp_path))
    batches: list[int] = []

    def respond(path, params):
        del params
        uris = [value for _, value in parse_qsl(server.queries[-1])]
        if path != POSTS:
            return Reply('{"posts": []}')
        batches.append(len(uris))
        return Reply(json.dumps({"posts": [posts[uri] for uri in uris]}))

    with venue_server(respond) as server:
        monkeypatch.setenv("BULLION_BLUESKY_URL", server.url)
        with monkeypatch.context() as patch:  # another key opens none of them
            patch.setattr(live, "authors", lambda: Authors("another"))
            assert asked("bluesky", ("search", "gm")) == []
        assert batches == []
        assert asked("bluesky", ("search", "gm")) == []
    assert batches == [25, 25, 10]
    assert query(
        "select endpoint, count(distinct item_id), count(*) from bronze_bluesky.items"
        " group by 1 order by 1"
    ) == [("post", 60, 60), ("search", 60, 60)]
    for table in ("items", "answers", "requests"):
        rows = query(f"select to_jsonb(t)::text from bronze_bluesky.{table} as t")
        assert rows
        assert "did:plc" not in str(rows)
