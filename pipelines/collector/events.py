"""What the threads of the collector tell its desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.bronze.load import LoadFacts
from pipelines.collector.targets import SeriesId
from pipelines.config.model import Configuration
from pipelines.config.status import ChangeStatus


@dataclass(frozen=True)
class Adopted:
    """The configuration was read; `changes` were open just before, so are in it."""

    configuration: Configuration
    changes: Sequence[ChangeStatus]
    rowless: Sequence[ChangeStatus] = ()


@dataclass(frozen=True)
class Answered:
    """A stream's question was answered by a load of this generation."""

    stream: str
    generation: int


@dataclass(frozen=True)
class Ended:
    """A stream does not run any more."""

    stream: str


@dataclass(frozen=True)
class Loaded:
    """A load ended; `failed` has failures by stream, `ended` what was cut short."""

    series: Sequence[SeriesId]
    streams: Sequence[str]
    generation: int
    facts: LoadFacts | None = None
    failed: Mapping[str, Exception] = field(default_factory=dict)
    ended: Sequence[str] = ()


@dataclass(frozen=True)
class Planned:
    """A series' history was planned, or could not be."""

    series: SeriesId
    generation: int
    error: Exception | None = None


@dataclass(frozen=True)
class HistoryLoaded:
    """A part of a series' history was brought, by these loads."""

    series: SeriesId
    load_ids: Sequence[str]


CollectorEvent = Adopted | Answered | HistoryLoaded | Ended | Loaded | Planned
