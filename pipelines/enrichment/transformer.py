"""A transformer as one more scorer: off, unless the files of one are named.

`BULLION_TRANSFORMER_DIR` is a folder as Hugging Face's transformers saves a model that
classifies texts as positive and negative. The package, and what it computes with, are
the operator's to install. Nothing is downloaded.
https://huggingface.co/docs/transformers/main_classes/pipelines
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import file_digest, sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from pipelines.enrichment.scored_text import ScoredText
from pipelines.errors import SetupError
from pipelines.settings import export

SETTING = "BULLION_TRANSFORMER_DIR"
POSITIVE = frozenset({"positive", "pos", "bullish"})
NEGATIVE = frozenset({"negative", "neg", "bearish"})
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


@dataclass(frozen=True)
class Transformer:
    """The model of a folder.

    Raises:
        SetupError: the folder has no model, or one of other labels; the package is not
            installed.
    """

    folder: Path

    def __post_init__(self) -> None:
        labels = {label.lower() for label in self._labels}
        if not (labels & POSITIVE and labels & NEGATIVE):
            named = ", ".join(self._labels) or "none"
            raise SetupError(
                f"{SETTING}: {self.folder} has a model of the labels {named}; a"
                " positive and a negative one are needed"
            )
        _ = self._hub  # before a load begins

    @cached_property
    def version(self) -> str:
        """What its files hold, as a few digits."""
        whole = sha256()
        for path in sorted(self.folder.iterdir()):
            if path.is_file():
                with path.open("rb") as file:
                    whole.update(
                        path.name.encode() + file_digest(file, "sha256").digest()
                    )
        return whole.hexdigest()[:12]

    def compound(self, text: ScoredText) -> float:
        """Of positive as likely as can be 1, of negative -1."""
        (told,) = self._classify([text.text], truncation=True)
        likely = {one["label"].lower(): float(one["score"]) for one in told}
        positive = sum(likely.get(label, 0.0) for label in POSITIVE)
        return positive - sum(likely.get(label, 0.0) for label in NEGATIVE)

    @cached_property
    def _labels(self) -> Sequence[str]:
        try:
            config = json.loads((self.folder / "config.json").read_text("utf-8"))
            labels: Mapping[str, str] = config.get("id2label", {})
            return list(labels.values())
        except (OSError, ValueError, AttributeError) as error:
            raise SetupError(
                f"{SETTING}: {self.folder} has no config.json of a model: {error}"
            ) from None

    @cached_property
    def _hub(self) -> Any:
        export(OFFLINE)  # before it is imported
        try:
            return import_module("transformers")
        except ImportError:
            raise SetupError(f"{SETTING} wants the package transformers") from None

    @cached_property
    def _classify(self) -> Any:
        hub = self._hub
        place = {"pretrained_model_name_or_path": self.folder, "local_files_only": True}
        return hub.pipeline(
            "text-classification",
            model=hub.AutoModelForSequenceClassification.from_pretrained(
                **place, use_safetensors=True
            ),
            tokenizer=hub.AutoTokenizer.from_pretrained(**place),
            top_k=None,
        )
