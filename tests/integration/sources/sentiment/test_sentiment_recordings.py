"""Recorded bodies stand in bronze as they were said, each snapshot once."""

import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from pipelines import warehouse
from pipelines.collector.load_once import load_once
from pipelines.sources import members
from pipelines.upstream.options import LoadOptions
from tests.histories.sentiment_recordings import (
    SENTIMENT,
    listing,
    polls,
    post,
    put,
    recorded,
)
from tests.services.command import bullion, refused, run

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
AUTHORS = ("author_0", "author_001", "jacquev6", "Jesse Hamilton")


def query(statement):
    with warehouse.connect("loader", "test") as connection:
        return connection.execute(statement).fetchall()


def loaded(folder):
    """Load all of a folder; the failures."""
    options = LoadOptions(recordings=folder, now=NOW)
    done = [load_once(name, options) for name in members("sentiment")]
    return [failure for source, _ in done for failure in source.failures]


@pytest.mark.skipif(not SENTIMENT.is_dir(), reason=f"no recordings at {SENTIMENT}")
@pytest.mark.usefixtures("seeded")
def test_what_was_recorded_of_live_upstreams_stands_as_it_was_said(tmp_path):
    assert loaded(recorded(tmp_path / "recorded")) == []
    (day,) = query(
        "select value, classification from bronze_fear_greed.index_values"
        " where indexed_at = '2023-03-11Z'"
    )
    assert day == ("33", "Fear")
    assert query("select count(*) from bronze_fear_greed.index_values") == [(131,)]
    assert query(
        "select count(*), count(distinct item_id), count(*) filter (where is_stickied),"
        " count(*) filter (where subject = 'AskReddit') from bronze_reddit.items"
    ) == [(102, 102, 2, 102)]
    assert query(
        "select count(*), count(distinct sha), count(distinct fetch_id),"
        " min(repository) from bronze_github.commits"
    ) == [(90, 90, 1, "PyGithub/PyGithub")]
    assert query(
        "select status, reason from bronze_github.quarantine"
        " inner join bronze_github.answers using (answer_id) order by 1, 2"
    ) == [
        (200, "no endpoint's form"),  # of a user, which is not asked for
        (403, "HTTP 403: API Rate Limit Exceeded for 92.104.200.119"),
        *[(502, "HTTP 502: Server Error")] * 3,
    ]
    assert query("select repository, stars_count from bronze_github.repositories") == [
        ("PyGithub/PyGithub", 2256)
    ]
    assert query(
        "select subject, count(*), count(created_at), count(created_text)"
        " from bronze_news.items group by 1 order by 1"
    ) == [
        ("cryptopanic", 10, 10, 10),
        ("https://www.coindesk.com/arc/outboundfeeds/rss", 25, 25, 25),
    ]
    assert query(
        "select created_at, left(title, 34) from bronze_news.items"
        " where item_id = '9aef2b42-3854-4f38-8336-c157cc2d05a1'"
    ) == [
        (
            datetime(2025, 12, 12, 22, 20, 18, tzinfo=UTC),
            "Citadel Securities and DeFi Waging",
        )
    ]
    assert query(
        "select coin_id, current_price, max_supply from bronze_coingecko.coin_markets"
        " order by coin_id"
    ) == [("bitcoin", "33519", "21000000"), ("ethereum", "2144.93", None)]
    assert_no_author_is_named()


def assert_no_author_is_named():
    """Nobody's name is a cell of bronze, nor of what was refused."""
    for schema, table in query(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('bronze_reddit', 'bronze_github', 'bronze_news')"
        " and table_name not like '\\_dlt%'"
    ):
        rows = query(f"select to_jsonb(t) from {schema}.{table} as t")
        cells = {str(cell) for (row,) in rows for cell in row.values()}
        assert not cells & set(AUTHORS)


