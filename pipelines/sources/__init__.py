"""Upstreams, one package each; none imports another."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib import import_module

from pipelines.bronze.tables import Table
from pipelines.config.words import OWN, Words
from pipelines.enrichment import tables as scores
from pipelines.errors import SetupError
from pipelines.upstream.feed import Feed
from pipelines.upstream.source_spec import SourceSpec

NAMES = ("exchange", "archive", "config_changes", "evm_node", "sentiment")


@cache
def specs() -> Sequence[SourceSpec]:
    """Every source; its client may take seconds to import, its declaration does not."""
    modules = [import_module(f"pipelines.sources.{name}.spec") for name in NAMES]
    return [spec for module in modules for spec in module.SPECS]


def declared() -> Mapping[str, Sequence[Table]]:
    """The bronze tables of every source, by schema: silver stands on all of them.

    With those that scores of their texts go to.
    """
    of_sources = {spec.bronze: spec.all_tables for spec in specs()}
    return {**of_sources, scores.SCHEMA: scores.TABLES}


def feeds() -> Mapping[str, Feed]:
    """What the sources can be asked for, by name."""
    return {name: feed for spec in specs() for name, feed in spec.feeds.items()}


def spec_of_feed(feed: str) -> SourceSpec:
    """The source that declares the feed."""
    return next(spec for spec in specs() if feed in spec.feeds)


def loaded() -> Mapping[str, SourceSpec]:
    """The sources that a load is of, by name."""
    return {spec.name: spec for spec in specs() if spec.source}


def members(group: str) -> Sequence[str]:
    """The sources that are loaded together by this name; else the one of this name."""
    return [name for name, spec in loaded().items() if spec.group == group] or [group]


def source_spec(name: str) -> SourceSpec:
    """The source of this name.

    Raises:
        SetupError: there is none that a load is of; names those that are.
    """
    if name not in loaded():
        known = dict.fromkeys(spec.group or spec.name for spec in loaded().values())
        raise SetupError(f"unknown source {name}; known: {', '.join(known)}")
    return loaded()[name]


def series_tables() -> Mapping[str, SourceSpec]:
    """The config tables whose rows say what is collected, and of which source."""
    return {spec.series_table: spec for spec in specs() if spec.series_table}


def spec_of_table(name: str) -> SourceSpec | None:
    """The source that takes up changes of a config table; None: every one does."""
    of_sources = ((spec, (spec.series_table, *spec.adopted_tables)) for spec in specs())
    return next((spec for spec, names in of_sources if name in names), None)


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


def secret_settings() -> Sequence[str]:
    """The settings of secrets that upstreams give their users."""
    return sorted(name for spec in specs() for name in spec.secret_settings())
