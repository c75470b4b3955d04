"""Labels against what people said of the same texts, plain VADER's beside ours.

The recorded titles of CryptoPanic have readers' votes; eight of the ten have more of
one kind. No other texts that people labelled are at hand.
"""

import json

import pytest

from pipelines.enrichment.scored_text import TextScorer, label_of
from tests.conftest import RECORDED

VOTED = RECORDED / "sentiment" / "cryptopanic_posts.json"


@pytest.mark.skipif(not VOTED.is_file(), reason=f"no recordings at {VOTED.parent}")
def test_labels_agree_with_readers_votes_as_often_as_plain_vaders():
    scorer, agreed = TextScorer(), {"plain": 0, "ours": 0}
    posts = json.loads(VOTED.read_text(encoding="utf-8"))["results"]
    voted = [p for p in posts if p["votes"]["positive"] != p["votes"]["negative"]]
    for post in voted:
        votes, scored = post["votes"], scorer.score(post["title"])
        label = "positive" if votes["positive"] > votes["negative"] else "negative"
        agreed["plain"] += label_of(scored.compound_vader) == label
        agreed["ours"] += scored.label == label
    assert (len(voted), agreed) == (8, {"plain": 3, "ours": 3})
