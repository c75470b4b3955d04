"""Bronze tables of what is made of texts; none holds a text."""

from pipelines.bronze.tables import Column, Table, columns
from pipelines.upstream.pages import PAGES

SCHEMA = "bronze_sentiment"

TEXT_SCORES = Table(
    "text_scores",  # a text as a scorer's version has it; each scorer has its columns
    (
        *columns("text", "text_hash", "scorer", "version"),
        Column("language", "text", nullable=True),
        *columns("decimal", "confidence", "compound", nullable=True),
        *columns("text", "label", "assets", "flags", nullable=True),
        Column("scored_at", "timestamp"),
    ),
    indexes=(("text_hash", "scorer", "version"),),
)

TEXT_ITEMS = Table(
    "text_items",  # which text an item had when it was read, as a set of scorers saw it
    (
        *columns("text", "source", "item_id"),
        Column("received_at", "timestamp"),
        *columns("text", "scored_by", "text_hash", "form_version"),
        Column("author", "text", nullable=True),
        Column("created_at", "timestamp", nullable=True),
        *columns("bigint", "words_count", "links_count"),
        *columns("bigint", "band_1", "band_2", "band_3", "band_4", nullable=True),
        Column("origin", "text"),
        Column("scored_at", "timestamp"),
    ),
    indexes=(
        ("source", "item_id", "received_at"),
        ("source", "author", "created_at"),
        ("source", "created_at"),
        ("text_hash",),
        *((f"band_{number}",) for number in range(1, 5)),
    ),
)

ITEM_FLAGS = Table(
    "item_flags",  # what is told of an item's text that the text alone does not say
    (
        *columns("text", "source", "item_id", "text_hash", "flag", "version"),
        Column("because", "text"),
        Column("told_at", "timestamp"),
    ),
    indexes=(("source", "item_id"),),
)

TABLES = (TEXT_SCORES, TEXT_ITEMS, ITEM_FLAGS, PAGES)
