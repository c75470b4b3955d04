"""Upstreams of sentiment: their bodies have the forms that are read of real ones."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from pipelines.sandbox.clock import Clock, parse_instant
from pipelines.sandbox.faults import Faults
from pipelines.sandbox.sentiment.asking import Ask
from pipelines.sandbox.sentiment.host import SOURCES, Sentiment
from pipelines.sandbox.sentiment.items import STEP_MS, Stream
from pipelines.sources.sentiment.authors import Authors
from pipelines.sources.sentiment.bodies import Body
from pipelines.sources.sentiment.forms import Asked
from pipelines.sources.sentiment.reader import Reader
from pipelines.sources.sentiment.upstreams import UPSTREAMS

NOW = "2024-03-01T12:00:30Z"
AT = datetime(2024, 3, 1, 12, 0, 30, tzinfo=UTC)
TOKEN = {"authorization": "bearer sandbox"}


def host(seed=1, now=NOW):
    return Sentiment(seed, Clock(parse_instant(now), is_frozen=True), Faults(seed))


def answered(source, url, sentiment=None, **headers):
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query)
    told = {**TOKEN, **headers}
    ask = Ask("GET", parts.path, dict(pairs), told, "http://sandbox", pairs=pairs)
    return (sentiment or host()).answer(source, ask)[0]


def document(answer):
    return json.loads(answer.body)


def read(source, endpoint, url, subject=None):
    """The page, by what the source declares of the endpoint."""
    answer = answered(source, url)
    upstream = UPSTREAMS[source]
    asked = Asked({e.name: e for e in upstream.endpoints}[endpoint], subject)
    body = Body(
        answer.body, AT, "sandbox", headers=answer.headers, url=url, asked=asked
    )
    page = Reader(upstream, Authors("key")).read(body)
    assert (page.reason, page.refused, page.mended) == (None, [], None)
    return page


@pytest.mark.parametrize(
    ("source", "endpoint", "url"),
    [
        ("fear_greed", "index", "/fng/?limit=0"),
        ("news", "feed", "/rss"),
        ("news", "feed", "/atom"),
        ("news", "json_feed", "/feed.json"),
        ("news", "cryptopanic", "/api/v1/posts/"),
        ("github", "repository", "/repos/bitcoin/bitcoin"),
        ("github", "commits", "/repos/bitcoin/bitcoin/commits?per_page=100"),
        ("github", "issues", "/repos/bitcoin/bitcoin/issues?state=all&per_page=100"),
        ("coingecko", "markets", "/coins/markets"),
        ("coingecko", "coin", "/coins/ethereum"),
        ("hacker_news", "search", "/search_by_date?query=bitcoin&hitsPerPage=100"),
        ("hacker_news", "item", f"/item/{parse_instant(NOW) // STEP_MS - 30}.json"),
        ("bluesky", "search", "/xrpc/app.bsky.feed.searchPosts?q=bitcoin&limit=100"),
        ("bluesky", "author", "/xrpc/app.bsky.feed.getAuthorFeed?actor=author_7"),
        ("reddit", "posts", "/r/Bitcoin/new?limit=100"),
    ],
)
def test_a_body_has_the_form_that_is_declared_of_its_endpoint(source, endpoint, url):
    page = read(source, endpoint, url)
    assert page.rows
    assert len(set(page.ids)) == len(page.ids)
    until = AT + timedelta(days=1)  # a repository's size has no time at all
    assert all(datetime.fromisoformat(at) < until for at in page.times)


def test_bluesky_answers_for_25_addresses_of_posts_that_stand():
    search = "/xrpc/app.bsky.feed.searchPosts?q=(&limit=100"
    posts = document(answered("bluesky", search))["posts"]
    of_somebody_else = posts[1]["uri"].replace("at://did:plc:", "at://did:plc:x")
    path = "/xrpc/app.bsky.feed.getPosts"

    def by(*uris):
        return answered("bluesky", f"{path}?{urlencode([('uris', u) for u in uris])}")

    told = by(posts[3]["uri"], of_somebody_else, posts[0]["uri"], "at://x/y/9")
    assert document(told)["posts"] == [posts[3], posts[0]]
    uris = [post["uri"] for post in posts]
    assert document(by(*uris[:25]))["posts"] == posts[:25]
    assert by(*uris[:26]).status == answered("bluesky", path).status == 400


def test_the_seed_and_the_clock_say_what_stands_there():
    url = "/search_by_date?query=bitcoin&hitsPerPage=1000"
    bodies = {
        answered("hacker_news", url, host(*chosen)).body
        for chosen in ((1, NOW), (1, NOW), (2, NOW), (1, "2024-03-01T13:00:00Z"))
    }
    assert len(bodies) == 3


def test_an_item_is_edited_and_gone_and_its_score_grows_by_the_clock():
    start = parse_instant(NOW)
    number = start // STEP_MS - start // STEP_MS % (11 * 29)  # edited, then deleted
    seen = []
    for hours in (0, 2.5, 4):
        now = (number + 1) * STEP_MS + int(hours * 3_600_000)
        stream = Stream(1, "reddit", Clock(now, is_frozen=True), STEP_MS)
        one = stream.item(number)
        assert one is not None
        seen.append(one)
        shown = number in {one.number for one in stream.newest(99)}
        assert shown == (hours < 4)
    assert [bool(one.edited_ms) for one in seen] == [False, True, True]
    assert [one.gone for one in seen] == ["", "", "deleted"]
    assert seen[0].score < seen[1].score < seen[2].score
    assert Stream(1, "x", Clock(start, is_frozen=True), STEP_MS).item(1 << 40) is None


def test_pages_of_a_list_are_the_list():
    sentiment, url, seen = host(), "/repos/a/b/commits?per_page=100", []
    while url:
        answer = answered("github", url, sentiment)
        shas = read("github", "commits", url).ids
        assert len(shas) == 100 or "Link" not in answer.headers
        seen += shas
        link = answer.headers.get("Link", "").partition(">")[0].lstrip("<")
        url = link.removeprefix("http://sandbox")
    assert len(seen) == len(set(seen)) > 200


def test_who_has_the_etag_is_told_that_nothing_changed():
    tag = answered("github", "/repos/a/b").headers["ETag"]
    again = answered("github", "/repos/a/b", **{"if-none-match": tag})
    assert (again.status, again.body) == (304, b"")


def test_there_is_a_stand_in_for_each_source():
    assert set(SOURCES) == set(UPSTREAMS)
