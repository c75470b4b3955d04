"""The language of a text, by the model that is there."""

import socket

import pytest

from pipelines.enrichment import language
from pipelines.enrichment.scored_text import TextScorer

LANGUAGES = {
    "VADER is smart, handsome, and funny.": "en",
    "Bitcoin est mort, mais je n'en suis pas si sûr": "fr",
    "rekt": "und",
    "hodl": "und",
    "": "und",
    "\U0001f680\U0001f680": "und",
}


@pytest.mark.parametrize(("text", "code"), LANGUAGES.items())
def test_below_half_of_confidence_a_language_is_undetermined(text, code):
    assert language.language_of(text).code == code


def test_a_text_in_a_language_without_a_scorer_has_no_label():
    scored = TextScorer().score("C'est une très bonne nouvelle pour le bitcoin, super!")
    assert scored.language.code == "fr"
    assert (scored.is_scored, scored.label) == (False, None)
    assert scored.assets == {"BTC": "name"}


def test_an_undetermined_text_is_scored():
    assert TextScorer().score("rekt").label == "negative"


def test_no_model_is_fetched(monkeypatch):
    def refused(*_):
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refused)
    language._detector.cache_clear()
    assert language.language_of("this is English, is it not").code == "en"
