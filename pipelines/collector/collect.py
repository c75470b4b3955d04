"""The collector: one thread that takes events in and starts loads."""

import queue
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import psycopg

from pipelines import warehouse
from pipelines.bronze.load import Say
from pipelines.collector.change_tracker import ChangeTracker
from pipelines.collector.collector_locks import WORK, CollectorLocks
from pipelines.collector.config_reader import ConfigReader
from pipelines.collector.doubts import Doubts
from pipelines.collector.events import (
    Adopted,
    Answered,
    CollectorEvent,
    Doubted,
    Ended,
    HistoryLoaded,
    Loaded,
    Planned,
)
from pipelines.collector.history import FAILED, History, Pauses
from pipelines.collector.live import Live
from pipelines.collector.schedule import Cooldowns, Cycles
from pipelines.collector.targets import Targets, history_key, targets_of
from pipelines.config.listener import ConfigListener
from pipelines.errors import FINAL, BusyError, UnprovedError
from pipelines.sources.connectors import ALL, Chosen, Connectors
from pipelines.upstream.connector import Context
from pipelines.upstream.feed import SeriesId
from pipelines.upstream.running_tasks import RunningTasks

POLL_S = 0.2  # how soon it notices the end
PATIENCE_S = 120.0  # for pages under way
REFUSED = Pauses(60.0, 3600.0)  # an unlisted symbol may be listed tomorrow


@dataclass(frozen=True)
class CollectOptions:
    """How it collects.

    Attributes:
        chosen: what of the configuration it collects.
        every_s, after_s: of `Cycles`.
        refused: how long a series rests that its venue refused.
        history: how long history rests that failed.
    """

    chosen: Chosen = ALL
    every_s: float = 60.0
    after_s: float = 2.0
    refused: Pauses = REFUSED
    history: Pauses = FAILED


@dataclass
class Collected:
    """A collector's counts; `report` is called with each load as it ends.

    `doubted` is called once for each load of what may be wrong, with why: no endpoint
    has it right, or two have it otherwise.
    """

    say: Say = lambda _: None
    report: Callable[[dict[str, Any]], None] = lambda _: None
    doubted: Say = lambda _: None
    loads_count: int = 0
    rows_count: int = 0
    failures_count: int = 0
    configurations_count: int = 0


def collect(
    stop: Event,
    options: CollectOptions = CollectOptions(),
    collected: Collected | None = None,
) -> Collected:
    """Load what is configured, live and its history, until `stop` is set.

    A venue, a series or the warehouse that fails for a while ends nothing. When it is
    stopped, the pages under way end, and their rows are delivered. A chain that another
    collector follows is left to it, and taken over when that one has ended.

    Raises:
        BusyError: another process collects what is chosen by the same names.
        SetupError: there is no warehouse, or the seeds are wrong.
        psycopg.OperationalError: the warehouse does not answer at the beginning.
    """
    done = collected or Collected()
    names = [*options.chosen.scopes, *options.chosen.sources]
    collector = _Collector(options, done, CollectorLocks(names, done.say))
    try:
        collector.open()
        collector.run(stop)
    finally:
        collector.close()
    return done


