"""Upstreams, one package each; none imports another."""

from collections.abc import Mapping, Sequence
from importlib import import_module

from pipelines.delivery import Table

SOURCES = ("exchange", "archive")


def declared() -> Mapping[str, Sequence[Table]]:
    """The bronze tables of every source, by its name: silver stands on all of them."""
    return {
        name: import_module(f"pipelines.sources.{name}.tables").TABLES
        for name in SOURCES
    }