@pytest.mark.usefixtures("seeded")
def test_a_second_load_of_the_same_recordings_adds_nothing(tmp_path):
    for number, posts in enumerate(polls(3, 10, 4), 1):
        put(tmp_path, "reddit", number, listing(posts))
    assert loaded(tmp_path) == []
    counted = (
        "select count(*), count(distinct item_id), count(distinct fetch_id),"
        " count(distinct author_hash) from bronze_reddit.items"
    )
    assert query(counted) == [(30, 18, 3, 7)]
    assert loaded(tmp_path) == []
    assert query(counted) == [(30, 18, 3, 7)]
    put(tmp_path, "reddit", 4, listing([post(99)]))
    assert loaded(tmp_path) == []
    assert query(counted) == [(31, 19, 4, 7)]


@pytest.mark.usefixtures("seeded")
def test_polls_that_overlap_and_a_walk_of_many_pages_stand_each_item_once_a_fetch(
    tmp_path,
):
    for number, posts in enumerate(polls(21, 57, 18), 1):
        put(tmp_path, "reddit", number, listing(posts))
    posts = [post(n) for n in reversed(range(5_000, 6_001))]
    walk = "https://oauth.reddit.com/r/Bitcoin/new?limit=100"
    for page in range(11):
        after = f"&after={posts[page * 91]['name']}" if page else ""
        body = listing(posts[page * 91 : page * 91 + 92], after="t3_x")
        put(tmp_path, "reddit", 100 + page, body, url=walk + after)
    assert loaded(tmp_path) == []
    counts = "select count(*), count(distinct item_id), count(distinct fetch_id)"
    below = "from bronze_reddit.items where item_id"
    assert query(f"{counts} {below} < 't3_005000'") == [(21 * 57, 417, 21)]
    assert query(f"{counts} {below} >= 't3_005000'") == [(1001, 1001, 1)]
    answers = "select max(page_number), sum(items_count)::integer"
    assert query(f"{answers} from bronze_reddit.answers") == [(11, 21 * 57 + 1001)]


@pytest.mark.usefixtures("seeded")
def test_what_was_deleted_loses_its_text_and_keeps_its_numbers(tmp_path):
    put(tmp_path, "reddit", 1, listing([post(2), post(1)]))
    assert loaded(tmp_path) == []
    gone = post(1, selftext="[deleted]", author="[deleted]", score=5)
    put(tmp_path, "reddit", 2, listing([post(2), gone]))
    assert loaded(tmp_path) == []
    assert query(
        "select title, text, score, tombstone, author_hash is null"
        " from bronze_reddit.items where item_id = 't3_000001' order by received_at"
    ) == [(None, None, 3, None, False), (None, None, 5, "deleted", True)]
    assert query("select count(text) from bronze_reddit.items") == [(2,)]
    hashes = sorted(
        sha256(text.encode()).hexdigest()
        for text in (post(1)["title"], post(1)["selftext"])
    )
    redactions = query(
        "select schema_name, item_id, reason, texts_sha256, rows_count"
        " from ops.redactions"
    )
    assert redactions == [("bronze_reddit", "t3_000001", "deleted", hashes, 1)]
    assert query("select ops.redact_tombstones('bronze_reddit')") == [(0,)]


