"""A body becomes rows by its declaration; polls in any split give one set of them."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources.sentiment.authors import Authors
from pipelines.sources.sentiment.bodies import Body
from pipelines.sources.sentiment.reader import Reader
from pipelines.sources.sentiment.recordings import recorded
from pipelines.sources.sentiment.upstreams import UPSTREAMS
from tests.histories.sentiment_recordings import listing, polls, post, put
from tests.soak import times

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
REDDIT = "https://oauth.reddit.com/r/Bitcoin/new"


def reader(name="reddit"):
    return Reader(UPSTREAMS[name], Authors("a key"))


def read(name, document, **body):
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return reader(name).read(Body(content, NOW, "made/001.json", **body))


def only(name, document, **body):
    """The one row."""
    page = read(name, document, **body)
    assert page.reason is None
    assert page.refused == []
    (row,) = page.rows
    return row


def snapshots(pages):
    return {
        (row["fetch_id"], row["item_id"], row["score"], row["received_at"])
        for page in pages
        for row in page.rows
    }


POLLS = [
    Body(json.dumps(listing(posts)).encode(), NOW + timedelta(minutes=n), "p")
    for n, posts in enumerate(polls(8, 9, 4))
]


@settings(deadline=None, max_examples=times(500, 25))
@given(order=st.permutations(range(8)), cuts=st.sets(st.integers(1, 7)))
def test_polls_in_any_split_and_order_give_one_set_of_snapshots(order, cuts):
    whole = snapshots(map(reader().read, POLLS))
    bounds = [0, *sorted(cuts), 8]
    split = [
        page
        for start, end in pairwise(bounds)
        for one in [reader()]  # of a load of its own
        for page in [one.read(POLLS[n]) for n in order[start:end]]
    ]
    assert snapshots(split) == whole
    assert len(whole) == 8 * 9
    assert len({item for _, item, *_ in whole}) == 9 + 7 * 4


def test_a_walk_of_eleven_pages_is_one_fetch_and_an_item_that_moves_is_one_snapshot():
    posts = [post(n) for n in reversed(range(1001))]
    # one came while the pages were asked for: each begins with the end of the last
    pages = [posts[max(0, n * 91 - 1) : (n + 1) * 91] for n in range(11)]
    walk = reader()
    done = [
        walk.read(
            Body(
                json.dumps(listing(page, after="t3_x")).encode(),
                NOW + timedelta(seconds=n),
                "p",
                url=f"{REDDIT}?limit=100" + (f"&after=t3_{n}" if n else ""),
            )
        )
        for n, page in enumerate(pages)
    ]
    rows = [row for page in done for row in page.rows]
    assert len(rows) == len({row["item_id"] for row in rows}) == 1001
    assert {page.fetch_id for page in done} == {done[0].answer_id}
    assert [page.number for page in done] == list(range(1, 12))
    assert sum(len(page.ids) for page in done) == 1011


def test_two_polls_of_the_same_moment_of_the_clock_are_two_fetches():
    first, second = (
        reader().read(Body(b"[]" if n else json.dumps(listing([])).encode(), NOW, "p"))
        for n in range(2)
    )
    assert first.answer_id != second.answer_id


def test_a_post_is_read_by_its_declaration():
    row = only("reddit", listing([post(3, edited=1_700_000_999.5)]))
    assert row["item_id"] == "t3_000003"
    assert row["text"] == "BTC is at 3 <b>&amp;</b>"
    assert (row["score"], row["comments_count"]) == (9, 3)
    assert row["created_at"] == "2023-11-14T22:16:20+00:00"
    assert row["edited_at"] == "2023-11-14T22:29:59.500000+00:00"
    assert row["author_hash"] == Authors("a key").hashed("author_3")
    assert row["author_hash"] != Authors("another").hashed("author_3")


def test_a_thread_gives_its_post_and_all_that_answers_it():
    deep = {"kind": "t1", "data": {"name": "t1_b", "body": "no", "replies": ""}}
    more = {"kind": "more", "data": {"children": ["x"]}}
    top = {
        "name": "t1_a",
        "body": "[removed]",
        "parent_id": "t3_000001",
        "replies": {"kind": "Listing", "data": {"children": [deep, more]}},
    }
    answers = {"kind": "Listing", "data": {"children": [{"kind": "t1", "data": top}]}}
    page = read("reddit", [listing([post(1)]), answers])
    assert page.endpoint
    assert page.endpoint.name == "comments"
    assert [
        (r["item_id"], r["kind"], r.get("tombstone"), r["text"]) for r in page.rows
    ] == [
        ("t3_000001", "post", None, "BTC is at 1 <b>&amp;</b>"),
        ("t1_a", "comment", "removed", None),
        ("t1_b", "comment", None, "no"),
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": None, "id": None}, "no item_id"),
        ({"score": "many"}, "score is 'many', no number"),
        ({"score": 1.5}, "score is '1.5', not whole"),
        ({"score": 1e30}, "score is '1e+30', not whole"),
        ({"title": ["a"]}, "title is a list, not text"),
        ({"stickied": "yes"}, "stickied is text, not true or false"),
        ({"created_utc": 1e15}, "created_utc is '1000000000000000.0', no time"),
    ],
)
def test_an_item_that_is_wrong_is_quarantined_without_its_author(changes, reason):
    page = read("reddit", listing([post(1, **changes), post(2)]))
    assert [row["item_id"] for row in page.rows] == ["t3_000002"]
    (refused,) = page.refused
    assert (refused["reason"], refused["item_number"]) == (reason, 0)
    assert "author_1" not in refused["raw"]


COMMIT = {
    "sha": "a" * 40,
    "url": f"https://api.github.com/repos/a/b/commits/{'a' * 40}",
    "parents": [{"sha": "b"}],
    "author": {"login": "someone", "type": "User"},
    "commit": {
        "message": "Fix",
        "author": {"name": "S", "email": "s@a.b", "date": "2026-01-01T01:00:00+02:00"},
        "committer": {"date": "2026-01-02T00:00:00Z"},
    },
}


@pytest.mark.parametrize(
    ("author", "bot"),
    [
        ({"login": "someone", "type": "User"}, None),
        ({"login": "dependabot[bot]", "type": "Bot"}, "dependabot[bot]"),
        ({"login": "k8s-ci-robot", "type": "User"}, "k8s-ci-robot"),
        ({"login": "codecov-bot"}, "codecov-bot"),
        ({"login": "abbot"}, None),
        (None, None),
    ],
)
def test_a_commit_says_which_bot_made_it_and_hides_who_else(author, bot):
    row = only("github", [{**COMMIT, "author": author}])
    assert row["bot_login"] == bot
    name = author["login"] if author else "s@a.b"
    hashed = None if bot else Authors("a key").hashed(name)
    assert row.get("author_hash") == hashed
    assert row["repository"] == "a/b"
    assert row["authored_at"] == "2025-12-31T23:00:00+00:00"
    assert row["committed_at"] == "2026-01-02T00:00:00+00:00"


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<link>https://news.example/</link>{}</channel></rss>"""
DATES = [
    ("Fri, 12 Dec 2025 22:20:18 +0200", "2025-12-12T20:20:18+00:00"),
    ("Fri, 12 Dec 2025 22:20:18 EST", "2025-12-13T03:20:18+00:00"),
    ("2025-12-12T22:20:18Z", "2025-12-12T22:20:18+00:00"),
    ("yesterday", None),
]


