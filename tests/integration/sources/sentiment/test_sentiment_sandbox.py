"""The sandbox's upstreams of sentiment: what goes wrong loses nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from pipelines.sandbox.clock import Clock, parse_instant
from pipelines.sandbox.running import running
from pipelines.sandbox.sentiment.items import STEP_MS, Stream
from pipelines.sandbox.sentiment.reddit import full_name
from tests.fakes.sentiment_loads import SandboxClock, asked, query

NOW = "2024-03-01T12:00:30Z"
AT = datetime(2024, 3, 1, 12, 0, 30, tzinfo=UTC)
NEWS = "https://news.example"
AWAY = "http://169.254.169.254 is at 169.254.169.254, which is no public address"
TOO_MUCH = "more than 8388608 bytes"


@pytest.fixture
def sandbox(database, monkeypatch):
    with running(in_thread=True, now=NOW, frozen=True) as started:
        for name, url in started.environment.items():
            monkeypatch.setenv(name, url)
        monkeypatch.setenv("BULLION_REDDIT_CLIENT_ID", "id")
        monkeypatch.setenv("BULLION_REDDIT_CLIENT_SECRET", "secret")
        yield started


def shown(source, most, wanted):
    """The items that the sandbox shows."""
    clock = Clock(parse_instant(NOW), is_frozen=True)
    return Stream(1, source, clock, STEP_MS).newest(most, wanted)


def mentions(word):
    return lambda one: one.mentions(word)


# a feed's path has the fault's name; what is said of it, or nothing
FEEDS = {
    "entity_bomb": f"{NEWS}/rss-entity_bomb: XML that declares entities of its own is"
    " not read",
    "gzip_bomb": TOO_MUCH,
    "huge": TOO_MUCH,
    "redirect": AWAY,
    "truncated": "",
    "xml_broken": "",
    "charset": "",
    "charset-lying": "",
    "none": "",
}


def test_a_feed_that_nobody_should_read_is_refused_and_one_that_can_be_is_mended(
    sandbox,
):
    for name in FEEDS:
        kind, _, variant = name.partition("-")
        if kind != "none":
            place = {"exchange_id": "news", "path": f"/rss-{name}"}
            sandbox.inject(kind, variant=variant, next_requests=1, **place)
    choices = [("feed", f"{NEWS}/rss-{name}") for name in FEEDS]

    failures = asked("news", *choices, clock=SandboxClock(sandbox))

    expected = [(name, said) for name, said in FEEDS.items() if said]
    assert len(failures) == len(expected)
    for failure, (name, said) in zip(failures, expected, strict=True):
        assert failure.startswith(f"news feed {NEWS}/rss-{name}: ")
        assert failure.endswith(said)
        assert "\n" not in failure
    mended = "select substr(subject, 26), mended is not null from bronze_news.answers"
    assert {name for name, is_so in query(mended) if is_so} == {
        *("truncated", "xml_broken", "charset", "charset-lying")
    }

    assert asked("news", *choices, clock=SandboxClock(sandbox)) == []

    articles = shown("news", 60, bool)
    sets = {
        f"rss-{name}": sorted(f"rss-{name}-{one.number}" for one in articles)
        for name in FEEDS
    }
    held = query(
        "select split_part(subject, '/', 4),"
        " array_agg(distinct item_id order by item_id)"
        " from bronze_news.items group by 1"
    )
    assert dict(held) == sets
    texts = "select count(distinct text) from bronze_news.items group by item_id"
    assert set(query(texts)) == {(1,)}  # as it is in whatever charset


def cid(number):
    return f"bafyrei{number:052d}"


def keys(url, key="sha"):
    """All of a repository's commits, or issues, page by page."""
    found = []
    with requests.Session() as session:
        session.trust_env = False
        while url:
            answer = session.get(url, timeout=10)
            found += [one[key] for one in answer.json()]
            url = answer.links.get("next", {}).get("url")
    return found


WAITS: list[tuple[str, dict[str, object]]] = [
    ("too_many", {}),
    ("too_many", {"variant": "reset"}),
    ("spent", {}),
    ("server_error", {"status": 502, "next_requests": 3}),
]


