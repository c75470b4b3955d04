"""Both compounds are the library's own; the lexicon of crypto says where it is from."""

import csv
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import (  # type: ignore[import-untyped]
    BOOSTER_DICT,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
)

from pipelines.enrichment.scored_text import TextScorer, label_of
from pipelines.enrichment.seed_rows import rows_of
from pipelines.enrichment.vader import Vader
from tests.conftest import RECORDED

LEXICON = {row["word"]: float(row["valence"]) for row in rows_of("crypto_lexicon")}
EXAMPLES = RECORDED / "sentiment" / "vader_readme_examples.csv"
OURS = Vader(LEXICON)
PLAIN, CRYPTO = SentimentIntensityAnalyzer(), SentimentIntensityAnalyzer()
CRYPTO.lexicon.update(LEXICON)
# what the rules look for, beside words that are rated
SEEN = sorted(
    {
        *("but", "no", "or", "nor", "least", "at", "very", "so", "this", "never"),
        *("without", "doubt", "kind", "of", "plain", "b!", "?", "??", ":)", ":D"),
        *("\U0001f680", "a\U0001f480b", "\U0001f602\U0001f602", "!", "a\nb"),
        *(
            word
            for phrase in (*SPECIAL_CASES, *BOOSTER_DICT)
            for word in phrase.split()
        ),
        *NEGATE[::5],
        *LEXICON,
    }
)
RATED = sorted(PLAIN.lexicon)[:: len(PLAIN.lexicon) // 60]
WORDS = st.sampled_from([*SEEN, *RATED]).flatmap(
    lambda word: st.sampled_from([word, word.upper(), word.capitalize(), f"{word},"])
)


def compound(analyzer, text):
    return analyzer.polarity_scores(text)["compound"]


@settings(max_examples=500)
@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=40))
def test_compounds_are_exactly_the_librarys(text):
    assert OURS.compounds(text) == (compound(PLAIN, text), compound(CRYPTO, text))


def test_a_long_text_is_scored_as_the_library_scores_it():
    text = "no good but not the worst of kind of bad rugs, hodl! " * 40
    assert OURS.compounds(text) == (compound(PLAIN, text), compound(CRYPTO, text))


@pytest.mark.skipif(not EXAMPLES.exists(), reason=f"{EXAMPLES} is not there")
def test_vaders_examples_score_as_published():
    with EXAMPLES.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    scored = [TextScorer().score(row["text"]).compound_vader for row in rows]
    assert len(rows) == 16
    assert scored == [float(row["compound"]) for row in rows]


def test_thresholds_belong_to_the_labels():
    compounds = (0.05, 0.0499, 0.0, -0.0499, -0.05)
    labels = ["positive", "neutral", "neutral", "neutral", "negative"]
    assert [label_of(value) for value in compounds] == labels


@pytest.mark.parametrize("row", rows_of("crypto_lexicon"), ids=lambda row: row["word"])
def test_a_valence_is_that_of_the_word_that_its_source_names(row):
    assert row["word"] == row["word"].lower().strip()
    assert row["reviewed"] in {"yes", "no"}
    if row["source"].startswith("neutral: "):
        assert float(row["valence"]) == 0
        return
    named = re.match(
        r"as (\w+) in vader_lexicon\.txt of vaderSentiment ", row["source"]
    )
    assert named
    assert float(row["valence"]) == round(PLAIN.lexicon[named[1]], 1)


def test_words_of_crypto_are_rated_once():
    words = [row["word"] for row in rows_of("crypto_lexicon")]
    assert len(set(words)) == len(words) == len(LEXICON)


@pytest.mark.parametrize(
    ("text", "label"),
    {
        "Got rekt by a rug again": "negative",
        "hodl, we are going to the moon": "positive",
        "Very bullish on this one": "positive",
        "this is a scammy shitcoin": "negative",
        "It is a digital asset": "neutral",
        "not bullish at all": "negative",
        # what is meant otherwise, or by others
        "Still 70% below its ATH": "neutral",
        "I got a few moons for that comment": "neutral",
        "A block every ten minutes": "neutral",
        "A trustless bridge": "neutral",
        "It is a pump and dump": "negative",
        "The classic pump-and-dump": "negative",
        "After the exploit it depegged": "negative",
        "My bags tanked": "negative",
    }.items(),
)
def test_slang_is_labelled_by_what_it_means(text, label):
    assert TextScorer().score(text).label == label