@pytest.mark.parametrize(("sent", "at"), DATES)
def test_an_article_has_its_time_in_utc_or_null_with_its_text(sent, at):
    body = RSS.format(
        f"<item><guid>1</guid><title>A &amp;amp; B</title><pubDate>{sent}</pubDate>"
        "<description>&lt;script&gt;x&lt;/script&gt;</description></item>"
    )
    row = only("news", body.encode())
    assert (row["created_at"], row["created_text"]) == (at, sent)
    assert row["title"] == "A &amp; B"
    assert row["text"] == "<script>x</script>"
    assert row["subject"] == "https://news.example/"


def test_an_article_without_time_or_id_is_kept_by_what_it_says():
    body = RSS.format("<item><title>A</title></item>").encode()
    row = only("news", body)
    assert (row["created_at"], row["created_text"]) == (None, None)
    assert row["item_id"].startswith("sha256:")
    assert only("news", body)["item_id"] == row["item_id"]


ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title>
<link rel="self" href="https://n.example/atom"/>
<entry><id>urn:1</id><title>T</title><updated>2026-01-02T03:04:05+01:00</updated>
<author><name>Ann</name></author><content type="html">&lt;p&gt;x</content></entry>
</feed>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://n.example/"><title>N</title><link>https://n.example/</link>
</channel><item rdf:about="urn:1"><title>T</title><link>https://n.example/1</link>
<dc:date>2026-01-02T02:04:05Z</dc:date></item></rdf:RDF>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "N",
    "items": [
        {
            "id": "urn:1",
            "title": "T",
            "content_html": "<p>x",
            "date_published": "2026-01-02T03:04:05+01:00",
            "authors": [{"name": "Ann"}],
        }
    ],
}