@pytest.mark.usefixtures("seeded")
def test_a_body_of_two_forms_or_none_is_quarantined_and_stops_nothing(tmp_path):
    put(tmp_path, "reddit", 1, b"{")
    put(tmp_path, "reddit", 2, {"message": "Forbidden", "error": 403})
    put(tmp_path, "reddit", 3, listing([post(1), {"title": "no id"}]))
    put(tmp_path, "coingecko", 1, {"status": {"error_code": 429, "error_message": "x"}})
    put(tmp_path, "github", 1, b"<html>", status=502)
    put(tmp_path, "news", 1, b'<!DOCTYPE a [<!ENTITY b "c">]><rss/>')
    put(tmp_path, "news", 2, b"<html><p>hello")
    (tmp_path / "news" / "003.json").write_bytes(b"[1]")
    (tmp_path / "news" / "003.meta.json").write_text(json.dumps([1]))
    (failure,) = loaded(tmp_path)
    assert str(failure).startswith("news/003.json: its meta.json: not a mapping of")
    reasons = query(
        "select origin, reason, item_number from bronze_reddit.quarantine"
        " union all select origin, reason, item_number from bronze_news.quarantine"
        " union all select origin, reason, item_number from bronze_github.quarantine"
        " union all select origin, reason, item_number from bronze_coingecko.quarantine"
        " order by 1"
    )
    told = {origin: (reason, number) for origin, reason, number in reasons}
    assert told.pop("reddit/001.json")[0].startswith("a body that can not be read: ")
    assert told.pop("news/002.xml")[0].startswith("XML that is no feed")
    assert told == {
        "reddit/002.json": ("error body: Forbidden", None),
        "reddit/003.json": ("no item_id", 1),
        "coingecko/001.json": ("error body: x", None),
        "github/001.xml": ("HTTP 502", None),
        "news/001.xml": ("XML that declares entities of its own is not read", None),
    }
    assert query("select count(*) from bronze_reddit.items") == [(1,)]


@pytest.mark.usefixtures("seeded")
def test_the_command_loads_each_source_of_a_folder_and_says_what_came(tmp_path):
    folder = tmp_path / "recorded"
    put(folder, "reddit", 7, listing([post(1)]))
    put(folder, "fear_greed", 1, {"data": [{"value": "33", "timestamp": "0"}]})
    named = ("--recordings", str(folder), "--now", "2026-11-28T12:00Z", "--json")
    done = json.loads(bullion("load", "sentiment", *named, environment={}))
    *brought, scored = [(one["schema_name"], one["rows_count"]) for one in done]
    assert brought == [("bronze_fear_greed", 2), ("bronze_reddit", 2)]
    assert scored[0] == "bronze_sentiment"
    scores = "select scorer from bronze_sentiment.text_scores order by 1"
    used = ("assets", "language", "spam", "vader", "vader_crypto")
    assert query(scores) == [(scorer,) for scorer in used]
    assert query("select received_at from bronze_reddit.items") == [
        (datetime(2026, 11, 28, 12, 0, 7, tzinfo=UTC),)
    ]
    alone = bullion("load", "sentiment", "--source", "news", *named, environment={})
    assert json.loads(alone) == []
    for words, code, told in (
        (("sentiment", "--source", "nix"), 78, "--source: unknown nix; known: fear"),
        (("sentiment", "--recordings", "nix"), 78, "--recordings: nix is no folder"),
        (
            ("news", "--recordings", str(tmp_path)),
            78,
            "bullion is no source",
        ),
        (("sentiment", "--now", "soon"), 78, "--now: 'soon' is not an ISO 8601 time"),
        (("news", "--archive", "a.zst"), 78, "--archive: of reddit alone"),
    ):
        failed = refused("load", *words, environment={})
        assert failed.returncode == code
        assert told in failed.stderr
    off = run("load", "reddit", environment={})
    assert off.returncode == 0
    assert "reddit is off: BULLION_REDDIT_CLIENT_ID, BULLION_REDDIT" in off.stderr


@pytest.mark.usefixtures("seeded")
def test_texts_of_a_load_that_was_killed_before_it_scored_them_are_scored_by_the_next(
    tmp_path,
):
    folder = tmp_path / "recorded"
    folder.mkdir()
    named = ("--recordings", str(folder), "--now", "2026-11-28T12:00Z", "--json")
    assert json.loads(bullion("load", "sentiment", *named, environment={})) == []
    put(folder, "reddit", 1, listing([post(1)]))
    assert loaded(folder) == []
    scores = "select count(distinct text_hash) from bronze_sentiment.text_scores"
    assert query(scores) == [(0,)]

    done = json.loads(bullion("load", "sentiment", *named, environment={}))

    assert [one["schema_name"] for one in done] == ["bronze_sentiment"]
    assert query(scores) == [(1,)]
