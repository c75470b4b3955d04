"""Upstreams, one package each; none imports another."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from pipelines.config.model import FEEDS
from pipelines.config.words import OWN, Words

if TYPE_CHECKING:  # it brings dlt and polars, which take two seconds to import
    from pipelines.bronze.delivery import Table

# by the bronze schema that they load
SOURCES = {
    "bronze_exchange": "exchange",
    "bronze_archive": "archive",
    "bronze_config": "config_changes",
}


def declared() -> Mapping[str, Sequence["Table"]]:
    """The bronze tables of every source, by schema: silver stands on all of them."""
    return {
        schema: import_module(f"pipelines.sources.{name}.tables").TABLES
        for schema, name in SOURCES.items()
    }


def known_words() -> Words:
    """The words that a configuration may use, by their kind."""
    venues = import_module("pipelines.sources.exchange.venues").VENUES
    return {**OWN, "exchange": sorted(venues), "feed": FEEDS}