@pytest.mark.parametrize(
    ("body", "endpoint"), [(ATOM, "feed"), (RDF, "feed"), (JSON_FEED, "json_feed")]
)
def test_every_kind_of_feed_gives_its_articles(body, endpoint):
    row = only("news", body)
    assert (row["endpoint"], row["item_id"], row["title"]) == (endpoint, "urn:1", "T")
    assert row["created_at"] == "2026-01-02T02:04:05+00:00"


def test_broken_xml_is_read_as_far_as_it_goes_and_says_so():
    body = RSS.format("<item><guid>1</guid><title>A & B</title></item>").encode()
    page = read("news", body)
    assert [row["title"] for row in page.rows] == ["A & B"]
    assert page.mended
    assert page.mended.startswith("SAXParseException")


def test_a_charset_that_lies_is_mended_and_counted():
    body = RSS.format("<item><guid>1</guid><title>Zoë</title></item>").encode()
    page = read("news", body, headers={"Content-Type": "text/xml; charset=latin-1"})
    assert [row["title"] for row in page.rows] == ["Zoë"]
    assert page.mended == "declared as latin-1, read as utf-8"


HIT = {
    "objectID": "8863",
    "title": "My YC app",
    "author": "dhouston",
    "points": 104,
    "num_comments": 71,
    "created_at": "2007-04-04T19:16:40Z",
    "created_at_i": 1175714200,
    "_tags": ["story", "author_dhouston"],
}
SKEET = {
    "uri": "at://did:plc:abc/app.bsky.feed.post/1",
    "cid": "bafy1",
    "author": {
        "did": "did:plc:abc",
        "handle": "a.b",
        "createdAt": "2024-01-01T00:00:00Z",
    },
    "record": {
        "text": "BTC",
        "createdAt": "2026-01-02T03:04:05.678Z",
        "langs": ["en"],
        "reply": {"parent": {"uri": "at://x", "cid": "bafy0"}},
    },
    "likeCount": 4,
    "replyCount": 2,
    "repostCount": 1,
}


@pytest.mark.parametrize(
    ("source", "body", "expected"),
    [
        (
            "hacker_news",
            {"hits": [HIT], "page": 0, "nbPages": 3, "query": "bitcoin"},
            ("story", "8863", "My YC app", 104, 71, "2007-04-04T19:16:40+00:00"),
        ),
        (
            "hacker_news",
            {"id": 2, "type": "comment", "time": 1175714200, "by": "a", "text": "x"},
            ("comment", "2", None, None, None, "2007-04-04T19:16:40+00:00"),
        ),
        (
            "bluesky",
            {"posts": [SKEET], "cursor": "c"},
            ("post", "bafy1", None, 4, 2, "2026-01-02T03:04:05.678000+00:00"),
        ),
        (
            "bluesky",
            {"feed": [{"post": SKEET}]},
            ("post", "bafy1", None, 4, 2, "2026-01-02T03:04:05.678000+00:00"),
        ),
    ],
)
def test_posts_of_other_upstreams_are_read_alike(source, body, expected):
    row = only(source, body)
    names = ("kind", "item_id", "title", "score", "comments_count", "created_at")
    assert tuple(row.get(name) for name in names) == expected
    assert row["author_hash"]
    assert "dhouston" not in str(row)
    assert "did:plc" not in str(row)