@dataclass
class _Collector:
    """One thread's view of the whole; other threads report to it by the queue."""

    options: CollectOptions
    done: Collected
    locks: CollectorLocks
    events: "queue.SimpleQueue[CollectorEvent]" = field(
        default_factory=queue.SimpleQueue
    )
    targets: Targets = field(default_factory=Targets)
    generation: int = 0
    live: Live | None = None
    history: History | None = None
    listener: ConfigListener | None = None
    connectors: Connectors | None = None
    doubts: Doubts = field(default_factory=Doubts)
    own: dict[SeriesId, Thread] = field(default_factory=dict)
    cycle_of: dict[str, Thread] = field(default_factory=dict)

    def open(self) -> None:
        """Take the locks, read the configuration, begin."""
        self.cycles = Cycles(self.options.every_s, self.options.after_s)
        self.cooldowns = Cooldowns(self.options.refused)
        name = warehouse.process_name(WORK)
        self.tracker = ChangeTracker(name, self.options.chosen)
        self.tasks = RunningTasks(lambda key: self.events.put(Ended(key)))
        self.locks.connection()
        reader = ConfigReader(self.events.put)
        report, say = self.events.put, self.done.say
        self.listener = ConfigListener(reader, adopted=reader.adopted, say=say)
        self.connectors = Connectors(Context(self.listener, self.tasks))
        self.live = Live(self.connectors, report, say)
        self.history = History(
            self.connectors,
            report,
            say,
            pauses=self.options.history,
            chosen=self.options.chosen,
        )
        self.history.start()

    def run(self, stop: Event) -> None:
        """Take events in and act until `stop` is set."""
        while not stop.is_set():
            self._take_in(POLL_S)
            for scope in self.cycles.due():
                self._cycle(scope)
            self._write()

    def close(self) -> None:
        """End the pages under way, note their results, close everything."""
        self.tasks.ending.set()
        if self.listener is not None:
            self.listener.close()
        for part in (self.live, self.history):
            if part is not None:
                part.close(PATIENCE_S)
        self.live = self.history = None  # nothing is begun by what is taken in now
        if self.connectors is not None:
            self.connectors.close()
        if self.locks.is_open:
            self._take_in(0)
            self._write()
        self.locks.close()

    def _take_in(self, wait_s: float) -> None:
        """Take all events in that there are, waiting for the first of them."""
        try:
            event = (
                self.events.get(timeout=wait_s) if wait_s else self.events.get_nowait()
            )
            while True:
                self._take(event)
                event = self.events.get_nowait()
        except queue.Empty:
            return

    def _take(self, event: CollectorEvent) -> None:
        match event:
            case Adopted():
                self._adopt(event)
            case Answered():
                self.tracker.answered(event.key, event.generation)
            case HistoryLoaded():
                self.tracker.history_loaded(event.series, event.load_ids)
            case Ended():
                pass  # looked at when changes settle
            case Loaded():
                self._loaded(event)
            case Planned():
                self._planned(event)
            case Doubted():
                self._doubted(event.reasons)

    def _adopt(self, event: Adopted) -> None:
        if self.connectors is None:
            return
        config = event.configuration
        before = self.targets
        self.targets = targets_of(self.connectors, config, self.options.chosen)
        self.generation += 1
        self.done.configurations_count += 1
        for_changes = self.tracker.adopt(
            event.changes, config, self.targets, self.generation
        )
        self.tracker.resume(event.rowless, self.targets)
        if self.history is not None:
            self.history.keep(self.targets.series)
        to_load = {*self.targets.changed_since(before), *for_changes}
        self.cooldowns.end(to_load)
        self._write()
        scopes = self.targets.scopes
        self.cycles.scopes(scopes)
        if self.generation == 1:
            return  # the first cycles load everything
        for scope in scopes:
            self._load_own([name for name in to_load if name[0] == scope])

    def _load_own(self, series: Sequence[SeriesId]) -> None:
        """Load what is new at once, beside what runs."""
        asked = self._asked(series)
        if asked and self.live is not None:
            thread = self.live.start(self.targets, asked, self.generation, is_new=True)
            self.own |= dict.fromkeys(asked, thread)

    def _cycle(self, scope: str) -> None:
        """Load what is new of the scope; one that is under way is not begun again."""
        under_way = self.cycle_of.get(scope)
        if self.live is None or (under_way is not None and under_way.is_alive()):
            return
        if not self._follows(scope):
            return
        self.own = {name: t for name, t in self.own.items() if t.is_alive()}
        asked = self._asked(
            [
                name
                for name in self.targets.series
                if name[0] == scope
                and name not in self.own
                and not self.cooldowns.holds(name)
            ]
        )
        if asked:
            self.cycle_of[scope] = self.live.start(self.targets, asked, self.generation)

    def _follows(self, scope: str) -> bool:
        """Whether its cycles are this collector's.

        A scope that is one series, as a chain is, has one collector at a time; those
        that have series of a venue take turns by the locks of their loads.
        """
        return (scope, "") not in self.targets.series or self.locks.follows(scope)

    def _asked(self, series: Sequence[SeriesId]) -> list[SeriesId]:
        """Those that are asked for live; what comes from files alone is planned."""
        asked = [name for name in series if self.targets.live_keys([name])]
        self._plan([name for name in series if name not in asked])
        return asked

    def _loaded(self, event: Loaded) -> None:
        left = set(event.failed) | set(event.ended)
        for key, error in event.failed.items():
            self.tracker.failed(key, event.generation, error)
        for key in set(event.keys) - left:  # there may have been nothing to ask
            self.tracker.answered(key, event.generation)
        load_id = event.facts.load_id if event.facts else None
        self.tracker.loaded(event.keys, event.generation, load_id)
        whole = [name for name in event.series if self._is_whole(name, event)]
        self._plan(whole)
        self._report(event)

    def _is_whole(self, series: SeriesId, event: Loaded) -> bool:
        """Whether no key of the series failed; one that was refused cools down."""
        errors = [event.failed.get(key) for key in self.targets.live_keys([series])]
        if any(isinstance(error, FINAL) for error in errors):
            self.cooldowns.begin(series)
        elif not any(errors):
            self.cooldowns.end([series])
        return not any(errors)

    def _plan(self, series: Sequence[SeriesId]) -> None:
        """Have the history of these series planned, where they are still collected."""
        targets = self.targets.series
        collected = {name: targets[name] for name in series if name in targets}
        if collected and self.history is not None:
            self.history.request(collected, self.generation)

    def _planned(self, event: Planned) -> None:
        key = history_key(event.series)
        if event.error is None:
            self.tracker.answered(key, event.generation)
        else:
            self.tracker.failed(key, event.generation, event.error)

    def _write(self) -> None:
        """Write the states of changes; where the warehouse is away, the next time."""
        self.tracker.settle(self.tasks.keys(), self.targets)
        try:
            self.tracker.flush(self.locks.connection())
        except (psycopg.OperationalError, BusyError) as error:
            self.locks.lost(error)

    def _doubted(self, reasons: Iterable[str]) -> None:
        """Tell of what is new of it, as one."""
        new = self.doubts.new(reasons)
        if new:
            self.done.doubted("; ".join(new))

    def _report(self, event: Loaded) -> None:
        self.done.failures_count += len(event.failed)
        unproved = [e for e in event.failed.values() if isinstance(e, UnprovedError)]
        self._doubted([*map(str, unproved), *event.doubts])
        report: dict[str, Any] = {
            "series": [" ".join(name) for name in event.series],
            "failed": {str(key): str(error) for key, error in event.failed.items()},
        }
        if event.facts is not None:
            self.done.loads_count += 1
            self.done.rows_count += event.facts.rows_count
            names = ("load_id", "rows_count", "requests_count", "seconds")
            report |= {name: getattr(event.facts, name) for name in names}
        self.done.report(report)
