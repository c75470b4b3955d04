"""Every row of `fct_asset_features` beside what one could know at its hour's end."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.oracles.attention_oracle import HOUR, Knowledge, Reading

READINGS = """
select
    i.source, i.item_id, i.received_at, i.created_at, a.assets, v.compound,
    s.flags <> '[]' or exists (
        select from bronze_sentiment.item_flags as f
        where (f.source, f.item_id, f.text_hash) = (i.source, i.item_id, i.text_hash)
    ) as is_spam,
    rules.assumed_delay_minutes
from bronze_sentiment.text_items as i
inner join bronze_sentiment.text_scores as a
    on i.text_hash = a.text_hash and a.scorer = 'assets'
inner join bronze_sentiment.text_scores as v
    on i.text_hash = v.text_hash and v.scorer = 'vader_crypto'
inner join bronze_sentiment.text_scores as s
    on i.text_hash = s.text_hash and s.scorer = 'spam'
inner join reference.sentiment_sources as rules on i.source = rules.source
where i.created_at is not null
"""
ANSWERS = " union all ".join(
    f"select '{source}', received_at from bronze_{source}.answers"
    for source in ("reddit", "news")
)
FEATURES = """
select
    asset, hour_at, sentiment, sentiment_age_minutes, mentions_count, attention,
    attention_age_minutes, fear_greed, fear_greed_age_minutes, known_at
from gold.fct_asset_features{}
"""
NEVER = timedelta(days=10_000)

Index = Mapping[Any, Sequence[tuple[datetime, int]]]  # of a day: when, what


def _reading(row: Sequence[Any], *, strict: bool) -> Reading:
    source, item_id, received_at, created_at, assets, compound, is_spam, delay = row
    rules = json.loads(assets).items()
    return Reading(
        source,
        item_id,
        received_at,
        created_at,
        frozenset(name for name, rule in rules if rule != "word_in_context"),
        None if compound is None else float(compound),
        is_spam,
        NEVER if strict else timedelta(minutes=delay),
    )


class Features:
    """The features, and what they are checked against."""

    def __init__(
        self, select: Callable[[str], Any], index: Index, *, strict: bool
    ) -> None:
        self._readings = [_reading(row, strict=strict) for row in select(READINGS)]
        self._answers = [(source, at) for source, at in select(ANSWERS)]
        self._index, self._strict = index, strict
        self._known: dict[datetime, Knowledge] = {}
        self.rows = select(FEATURES.format("_strict" if strict else ""))

    def check(self) -> None:
        """No row holds what was not known when its hour ended."""
        for asset, hour, *values in self.rows:
            sentiment, sentiment_age, mentions, attention, age, index, days, at = values
            end = hour + HOUR
            known = self._at(end)
            assert at is None or at <= end
            if sentiment is not None:
                said = end - HOUR - timedelta(minutes=sentiment_age)
                assert known.sentiment(asset, said) == pytest.approx(float(sentiment))
            if mentions is not None:
                told = known.attention(asset, end - HOUR - timedelta(minutes=age))
                assert mentions == told.mentions, (asset, hour, age)
                if attention is None:
                    assert not told.deviation
                else:
                    assert float(attention) == pytest.approx(told.score)
            if index is not None:
                day = (end - timedelta(minutes=days)).date()
                assert index == self._value(day, end)

    def _at(self, end: datetime) -> Knowledge:
        if end not in self._known:
            self._known[end] = Knowledge(self._readings, self._answers, end)
        return self._known[end]

    def _value(self, day: Any, end: datetime) -> int | None:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        value = None
        for number, (at, told) in enumerate(sorted(self._index[day])):
            is_history = not number and at > start + timedelta(hours=24)
            assumed = start + (NEVER if self._strict else HOUR)
            if (assumed if is_history else at) <= end:
                value = told
        return value
