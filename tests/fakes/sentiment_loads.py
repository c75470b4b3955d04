"""Loads of what upstreams of sentiment say now, of which nobody waits."""

from datetime import UTC, datetime
from typing import Any

from pipelines import warehouse
from pipelines.config.listener import StaticConfig
from pipelines.config.model import Configuration, SentimentFeedChoice, Thresholds
from pipelines.sandbox.running import Running
from pipelines.sources.load import load
from pipelines.sources.sentiment.source import SentimentSource
from pipelines.sources.sentiment.upstreams import UPSTREAMS
from pipelines.upstream.clock import Clock, SystemClock
from pipelines.upstream.options import LoadOptions


class QuickClock:
    """A clock of which nobody waits."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        del seconds


class SandboxClock(SystemClock):
    """Now by a sandbox's clock; who waits, waits for a second at most."""

    def __init__(self, sandbox: Running) -> None:
        self._sandbox = sandbox

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._sandbox.now_ms() / 1000, UTC)

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 1))


def asked(
    name: str, *choices: tuple[str, str], clock: Clock | None = None
) -> list[str]:
    """Load these, an endpoint and a subject each; the failures' texts."""
    feeds = [SentimentFeedChoice(name, *choice) for choice in choices]
    thresholds = Thresholds(attempts=4, patience_seconds=5)
    config = StaticConfig(Configuration({}, (), thresholds, sentiment_feeds=feeds))
    clock = clock or QuickClock()
    source = SentimentSource(UPSTREAMS[name], config, LoadOptions(), clock=clock)
    load(source)
    return list(map(str, source.failures))


def query(statement: str) -> list[tuple[Any, ...]]:
    """What the loader reads of the warehouse."""
    with warehouse.connect("loader", "test") as connection:
        return connection.execute(statement.encode()).fetchall()
