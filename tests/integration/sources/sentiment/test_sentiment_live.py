"""What is said now is asked for page by page; what fails ends alone, and is said."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
import zstandard

from pipelines.collector.load_once import load_once
from pipelines.upstream.options import LoadOptions
from tests.fakes.sentiment_loads import asked, query
from tests.fakes.venue_server import Reply, venue_server
from tests.histories.sentiment_recordings import listing, post

AWAY = "http://169.254.169.254"
SECRET = "correct-horse-battery"
NOW = datetime.now(UTC).replace(microsecond=0)


def reply(document, status=200, **headers):
    body = document if isinstance(document, str) else json.dumps(document)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(body, status, names)


class Community:
    """A listing that grows; it pages by the name of the last item."""

    def __init__(self, count):
        self.count = count

    def __call__(self, path, params):
        if path.endswith("access_token"):
            return reply({"access_token": "token", "expires_in": 3600})
        end = int(params["after"][3:]) if "after" in params else self.count
        start = max(0, end - 10)
        after = f"t3_{start:06}" if start else None
        return reply(listing([post(n) for n in reversed(range(start, end))], after))


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("BULLION_REDDIT_CLIENT_ID", "id")
    monkeypatch.setenv("BULLION_REDDIT_CLIENT_SECRET", SECRET)


@pytest.mark.usefixtures("database", "keys")
def test_a_walk_ends_where_nothing_is_new_and_older_than_the_run_before_last(
    monkeypatch,
):
    community = Community(105)
    with venue_server(community) as server:
        monkeypatch.setenv("BULLION_REDDIT_URL", server.url)
        pages = []
        for count in (105, 113, 113, 190):
            community.count, before = count, len(server.asked)
            assert asked("reddit", ("posts", "Bitcoin")) == []
            pages.append(
                sum(path.endswith("/new") for path, _ in server.asked[before:])
            )
        # what another subject's walk brought is new to this one
        before = len(server.asked)
        assert asked("reddit", ("posts", "CryptoCurrency")) == []
        assert sum(path.endswith("/new") for path, _ in server.asked[before:]) == 19
    # all; until one has nothing new; an hour beyond the first run; beyond the second
    assert pages[0] == 11
    assert pages[1] == 2
    assert query(
        "select count(distinct item_id), count(distinct fetch_id)"
        " from bronze_reddit.items"
    ) == [(190, 5)]
    assert query(
        "select count(*) from (select from bronze_reddit.items"
        " group by fetch_id, item_id having count(*) > 1) as t"
    ) == [(0,)]
    requests = query("select endpoint, count(*) from bronze_reddit.requests group by 1")
    assert dict(requests) == {"token": 5, "posts": sum(pages) + 19}


COMMIT = {
    "sha": "a" * 40,
    "url": "https://api.github.com/repos/a/b/commits/x",
    "commit": {"committer": {"date": (NOW - timedelta(days=1)).isoformat()}},
}


@pytest.mark.usefixtures("database")
def test_github_is_asked_by_etag_and_since_with_a_days_overlap(monkeypatch):
    def respond(path, params):
        if path.endswith("/commits"):
            return reply([COMMIT])
        return reply({"full_name": "a/b", "id": 1, "stargazers_count": 5}, ETag='"e"')

    with venue_server(respond) as server:
        monkeypatch.setenv("BULLION_GITHUB_URL", server.url)
        for _ in range(2):
            assert asked("github", ("repository", "a/b"), ("commits", "a/b")) == []
    since = NOW - timedelta(days=2)
    commits = [params for path, params in server.asked if path.endswith("/commits")]
    assert commits == [
        {"per_page": "100"},
        {"per_page": "100", "since": f"{since:%Y-%m-%dT%H:%M:%SZ}"},
    ]


@pytest.mark.usefixtures("database")
def test_the_first_walk_of_a_repository_ends_after_ten_pages(monkeypatch):
    def respond(path, params):
        number = int(params.get("page", 1))
        commit = COMMIT | {"sha": f"{number:040x}"}
        link = f'<{server.url}{path}?page={number + 1}>; rel="next"'
        return reply([commit], Link=link)

    with venue_server(respond) as server:
        monkeypatch.setenv("BULLION_GITHUB_URL", server.url)
        assert asked("github", ("commits", "a/b")) == []
    assert query("select count(distinct sha) from bronze_github.commits") == [(10,)]


@pytest.mark.usefixtures("database")
def test_an_upstream_that_fails_is_waited_out_or_said_and_the_others_load(monkeypatch):
    left = [reply("{}", 502)] * 3

    def respond(path, params):
        if path == "/broken":
            return reply("<!DOCTYPE a [<!ENTITY b 'c'>]><rss/>")
        if path == "/gone":
            return reply("{}", 404)
        if path == "/away":
            return reply("", 302, Location=f"{AWAY}/latest")
        if left:
            return left.pop()
        feed = "<rss version='2.0'><channel><title>N</title><item><guid>1</guid></item>"
        return reply(f"{feed}</channel></rss>")

    with venue_server(respond) as server:
        monkeypatch.setenv("BULLION_NEWS_URL", server.url)
        names = ("broken", "gone", "away", "good")
        feeds = [("feed", f"https://news.example/{name}") for name in names]
        failures = asked("news", *feeds, ("nothing", "-"))
    told = "news feed https://news.example/"
    assert failures == [
        f"{told}broken: XML that declares entities of its own is not read",
        f"{told}gone: HTTP 404",
        f"{told}away: {AWAY} is at 169.254.169.254, which is no public address",
        "news nothing -: there is no such endpoint",
    ]
    assert query("select subject, item_id from bronze_news.items") == [
        ("https://news.example/good", "1")
    ]
    told = "select status, count(*) from bronze_news.requests group by 1 order by 1"
    assert query(told) == [(200, 2), (404, 1), (502, 3), (None, 1)]


@pytest.mark.usefixtures("database")
def test_a_token_in_an_address_shows_nowhere(monkeypatch):
    monkeypatch.setenv("BULLION_CRYPTOPANIC_TOKEN", SECRET)

    def respond(path, params):
        assert params["auth_token"] == SECRET
        if "page" in params:
            return reply({"info": f"bad token {params['auth_token']}"}, 403)
        article = {"id": 1, "title": "T", "published_at": "2026-01-01T00:00:00Z"}
        following = f"{server.url}/api/v1/posts/?auth_token={SECRET}&page=2"
        return reply({"results": [article], "next": following})

    with venue_server(respond) as server:
        monkeypatch.setenv("BULLION_NEWS_URL", server.url)
        assert asked("news", ("cryptopanic", "-")) == [
            "news cryptopanic -: HTTP 403: bad token ***"
        ]
    for table in ("items", "answers", "quarantine", "requests"):
        rows = query(f"select to_jsonb(t)::text from bronze_news.{table} as t")
        assert rows
        assert SECRET not in str(rows)


@pytest.mark.usefixtures("seeded")
def test_an_archive_of_reddit_is_read_whole_and_its_broken_lines_said(tmp_path):
    comment = {"id": "c1", "body": "gm", "author": "author_1", "created_utc": 1.7e9}
    posts = [{**post(n), "name": None, "id": f"p{n}"} for n in range(2_500)]
    lines = [*map(json.dumps, posts), json.dumps(comment), "{", ""]
    path = tmp_path / "RS_2023-11.zst"
    path.write_bytes(zstandard.compress("\n".join(lines).encode()))
    for _ in range(2):
        source, _ = load_once("reddit", LoadOptions(archive=path))
        assert source.failures == []
    assert query(
        "select kind, count(*), min(item_id) from bronze_reddit.items group by 1"
        " order by 1"
    ) == [("comment", 1, "t1_c1"), ("post", 2500, "t3_p0")]
    assert query("select reason, raw from bronze_reddit.quarantine") == [
        ("no item_id", '"{\\n"')
    ]


@pytest.mark.usefixtures("seeded")
def test_an_archive_that_is_cut_off_keeps_what_came_before_and_says_so(tmp_path):
    packed = io.BytesIO(zstandard.compress(b"\n".join([b"{}"] * 10)))
    path = tmp_path / "cut.zst"
    path.write_bytes(packed.getvalue() + b"junk")
    source, _ = load_once("reddit", LoadOptions(archive=path))
    assert len(source.failures) == 1
    assert str(path) in str(source.failures[0])
