"""Made texts, scored step by step and whole, in a process of its own."""

import random
import time
from collections.abc import Callable

from vaderSentiment.vaderSentiment import (  # type: ignore[import-untyped]
    SentimentIntensityAnalyzer,
)

from pipelines.enrichment.assets import asset_finder
from pipelines.enrichment.language import language_of
from pipelines.enrichment.scored_text import TextScorer
from pipelines.enrichment.seed_rows import rows_of
from pipelines.enrichment.simhash import simhash
from pipelines.enrichment.spam import is_shill
from pipelines.enrichment.text_form import text_form
from pipelines.enrichment.vader import Vader
from pipelines.enrichment.words import words_of
from tests.bench.child import Facts, answer

PLAIN = """
the a to of and in is it that for on with as was at by this from are will after have has
new over about market price week exchange trading network people what they when could
more than other bank fund billion report says traders today
"""
SHARES = {"plain": 80, "rated": 10, "slang": 4, "aliases": 6}  # percent of words


def made(count: int, words_count: int) -> list[str]:
    """Texts of about so many words, a third of them HTML; the same each time."""
    chance = random.Random(words_count)
    kinds = {
        "plain": PLAIN.split(),
        "rated": [w for w in SentimentIntensityAnalyzer().lexicon if w.isalpha()],
        "slang": [row["word"] for row in rows_of("crypto_lexicon")],
        "aliases": [row["alias"] for row in rows_of("asset_aliases")],
    }

    def text(number: int) -> str:
        length = chance.randint(words_count // 2, words_count * 3 // 2)
        drawn = chance.choices(list(SHARES), list(SHARES.values()), k=length)
        words = " ".join(chance.choice(kinds[kind]) for kind in drawn)
        if number % 3:
            return f"{words.capitalize()}!"
        return f"<p>{words}</p><p>I don&#x27;t know <a href='https://a.io'>why</a></p>"

    return [text(number) for number in range(count)]


def measure(asked: Facts) -> Facts:
    """Seconds of CPU of each step over all texts, the least of `repeats` rounds.

    The steps take turns, so that all of them see the machine alike.
    """
    raw = made(asked["texts"], asked["words"])
    texts = [text_form(one).text for one in raw]
    words = [words_of(text) for text in texts]
    scorer, library = TextScorer(), SentimentIntensityAnalyzer()
    ours = Vader({r["word"]: float(r["valence"]) for r in rows_of("crypto_lexicon")})
    pairs = list(zip(texts, words, strict=True))
    steps: dict[str, Callable[[], object]] = {
        "VADER's library, plain": lambda: [library.polarity_scores(t) for t in texts],
        "text form and hash": lambda: [text_form(one) for one in raw],
        "language": lambda: [language_of(text) for text in texts],
        "VADER, plain and crypto": lambda: [ours.compounds(text) for text in texts],
        "words": lambda: [words_of(text) for text in texts],
        "assets": lambda: [asset_finder().assets(one) for one in words],
        "spam and simhash": lambda: [
            (is_shill(text, one.lowered), simhash(one.lowered)) for text, one in pairs
        ],
        "all": lambda: scorer.scores(raw),
    }
    seconds = {name: float("inf") for name in steps}
    for _ in range(asked["repeats"]):
        for name, step in steps.items():
            began = time.process_time()
            step()
            seconds[name] = min(seconds[name], time.process_time() - began)
    characters = sum(map(len, texts)) / len(texts)
    return {"seconds": seconds, "characters": characters}


if __name__ == "__main__":
    answer(measure)