def test_a_walk_that_is_disturbed_brings_what_an_undisturbed_one_does(sandbox):
    clock = SandboxClock(sandbox)
    bitcoin = mentions("bitcoin")
    wanted = {
        "github": keys(f"{sandbox.url}/github/repos/a/b/commits?per_page=100"),
        "hacker_news": [str(one.number) for one in shown("hacker_news", 432, bitcoin)],
        "bluesky": [cid(one.number) for one in shown("bluesky", 432, bitcoin)],
        "reddit": [
            full_name(one)
            for one in shown("reddit", 432, lambda one: one.community == "Bitcoin")
        ],
    }
    pages = {
        "github": ("commits", "a/b", "/commits"),
        "hacker_news": ("search", "bitcoin", "/search"),
        "bluesky": ("search", "bitcoin", "/xrpc"),
        "reddit": ("posts", "Bitcoin", "/r/"),
    }
    for (kind, fields), source in zip(WAITS, pages, strict=True):
        fault = {"next_requests": 1, "exchange_id": source, **fields}
        sandbox.inject(kind, path=pages[source][2], **fault)
    for source, (endpoint, subject, path) in pages.items():
        sandbox.inject("item_moved", probability=1.0, exchange_id=source, path=path)
        assert asked(source, (endpoint, subject), clock=clock) == []
        table, key = ("commits", "sha") if source == "github" else ("items", "item_id")
        held = query(f"select {key} from bronze_{source}.{table} order by {key}")
        assert [one for (one,) in held] == sorted(wanted[source])  # each of them once
        assert sandbox.requests_count(source, 200) >= 2
    refused = {
        source: query(
            f"select status, count(*) from bronze_{source}.requests"
            " where status >= 400 group by 1"
        )
        for source in pages
    }
    assert refused == {
        "github": [(429, 1)],
        "hacker_news": [(429, 1)],
        "bluesky": [(403, 1)],
        "reddit": [(502, 3)],
    }


def test_issues_are_asked_for_since_a_day_before_and_pull_requests_told_apart(sandbox):
    issues = ("issues", "a/b")
    wanted = keys(f"{sandbox.url}/github/repos/a/b/issues?per_page=100", "id")
    sandbox.inject("item_moved", probability=1.0, exchange_id="github", path="/issues")
    assert asked("github", issues, clock=SandboxClock(sandbox)) == []
    held = dict(
        query(
            "select is_pull_request, count(distinct issue_id)"
            " from bronze_github.issues group by 1"
        )
    )
    assert min(held[True], held[False]) > 50
    assert sum(held.values()) == len(wanted)
    assert query("select count(*) from bronze_github.issues") == [(sum(held.values()),)]

    sandbox.clear_faults()
    sandbox.set_clock((AT + timedelta(hours=5)).isoformat())
    assert asked("github", issues, clock=SandboxClock(sandbox)) == []

    closed = (
        "select count(distinct issue_id) from bronze_github.issues"
        " where state = 'closed' and closed_at >= timestamptz '{}'"
    )
    ((count,),) = query(closed.format(AT.isoformat()))
    assert count > 3  # they were open, and are known to be closed now
    oldest = "select min(updated_at) from bronze_github.issues where received_at > '{}'"
    ((at,),) = query(oldest.format((AT + timedelta(hours=1)).isoformat()))
    assert AT - timedelta(days=1, hours=1) < at < AT - timedelta(hours=22)


def test_an_item_that_a_page_passed_over_is_brought_by_the_next_runs(sandbox):
    wanted = {
        str(one.number) for one in shown("hacker_news", 432, mentions("ethereum"))
    }
    search = {"exchange_id": "hacker_news", "path": "/search_by_date"}
    sandbox.inject("item_deleted", probability=1.0, **search)
    missing = []
    for minutes in (0, 15, 30):
        now = AT + timedelta(minutes=minutes)
        sandbox.set_clock(now.isoformat())
        clock = SandboxClock(sandbox)
        assert asked("hacker_news", ("search", "ethereum"), clock=clock) == []
        sandbox.clear_faults()
        held = query("select item_id from bronze_hacker_news.items")
        missing.append(len(wanted - {one for (one,) in held}))
    assert missing[0] == 1
    assert missing[-1] == 0
