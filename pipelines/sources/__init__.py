"""Upstreams, one package each; none imports another."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib import import_module

from pipelines.bronze.tables import Table
from pipelines.config.words import OWN, Words
from pipelines.errors import SetupError
from pipelines.upstream.feed import Feed
from pipelines.upstream.source_spec import SourceSpec

NAMES = ("exchange", "archive", "config_changes", "evm_node")


@cache
def specs() -> Sequence[SourceSpec]:
    """Every source; its client may take seconds to import, its declaration does not."""
    return [import_module(f"pipelines.sources.{name}.spec").SPEC for name in NAMES]


def declared() -> Mapping[str, Sequence[Table]]:
    """The bronze tables of every source, by schema: silver stands on all of them."""
    return {spec.bronze: spec.all_tables for spec in specs()}


def feeds() -> Mapping[str, Feed]:
    """What the sources can be asked for, by name."""
    return {name: feed for spec in specs() for name, feed in spec.feeds.items()}


def spec_of_feed(feed: str) -> SourceSpec:
    """The source that declares the feed."""
    return next(spec for spec in specs() if feed in spec.feeds)


def loaded() -> Mapping[str, SourceSpec]:
    """The sources that a load is of, by name."""
    return {spec.name: spec for spec in specs() if spec.source}


def source_spec(name: str) -> SourceSpec:
    """The source of this name.

    Raises:
        SetupError: there is none that a load is of; names those that are.
    """
    if name not in loaded():
        raise SetupError(f"unknown source {name}; known: {', '.join(loaded())}")
    return loaded()[name]


def series_tables() -> Mapping[str, SourceSpec]:
    """The config tables whose rows say what is collected, and of which source."""
    return {spec.series_table: spec for spec in specs() if spec.series_table}


def adopted_tables() -> Collection[str]:
    """The config tables whose changes hold as soon as they are read."""
    return ("thresholds", *(name for spec in specs() for name in spec.adopted_tables))


def known_words() -> Words:
    """The words that a configuration may use, by their kind."""
    own = {kind: words for spec in specs() for kind, words in spec.words().items()}
    of_instruments = (spec for spec in specs() if spec.series_table == "instruments")
    names = tuple(name for spec in of_instruments for name in spec.feeds)
    return {**OWN, **own, "feed": names}


def url_settings() -> Sequence[str]:
    """The settings of addresses that stand in for public ones."""
    return sorted(name for spec in specs() for name in spec.url_settings())
