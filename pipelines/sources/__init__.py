"""Upstreams, one package each; none imports another."""

from collections.abc import Mapping, Sequence
from importlib import import_module

from pipelines.bronze.tables import Table
from pipelines.config.words import OWN, Words
from pipelines.upstream.feed import Feed

# by the bronze schema that they load
SOURCES = {
    "bronze_exchange": "exchange",
    "bronze_archive": "archive",
    "bronze_config": "config_changes",
}


def declared() -> Mapping[str, Sequence[Table]]:
    """The bronze tables of every source, by schema: silver stands on all of them."""
    return {
        schema: import_module(f"pipelines.sources.{name}.tables").TABLES
        for schema, name in SOURCES.items()
    }


def feeds() -> Mapping[str, Feed]:
    """What the sources can be asked for, by name."""
    # not above: a client of a source may take seconds to import, its feeds do not
    from pipelines.sources.exchange.feeds import FEEDS  # noqa: PLC0415

    return FEEDS


def known_words() -> Words:
    """The words that a configuration may use, by their kind."""
    venues = import_module("pipelines.sources.exchange.venues").VENUES
    return {**OWN, "exchange": sorted(venues), "feed": tuple(feeds())}
