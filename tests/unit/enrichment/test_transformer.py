"""A transformer is a scorer of local files, and nothing where none is named."""

import json
import os
import sys
from types import SimpleNamespace

import pytest

from pipelines.enrichment.scored_text import TextScorer
from pipelines.enrichment.scorers import fingerprint, scorers
from pipelines.errors import SetupError
from pipelines.settings import settings

LABELS = {"0": "Bearish", "1": "Neutral", "2": "Bullish"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text(json.dumps({"id2label": LABELS}))
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("BULLION_TRANSFORMER_DIR", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def of_transformers(folder):
    """What the package is asked for, and what it answers."""

    def loaded(
        pretrained_model_name_or_path, *, local_files_only, use_safetensors=True
    ):
        assert os.environ["HF_HUB_OFFLINE"] == "1"  # noqa: TID251
        assert pretrained_model_name_or_path == folder
        assert local_files_only
        return "loaded"

    def classify(texts, *, truncation):
        assert truncation
        scores = zip(LABELS.values(), (0.125, 0.25, 0.625), strict=True)
        told = [{"label": label, "score": score} for label, score in scores]
        return [told for _ in texts]

    def pipeline(task, *, model, tokenizer, top_k):
        asked = (task, model, tokenizer, top_k)
        assert asked == ("text-classification", "loaded", "loaded", None)
        return classify

    auto = SimpleNamespace(from_pretrained=loaded)
    return SimpleNamespace(
        pipeline=pipeline, AutoTokenizer=auto, AutoModelForSequenceClassification=auto
    )


def test_none_is_named_by_default():
    assert settings().transformer_dir is None
    assert "transformer" not in {one.name for one in scorers()}


def test_files_of_a_model_are_one_more_scorer(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", of_transformers(folder))
    used = scorers()
    (one,) = (scorer for scorer in used if scorer.name == "transformer")
    english = TextScorer().score("The price will be higher than it was today")
    french = TextScorer().score("Ce n'est pas une bonne nouvelle pour le bitcoin")
    assert one.cells(english) == {"compound": "0.5000", "label": "positive"}
    assert one.cells(french) == {}
    (folder / "model.safetensors").write_bytes(b"other weights")
    assert fingerprint(scorers()) != fingerprint(used)


def test_what_is_no_such_model_is_refused(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(SetupError, match="wants the package transformers"):
        scorers()
    (folder / "config.json").write_text('{"id2label": {"0": "spam"}}')
    with pytest.raises(SetupError, match="a model of the labels spam; a positive"):
        scorers()
    (folder / "config.json").unlink()
    with pytest.raises(SetupError, match=r"has no config\.json of a model"):
        scorers()
