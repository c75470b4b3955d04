"""Live loads: what is new of series, each load in a thread of its own."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg

from pipelines.bronze.load import Say
from pipelines.collector.events import Answered, CollectorEvent, Loaded
from pipelines.collector.targets import Targets
from pipelines.errors import BullionError, BusyError, UpstreamError
from pipelines.sources.connectors import Connectors
from pipelines.sources.load import load
from pipelines.upstream.connector import Target
from pipelines.upstream.feed import SeriesId

NEW_WAIT_S = 300.0  # for a cycle that has the series under way
FEW = 3  # more new series at once would hold up those that are there


class Live:
    """Starts loads and reports their results; their clients stay connected."""

    def __init__(
        self,
        connectors: Connectors,
        report: Callable[[CollectorEvent], None],
        say: Say,
    ) -> None:
        self._connectors = connectors
        self._report = report
        self._say = say
        self._threads: list[threading.Thread] = []

    def start(
        self,
        targets: Targets,
        series: Sequence[SeriesId],
        generation: int,
        *,
        is_new: bool = False,
    ) -> threading.Thread:
        """Load these series of one scope in a thread of its own.

        `is_new`: they were configured just now. A few of them go before what else the
        scope is asked for; all wait for a cycle that has one of them under way.
        """
        chosen = [targets.series[name] for name in series]
        work = partial(self._work, chosen, generation, is_new=is_new)
        name = f"live {series[0][0]}"
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()
        return thread

    def close(self, patience_s: float) -> None:
        """Wait for what is under way."""
        for thread in self._threads:
            thread.join(patience_s)

    def _work(
        self, targets: Sequence[Target], generation: int, *, is_new: bool
    ) -> None:
        try:
            self._report(self._load(targets, generation, is_new=is_new))
        except BusyError as error:
            if len(targets) == 1 or self._connectors.context.tasks.ending.is_set():
                self._say(str(error))
                self._report(_failed(targets, generation, error))
                return
            for target in targets:  # one that is locked does not stop the others
                self._work([target], generation, is_new=False)
        except Exception as error:  # noqa: BLE001  # one load's; the others go on
            message = error if isinstance(error, BullionError) else repr(error)
            self._say(f"failed: live load of {_names(targets)}: {message}")
            self._report(_failed(targets, generation, error))

    def _load(
        self, targets: Sequence[Target], generation: int, *, is_new: bool
    ) -> Loaded:
        source = self._connectors.of(targets[0].source).live(
            targets,
            goes_first=is_new and len(targets) <= FEW,
            answered=lambda key: self._report(Answered(key, generation)),
        )
        wait_s = NEW_WAIT_S if is_new else 0
        facts = load(source, wait_s=wait_s, say=self._say)
        for failure in source.failures:
            self._say(f"failed: {failure}")
        for doubt in source.doubts:
            self._say(f"in doubt: {doubt}")
        return _loaded(
            targets,
            generation,
            facts=facts,
            failed=dict(source.failed),
            ended=list(source.ended),
            doubts=list(source.doubts),
        )


def _loaded(targets: Sequence[Target], generation: int, **what: Any) -> Loaded:
    keys = [key for target in targets for key in sorted(target.live_keys)]
    return Loaded([target.series for target in targets], keys, generation, **what)


def _failed(targets: Sequence[Target], generation: int, error: Exception) -> Loaded:
    """A load of which nothing came; what is not ours to blame may pass."""
    if isinstance(error, psycopg.Error) or not isinstance(error, BullionError):
        error = UpstreamError(f"the load failed: {error!r}")
    elif not isinstance(error, UpstreamError):
        error = UpstreamError(str(error))
    nothing = _loaded(targets, generation)
    return replace(nothing, failed=dict.fromkeys(nothing.keys, error))


def _names(targets: Sequence[Target]) -> str:
    names = ", ".join(" ".join(target.series) for target in targets[:3])
    more = len(targets) - 3
    return f"{names} and {more} others" if more > 0 else names
