"""Scores in bronze: each text once, whatever loads brought it, in whatever parts."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from pipelines import warehouse
from pipelines.bronze.delivery import Resource, Rows
from pipelines.bronze.tables import Table, columns
from pipelines.enrichment import scorers, scoring
from pipelines.enrichment.held import TextRelation
from pipelines.enrichment.scored_text import TextScorer
from pipelines.enrichment.scoring import TextScores, score_texts
from pipelines.sources.load import load

POSTS = Table(
    "posts",
    (
        *columns("text", "item_id"),
        *columns("text", "title", "body", "author_hash", nullable=True),
        *columns("timestamp", "created_at", "received_at"),
    ),
)
RELATION = TextRelation(
    "forum",
    "bronze_forum",
    "posts",
    text="concat_ws(E'\\n', t.title, t.body)",
    author="t.author_hash",
)
START = datetime(2026, 3, 1, tzinfo=UTC)
COPIED = "the very same words about bitcoin and ether written by several people today"
SCORES = """
select text_hash, scorer, version, language, confidence, compound, label, assets, flags
from bronze_sentiment.text_scores order by 1, 2, 3
"""
ITEMS = """
select source, item_id, received_at, text_hash, author, created_at, band_1
from bronze_sentiment.text_items order by 1, 2, 3
"""
FLAGS = "select item_id, flag from bronze_sentiment.item_flags order by 1, 2, text_hash"


class Posts:
    name = "forum"
    tables: Sequence[Table] = (POSTS,)

    def __init__(self, rows) -> None:
        self.failures: list[Exception] = []
        self.posts = rows

    def lock_keys(self) -> Sequence[str]:
        return ["posts"]

    def resources(self) -> Sequence[Resource]:
        return [Resource("posts", self.rows)]

    def rows(self) -> Iterator[Rows]:
        yield Rows.of(POSTS, self.posts)


def post(number, text, *, author="a", minutes=0, read_at=0, title=None):
    created_at = START + timedelta(minutes=minutes)
    return {
        "item_id": f"{number:03d}",
        "title": title,
        "body": text,
        "author_hash": author,
        "created_at": created_at.isoformat(),
        "received_at": (created_at + timedelta(hours=read_at)).isoformat(),
    }


def held(statement):
    with warehouse.connect(None, "test") as connection:
        return connection.execute(statement).fetchall()


def score():
    return score_texts(load, [RELATION])


FORUM = [
    post(1, "<p>Got rekt &amp; sad</p>", title="Bitcoin"),
    post(1, "Got rekt & sad", title="Bitcoin", read_at=1),  # read again, plain
    post(2, "C'est une très bonne nouvelle pour le bitcoin", author="b"),
    post(3, COPIED, author="c", minutes=10),
    post(4, COPIED, author="d", minutes=10 + 48 * 60),
    post(5, None, author="e"),
    post(6, "buy https://a.io https://b.io https://c.io", author=None),
    *(post(10 + n, f"gm {n}", author="f", minutes=5 * n) for n in range(11)),
]
TOLD = [
    ("004", "near_duplicate"),
    ("006", "link_farm"),
    *((f"{10 + number:03d}", "burst") for number in range(11)),
]


def test_texts_are_scored_once_and_their_items_told(database):
    load(Posts(FORUM))
    (facts,) = score()

    assert facts.schema_name == "bronze_sentiment"
    one = TextScorer().score("Bitcoin\nGot rekt & sad")
    scored = {(row[0], row[1]): row for row in held(SCORES)}
    assert float(scored[one.text_hash, "vader"][5]) == one.compound_vader
    assert float(scored[one.text_hash, "vader_crypto"][5]) == one.compound_crypto
    assert scored[one.text_hash, "language"][3] == one.language.code
    assert scored[one.text_hash, "assets"][7] == '{"BTC": "name"}'
    french = TextScorer().score(FORUM[2]["body"]).text_hash
    assert scored[french, "vader"][5:7] == (None, None)
    items = held(ITEMS)
    assert [row[1] for row in items].count("001") == 2
    assert len({row[3] for row in items if row[1] == "001"}) == 1
    assert "005" not in {row[1] for row in items}  # it has no text
    assert len(scored) == len({row[3] for row in items}) * len(scorers.scorers())
    assert held(FLAGS) == TOLD


def test_nothing_new_writes_nothing_and_the_same_again_scores_nothing(database):
    load(Posts(FORUM))
    score()
    before = held(SCORES), held(FLAGS)

    assert score() == []
    again = [{**one, "received_at": "2026-04-01T00:00:00+00:00"} for one in FORUM[:5]]
    load(Posts(again))
    (facts,) = score()

    assert (held(SCORES), held(FLAGS)) == before
    assert facts.rows_count == len({one["item_id"] for one in again}) + 1  # the page


@pytest.mark.slow(15)
def test_any_order_and_split_gives_the_same(database, monkeypatch):
    load(Posts(FORUM))
    score()
    whole = held(SCORES), held(ITEMS), held(FLAGS)
    with warehouse.connect(None, "test") as connection:
        connection.execute("drop schema bronze_sentiment, bronze_forum cascade")
        connection.execute("delete from ops.loads")
        connection.execute("delete from ops.deliveries")
    monkeypatch.setattr(scoring, "TextScores", partial(TextScores, most=7))
    shuffled = random.Random(3).sample(FORUM, len(FORUM))
    load(Posts(shuffled[:10]))
    score()
    load(Posts(shuffled[10:]))
    score()

    assert (held(SCORES), held(ITEMS), held(FLAGS)) == whole


def test_a_new_version_stands_beside_the_one_before(database, monkeypatch):
    load(Posts(FORUM))
    score()
    before = held(SCORES)
    used = scorers.scorers()
    newer = [
        one._replace(version="next") if one.name == "vader" else one for one in used
    ]
    monkeypatch.setattr(scoring, "scorers", lambda: newer)
    score()

    added = [row for row in held(SCORES) if row[2] == "next"]
    assert [row for row in held(SCORES) if row[2] != "next"] == before
    assert len(added) == len({row[0] for row in before})
    assert {row[1] for row in added} == {"vader"}
    assert held(FLAGS) == TOLD
    assert score() == []
