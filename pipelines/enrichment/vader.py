"""VADER's compound of a text, plain and with words of crypto, in one pass.

The rules are the library's own, called where one of them may apply: where none of the
words near a rated one is what a rule looks for, its valence is the lexicon's. A test
holds both compounds to the library's, equal to the last digit.
https://github.com/cjhutto/vaderSentiment
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from string import punctuation
from types import SimpleNamespace
from typing import NamedTuple

from vaderSentiment.vaderSentiment import (  # type: ignore[import-untyped]
    BOOSTER_DICT,
    C_INCR,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
    normalize,
)

LOOKS_BACK, LOOKS_AHEAD = 3, 2  # words that rules look at, before and after a rated one
SHORTEST = 3  # of what is left of a word without punctuation; else it is an emoticon
NOT = "n't"
# What rules look for: of a phrase its longest word
LOOKED_FOR = frozenset(
    {
        *("no", "least", "so", "this", "never", "without"),
        *NEGATE,
        *(max(phrase.split(), key=len) for phrase in (*BOOSTER_DICT, *SPECIAL_CASES)),
    }
)


class Tokens(NamedTuple):
    """A text's words as the library cuts them, and in lower case.

    Attributes:
        is_cap_diff: some of them, and not all, are in capitals.
        has_not: one may have `n't` in it.
    """

    written: list[str]
    lowered: list[str]
    is_cap_diff: bool
    has_not: bool


class Vader:
    """The library's analyzer, and the same with a lexicon of `added` words."""

    def __init__(self, added: Mapping[str, float]) -> None:
        self.plain = SentimentIntensityAnalyzer()
        self._added = added

    @cached_property
    def crypto(self) -> SentimentIntensityAnalyzer:
        """The analyzer whose lexicon has the added words, instead of VADER's own."""
        analyzer = SentimentIntensityAnalyzer()
        analyzer.lexicon.update(self._added)
        return analyzer

    def compounds(self, text: str) -> tuple[float, float]:
        """The compound, plain and with the added words; each from -1 to 1."""
        text = self._described(text)
        tokens = _tokens(text)
        emphasis = self.plain._punctuation_emphasis(text)  # noqa: SLF001
        valences: list[float] = [0] * len(tokens.lowered)
        _rate(self.plain, tokens, range(len(valences)), valences)
        plain = self._compound(tokens, valences, emphasis)
        if self._added.keys().isdisjoint(tokens.lowered):
            return plain, plain
        _rate(self.crypto, tokens, self._near_added(tokens.lowered), valences)
        return plain, self._compound(tokens, valences, emphasis)

    def _near_added(self, lowered: Sequence[str]) -> Collection[int]:
        """Where a rule may see an added word."""
        return {
            near
            for place, word in enumerate(lowered)
            if word in self._added
            for near in range(place - LOOKS_AHEAD, place + LOOKS_BACK + 1)
            if 0 <= near < len(lowered)
        }

    def _compound(
        self, tokens: Tokens, valences: Sequence[float], emphasis: float
    ) -> float:
        if "but" in tokens.lowered:
            weighed = list(valences)
            valences = self.plain._but_check(tokens.written, weighed)  # noqa: SLF001
        total = float(sum(valences))
        if total > 0:
            total += emphasis
        elif total < 0:
            total -= emphasis
        return round(float(normalize(total)), 4)

    def _described(self, text: str) -> str:
        """Emoji as the words that describe them, set apart as the library does."""
        emojis: Mapping[str, str] = self.plain.emojis
        if text.isascii() or emojis.keys().isdisjoint(text):
            return text.strip()
        described: list[str] = []
        follows_space = True
        for character in text:
            description = emojis.get(character)
            if description is None:
                described.append(character)
                follows_space = character == " "
            else:
                described.append(description if follows_space else f" {description}")
                follows_space = False
        return "".join(described).strip()


def _tokens(text: str) -> Tokens:
    words = text.split()
    stripped = [word.strip(punctuation) for word in words]
    written = [
        bare if len(bare) >= SHORTEST else word
        for bare, word in zip(stripped, words, strict=True)
    ]
    capitals_count = sum(map(str.isupper, written))
    is_cap_diff = 0 < capitals_count < len(written)
    lowered = [word.lower() for word in written]
    return Tokens(written, lowered, is_cap_diff, NOT in text.lower())


def _rate(
    analyzer: SentimentIntensityAnalyzer,
    tokens: Tokens,
    places: Iterable[int],
    valences: list[float],
) -> None:
    """Write the valences of the rated words among these."""
    lexicon: Mapping[str, float] = analyzer.lexicon
    lowered = tokens.lowered
    for place in places:
        word = lowered[place]
        if word not in lexicon or word in BOOSTER_DICT:
            continue
        if word == "kind" and lowered[place + 1 : place + 2] == ["of"]:
            continue
        start = max(0, place - LOOKS_BACK)
        near = lowered[start : place + LOOKS_AHEAD + 1]
        if LOOKED_FOR.isdisjoint(near) and not (tokens.has_not and _negates(near)):
            valences[place] = _plain_valence(lexicon[word], tokens, place)
        else:
            valences[place] = _valence(analyzer, tokens, place, start)


def _negates(words: Sequence[str]) -> bool:
    return any(NOT in word for word in words)


def _plain_valence(rated: float, tokens: Tokens, place: int) -> float:
    if tokens.is_cap_diff and tokens.written[place].isupper():
        return float(rated + C_INCR if rated > 0 else rated - C_INCR)
    return rated


def _valence(
    analyzer: SentimentIntensityAnalyzer, tokens: Tokens, place: int, start: int
) -> float:
    """By the library's rules, of the words near: it copies all that it is given."""
    near = tokens.written[start : place + LOOKS_AHEAD + 1]
    seen = SimpleNamespace(words_and_emoticons=near, is_cap_diff=tokens.is_cap_diff)
    at = place - start
    (valence,) = analyzer.sentiment_valence(0, seen, near[at], at, [])
    return float(valence)
