"""From a text as given to its scored form: the same text, the same scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from pipelines.enrichment.assets import Rule, asset_finder
from pipelines.enrichment.language import UNDETERMINED, Language, language_of
from pipelines.enrichment.neighbours import FEWEST_WORDS
from pipelines.enrichment.seed_rows import rows_of
from pipelines.enrichment.simhash import simhash
from pipelines.enrichment.spam import is_link_farm, is_shill
from pipelines.enrichment.text_form import text_form
from pipelines.enrichment.vader import Vader
from pipelines.enrichment.words import words_of

Label = Literal["positive", "neutral", "negative"]
LEAST_COMPOUND = 0.05
# Of what is too short to tell (gm, hodl, rekt) most is English; it stays `und`, and is
# counted so. A language that is told and not here has no scorer.
LANGUAGES = frozenset({"en", UNDETERMINED})


def label_of(compound: float) -> Label:
    """The label of a compound, by VADER's own thresholds."""
    if compound >= LEAST_COMPOUND:
        return "positive"
    return "negative" if compound <= -LEAST_COMPOUND else "neutral"


class ScoredText(NamedTuple):
    """What a text alone says.

    Attributes:
        compound_vader: by VADER as it is, as if the text were English.
        compound_crypto: by VADER with `seeds/crypto_lexicon.csv`, likewise.
        assets: assets, each with the rule that it was found by.
        simhash: None: it has too few words to be compared.
    """

    text: str
    text_hash: str
    language: Language
    compound_vader: float
    compound_crypto: float
    assets: Mapping[str, Rule]
    is_shill: bool
    is_link_farm: bool
    simhash: int | None
    words_count: int
    links_count: int

    @property
    def is_scored(self) -> bool:
        """Whether its language has a scorer: of any other a compound says nothing."""
        return self.language.code in LANGUAGES

    @property
    def label(self) -> Label | None:
        """By the compound with words of crypto: plain VADER takes most for no words."""
        return label_of(self.compound_crypto) if self.is_scored else None


@dataclass(frozen=True)
class TextScorer:
    """Scores texts. It reads lexicons and the language model when it is first used."""

    @cached_property
    def _vader(self) -> Vader:
        rows = rows_of("crypto_lexicon")
        return Vader({row["word"]: float(row["valence"]) for row in rows})

    def score(self, raw: str) -> ScoredText:
        """The scored form of a text as a source gave it, HTML or plain."""
        return self.scores([raw])[0]

    def scores(self, raws: Sequence[str]) -> list[ScoredText]:
        """The scored forms of texts, in their order.

        Step by step: a language model and lexicons that take turns at each text drive
        one another out of the processor's cache, which was seen to double the time.
        """
        forms = [text_form(raw) for raw in raws]
        languages = [language_of(form.text) for form in forms]
        compounds = [self._vader.compounds(form.text) for form in forms]
        words = [words_of(form.text) for form in forms]
        found = [asset_finder().assets(one) for one in words]
        flags = [
            (
                is_shill(form.text, one.lowered),
                is_link_farm(form.links_count, len(one.lowered)),
            )
            for form, one in zip(forms, words, strict=True)
        ]
        hashes = [_simhash(one.lowered) for one in words]
        steps = zip(
            forms, languages, compounds, found, flags, hashes, words, strict=True
        )
        return [
            ScoredText(
                form.text,
                form.text_hash,
                language,
                compound[0],
                compound[1],
                assets,
                flag[0],
                flag[1],
                hashed,
                len(one.lowered),
                form.links_count,
            )
            for form, language, compound, assets, flag, hashed, one in steps
        ]


def _simhash(lowered: Sequence[str]) -> int | None:
    return simhash(lowered) if len(lowered) >= FEWEST_WORDS else None
