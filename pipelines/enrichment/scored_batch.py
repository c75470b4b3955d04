"""Readings of items and their scored texts, as rows of bronze."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from pipelines.bronze.delivery import Rows
from pipelines.enrichment import neighbours, text_form
from pipelines.enrichment.held import Reading, TextRelation
from pipelines.enrichment.neighbours import Flag, Item
from pipelines.enrichment.scored_text import ScoredText
from pipelines.enrichment.scorers import Scorer
from pipelines.enrichment.simhash import bands
from pipelines.enrichment.tables import ITEM_FLAGS, TEXT_ITEMS, TEXT_SCORES


@dataclass(frozen=True)
class ScoredBatch:
    """Readings of one relation, each with its scored text.

    Attributes:
        by: what names the scorers.
        now: when they were scored.
    """

    relation: TextRelation
    readings: Sequence[tuple[Reading, ScoredText]]
    by: str
    now: datetime

    @cached_property
    def texts(self) -> Mapping[str, ScoredText]:
        """Each text once, by its hash."""
        return {text.text_hash: text for _, text in self.readings}

    @cached_property
    def items(self) -> Sequence[Item]:
        """Whom they are of, as neighbours see them."""
        return [
            Item(
                self.relation.source,
                reading.item_id,
                text.text_hash,
                reading.author,
                reading.created_at,
                text.simhash,
            )
            for reading, text in self.readings
        ]

    @property
    def own_flags(self) -> set[Flag]:
        """What is told of an item by its links, which are no part of its text."""
        return {
            Flag(*item[:3], "link_farm", f"{text.links_count} links")
            for item, (_, text) in zip(self.items, self.readings, strict=True)
            if text.is_link_farm
        }

    def item_rows(self) -> Rows:
        """A row a reading of an item; of two made at once, one."""
        rows: dict[tuple[str, datetime], Mapping[str, object]] = {
            (reading.item_id, reading.received_at): {
                "source": self.relation.source,
                "item_id": reading.item_id,
                "received_at": reading.received_at.isoformat(),
                "scored_by": self.by,
                "text_hash": text.text_hash,
                "form_version": text_form.VERSION,
                "author": reading.author,
                "created_at": reading.created_at and reading.created_at.isoformat(),
                "words_count": text.words_count,
                "links_count": text.links_count,
                **_bands(text.simhash),
                "origin": f"{self.relation.schema}.{self.relation.table}",
                "scored_at": self.now.isoformat(),
            }
            for reading, text in self.readings
        }
        return Rows.of(TEXT_ITEMS, list(rows.values()))

    def score_rows(
        self, used: Sequence[Scorer], known: Collection[tuple[str, str, str]]
    ) -> Rows:
        """What each scorer has of each text, but for what is known."""
        rows = [
            {
                "text_hash": text_hash,
                "scorer": one.name,
                "version": one.version,
                **one.cells(text),
                "scored_at": self.now.isoformat(),
            }
            for text_hash, text in self.texts.items()
            for one in used
            if (text_hash, one.name, one.version) not in known
        ]
        return Rows.of(TEXT_SCORES, rows)

    def flag_rows(self, told: Collection[Flag], known: Collection[Flag]) -> Rows:
        """What is told, but for what was told before, whatever it was told by."""
        before = {flag[:4] for flag in known}
        new = {flag[:4]: flag for flag in sorted(told) if flag[:4] not in before}
        beside = {"version": neighbours.VERSION, "told_at": self.now.isoformat()}
        return Rows.of(ITEM_FLAGS, [flag._asdict() | beside for flag in new.values()])


def _bands(simhash: int | None) -> Mapping[str, int]:
    if simhash is None:
        return {}
    return {f"band_{number}": part for number, part in enumerate(bands(simhash), 1)}