def test_a_coin_keeps_numbers_as_given_and_nulls():
    coin = {"id": "pepe", "symbol": "pepe", "name": "Pepe", "market_cap": None}
    row = only(
        "coingecko",
        b'[{"id":"a","symbol":"a","name":"A","market_cap":null,'
        b'"current_price":1.6446899669484214e-05}]',
    )
    assert (row["current_price"], row["market_cap"]) == ("1.6446899669484214e-05", None)
    full = {
        **coin,
        "community_data": {"twitter_followers": None, "reddit_subscribers": 7},
    }
    row = only("coingecko", full)
    assert row["community"] == '{"twitter_followers":null,"reddit_subscribers":7}'


@pytest.mark.parametrize(
    ("source", "document", "status", "reason"),
    [
        (
            "reddit",
            {"message": "Forbidden", "error": 403},
            200,
            "error body: Forbidden",
        ),
        (
            "reddit",
            {"message": "Too Many Requests"},
            429,
            "HTTP 429: Too Many Requests",
        ),
        ("github", {"message": "Not Found"}, 404, "HTTP 404: Not Found"),
        ("github", b"<html>", 502, "HTTP 502"),
        (
            "fear_greed",
            {"data": [], "metadata": {"error": "no"}},
            200,
            "error body: no",
        ),
        ("coingecko", {"prices": []}, 200, "no endpoint's form"),
        ("coingecko", [], 200, None),
        ("github", [], 200, None),
        ("bluesky", {"posts": [], "feed": []}, 200, "the forms of search and author"),
        (
            "bluesky",
            {"error": "X", "message": "bad cursor"},
            200,
            "error body: bad cursor",
        ),
    ],
)
def test_a_body_that_is_none_of_ours_says_why(source, document, status, reason):
    page = read(source, document, status=status)
    assert page.reason == reason
    assert page.rows == []
    assert len(page.refused) == (reason is not None)


def test_two_forms_are_told_apart_by_the_address():
    url = "https://public.api.bsky.app/xrpc/app.bsky.feed.searchPosts?q=btc"
    page = read("bluesky", {"posts": [], "feed": []}, url=url)
    assert page.endpoint
    assert page.endpoint.name == "search"


def test_a_secret_that_an_error_echoes_is_hidden():
    hiding = Reader(UPSTREAMS["news"], Authors("k"), ["hunter2"])
    body = b'{"error": "bad token hunter2"}'
    page = hiding.read(Body(body, NOW, "x", status=403))
    assert page.reason == "HTTP 403: bad token ***"
    assert "hunter2" not in str(page.refused)


def test_recordings_are_read_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 9, 1):
        put(tmp_path, "reddit", number, listing([post(number)]))
    put(tmp_path, "reddit", 2, listing([]), status=403, fetched_at="2026-01-01T00:00Z")
    (tmp_path / "reddit" / "notes.txt").write_text("not one of them")
    bodies = [
        one for one in recorded(tmp_path / "reddit", NOW) if isinstance(one, Body)
    ]
    assert [(b.origin[-8:], b.status, b.received_at.isoformat()) for b in bodies] == [
        ("001.json", 200, "2026-11-28T12:00:01+00:00"),
        ("002.json", 403, "2026-01-01T00:00:00+00:00"),
        ("009.json", 200, "2026-11-28T12:00:09+00:00"),
        ("010.json", 200, "2026-11-28T12:00:10+00:00"),
    ]
