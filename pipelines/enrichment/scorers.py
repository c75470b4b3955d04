"""The scorers: each with a name and a version, and the columns of `text_scores` it has.

A text is scored once by each version. What changes a scorer's answers is a version of
it: its library, its seeds, its rules. VADER's also follow what `language` says of a
text: a new version of that one is to be one of theirs.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from pipelines.enrichment import assets, language, neighbours, spam, text_form
from pipelines.enrichment.scored_text import ScoredText, label_of
from pipelines.enrichment.seed_rows import digest
from pipelines.enrichment.transformer import Transformer
from pipelines.settings import settings

Cells = Mapping[str, str | None]


class Scorer(NamedTuple):
    """A scorer.

    Attributes:
        cells: its columns of a text's row; all null where it has no answer.
    """

    name: str
    version: str
    cells: Callable[[ScoredText], Cells]


def scorers() -> Sequence[Scorer]:
    """Those that every text is scored by; a transformer where one is named.

    Raises:
        SetupError: what is named is none.
    """
    vader = version("vaderSentiment")
    crypto = f"{vader} {digest('crypto_lexicon')}"
    return (
        Scorer("language", language.scorer_version(), _language),
        Scorer("vader", vader, lambda text: _compound(text, text.compound_vader)),
        Scorer("vader_crypto", crypto, lambda t: _compound(t, t.compound_crypto)),
        Scorer("assets", assets.scorer_version(), _assets),
        Scorer("spam", spam.SHILL_VERSION, _spam),
        *([_transformer(folder)] if (folder := settings().transformer_dir) else []),
    )


def fingerprint(used: Sequence[Scorer]) -> str:
    """What names these scorers, and all else that decides what is made of an item."""
    versions = (f"{one.name} {one.version}" for one in used)
    told = ", ".join([text_form.VERSION, neighbours.VERSION, *versions])
    return sha256(told.encode()).hexdigest()[:12]


def _compound(text: ScoredText, compound: float) -> Cells:
    """A compound and its label, where they say something."""
    if not text.is_scored:
        return {}
    return {"compound": f"{compound:.4f}", "label": label_of(compound)}


def _transformer(folder: Path) -> Scorer:
    model = Transformer(folder)
    return Scorer(
        "transformer", model.version, lambda t: _compound(t, model.compound(t))
    )


def _language(text: ScoredText) -> Cells:
    code, confidence = text.language
    return {"language": code, "confidence": f"{confidence:.4f}"}


def _assets(text: ScoredText) -> Cells:
    return {"assets": json.dumps(text.assets)}


def _spam(text: ScoredText) -> Cells:
    return {"flags": json.dumps(["shill"] if text.is_shill else [])}
