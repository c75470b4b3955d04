"""What the threads of the collector report to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.bronze.load import LoadFacts
from pipelines.config.model import Configuration
from pipelines.config.status import ChangeStatus
from pipelines.upstream.feed import Key, SeriesId


@dataclass(frozen=True)
class Adopted:
    """The configuration was read; `changes` were open just before, so are in it."""

    configuration: Configuration
    changes: Sequence[ChangeStatus]
    rowless: Sequence[ChangeStatus] = ()


@dataclass(frozen=True)
class Answered:
    """A page of a key was answered in a load of this generation."""

    key: Key
    generation: int


@dataclass(frozen=True)
class Ended:
    """A key's task does not run any more."""

    key: Key


@dataclass(frozen=True)
class Loaded:
    """A load ended.

    Attributes:
        failed: failures by key.
        ended: what was cut short.
        doubts: what was loaded and may be wrong.
    """

    series: Sequence[SeriesId]
    keys: Sequence[Key]
    generation: int
    facts: LoadFacts | None = None
    failed: Mapping[Key, Exception] = field(default_factory=dict)
    ended: Sequence[Key] = ()
    doubts: Sequence[str] = ()


@dataclass(frozen=True)
class Planned:
    """A series' history was planned, or could not be."""

    series: SeriesId
    generation: int
    error: Exception | None = None


@dataclass(frozen=True)
class HistoryLoaded:
    """These loads delivered a part of a series' history."""

    series: SeriesId
    load_ids: Sequence[str]


@dataclass(frozen=True)
class Doubted:
    """What was loaded and may be wrong, and why: each is told of once."""

    reasons: Sequence[str]


CollectorEvent = Adopted | Answered | Doubted | HistoryLoaded | Ended | Loaded | Planned
