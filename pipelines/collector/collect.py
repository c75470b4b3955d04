"""The collector's desk: hears what happens, and says what is to be loaded next."""

import queue
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import psycopg

from pipelines import warehouse
from pipelines.bronze.load import Say
from pipelines.collector.change_tracker import ChangeTracker
from pipelines.collector.config_reader import ConfigReader
from pipelines.collector.events import (
    Adopted,
    Answered,
    CollectorEvent,
    Ended,
    HistoryLoaded,
    Loaded,
    Planned,
)
from pipelines.collector.history import FAILED, History, Pauses
from pipelines.collector.live import Live
from pipelines.collector.schedule import Cooldowns, Cycles
from pipelines.collector.targets import SeriesId, Targets, plan_name, targets_of
from pipelines.config.listener import ConfigListener
from pipelines.errors import FINAL, BusyError
from pipelines.upstream.running_tasks import RunningTasks
from pipelines.warehouse import Connection

WORK = "collect"
POLL_S = 0.2  # how soon an end is heard
PATIENCE_S = 120.0  # for pages under way
LOCK_S = 20.0  # for a lock that a process which died still holds
REFUSED = Pauses(60.0, 3600.0)  # an unlisted symbol may be listed tomorrow


@dataclass(frozen=True)
class CollectOptions:
    """How it collects.

    Attributes:
        exchanges: these alone; none: all.
        every_s, after_s: of `Cycles`.
        refused: how long a series rests that the venue refused.
        history: how long history rests that failed.
    """

    exchanges: Collection[str] = ()
    every_s: float = 60.0
    after_s: float = 2.0
    refused: Pauses = REFUSED
    history: Pauses = FAILED


@dataclass
class Collected:
    """What a collector did; `told` is called with each load as it ends."""

    say: Say = lambda _: None
    told: Callable[[dict[str, Any]], None] = lambda _: None
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

    A venue, a series, the warehouse being away for a while end nothing. When it is
    stopped, the pages under way end, and what they brought is delivered.

    Raises:
        BusyError: another process collects from one of the venues.
        SetupError: there is no warehouse, or the seeds are wrong.
        psycopg.OperationalError: the warehouse does not answer at the beginning.
    """
    done = collected or Collected()
    keys = [f"{WORK} {name}" for name in sorted(options.exchanges)] or [WORK]
    desk = _Collector(options, done, keys)
    try:
        desk.open()
        desk.run(stop)
    finally:
        desk.close()
    return done


@dataclass
class _Collector:
    """One thread's view of the whole; other threads tell it by the queue."""

    options: CollectOptions
    done: Collected
    keys: Sequence[str]
    events: "queue.SimpleQueue[CollectorEvent]" = field(
        default_factory=queue.SimpleQueue
    )
    targets: Targets = field(default_factory=Targets)
    generation: int = 0
    held: ExitStack = field(default_factory=ExitStack)
    connection: Connection | None = None
    live: Live | None = None
    history: History | None = None
    listening: ConfigListener | None = None
    own: dict[SeriesId, Thread] = field(default_factory=dict)
    cycle_of: dict[str, Thread] = field(default_factory=dict)

    def open(self) -> None:
        """Take the lock, read the configuration, begin."""
        self.cycles = Cycles(self.options.every_s, self.options.after_s)
        self.cooldowns = Cooldowns(self.options.refused)
        name = warehouse.process_name(WORK)
        self.tracker = ChangeTracker(name, self.options.exchanges)
        self.streams = RunningTasks(lambda stream: self.events.put(Ended(stream)))
        self.connection = self._connected()
        reader = ConfigReader(self.events.put)
        self.listening = ConfigListener(
            reader, adopted=reader.adopted, say=self.done.say
        )
        tell, say = self.events.put, self.done.say
        self.live = Live(self.listening, self.streams, tell, say)
        self.history = History(
            self.listening,
            self.streams,
            tell,
            say,
            pauses=self.options.history,
            is_ours=lambda exchange_id: (
                not self.options.exchanges or exchange_id in self.options.exchanges
            ),
        )
        self.history.start()

    def run(self, stop: Event) -> None:
        """Hear and act until `stop` is set."""
        while not stop.is_set():
            self._hear(POLL_S)
            for exchange_id in self.cycles.due():
                self._cycle(exchange_id)
            self._write()

    def close(self) -> None:
        """End the pages under way, note what they brought, give everything back."""
        self.streams.ending.set()
        if self.listening is not None:
            self.listening.close()
        for part in (self.live, self.history):
            if part is not None:
                part.close(PATIENCE_S)
        self.live = self.history = None  # nothing is begun by what is heard now
        if self.connection is not None:
            self._hear(0)
            self._write()
        self.held.close()

    def _hear(self, wait_s: float) -> None:
        """Take in all that was told, waiting for the first of it."""
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
                self.tracker.answered(event.stream, event.generation)
            case HistoryLoaded():
                self.tracker.brought(event.series, event.load_ids)
            case Ended():
                pass  # looked at when changes settle
            case Loaded():
                self._loaded(event)
            case Planned():
                self._planned(event)

    def _adopt(self, event: Adopted) -> None:
        before, self.targets = (
            self.targets,
            targets_of(event.configuration, self.options.exchanges),
        )
        self.generation += 1
        self.done.configurations_count += 1
        for_changes = self.tracker.adopt(
            event.changes, event.configuration, self.targets, self.generation
        )
        self.tracker.resume(event.rowless, self.targets)
        if self.history is not None:
            self.history.keep(self.targets.series)
        to_load = {*self.targets.changed_since(before), *for_changes}
        self.cooldowns.end(to_load)
        self._write()
        exchanges = dict.fromkeys(exchange_id for exchange_id, _ in self.targets.series)
        self.cycles.venues(exchanges)
        if self.generation == 1:
            return  # the first cycles load everything
        for exchange_id in exchanges:
            self._load_own([name for name in to_load if name[0] == exchange_id])

    def _load_own(self, series: Sequence[SeriesId]) -> None:
        """Load what is new at once, beside what runs."""
        asked = [name for name in series if self.targets.streams[name]]
        self._plan([name for name in series if not self.targets.streams[name]])
        if not asked or self.live is None:
            return
        thread = self.live.start(self.targets, asked, self.generation, is_new=True)
        self.own |= dict.fromkeys(asked, thread)

    def _cycle(self, exchange_id: str) -> None:
        """Load what is new of the venue; one that is under way is not begun again."""
        under_way = self.cycle_of.get(exchange_id)
        if self.live is None or (under_way is not None and under_way.is_alive()):
            return
        self.own = {name: t for name, t in self.own.items() if t.is_alive()}
        series = [
            name
            for name in self.targets.series
            if name[0] == exchange_id
            and name not in self.own
            and not self.cooldowns.holds(name)
        ]
        asked = [name for name in series if self.targets.streams[name]]
        self._plan([name for name in series if not self.targets.streams[name]])
        if asked:
            self.cycle_of[exchange_id] = self.live.start(
                self.targets, asked, self.generation
            )

    def _loaded(self, event: Loaded) -> None:
        left = set(event.failed) | set(event.ended)
        for stream, error in event.failed.items():
            self.tracker.failed(stream, event.generation, error)
        for stream in set(event.streams) - left:  # there may have been nothing to ask
            self.tracker.answered(stream, event.generation)
        load_id = event.facts.load_id if event.facts else None
        self.tracker.loaded(event.streams, event.generation, load_id)
        whole = [name for name in event.series if self._rested(name, event)]
        self._plan(whole)
        self._tell(event)

    def _rested(self, series: SeriesId, event: Loaded) -> bool:
        """Whether all of the series was had; one that the venue refused rests."""
        errors = [event.failed.get(s) for s in self.targets.streams.get(series, ())]
        if any(isinstance(error, FINAL) for error in errors):
            self.cooldowns.begin(series)
        elif not any(errors):
            self.cooldowns.end([series])
        return not any(errors)

    def _plan(self, series: Sequence[SeriesId]) -> None:
        """Have the history of these series planned, where they are still collected."""
        known = self.targets.series
        found = {name: known[name] for name in series if name in known}
        if found and self.history is not None:
            self.history.want(found, self.generation)

    def _planned(self, event: Planned) -> None:
        name = plan_name(event.series)
        if event.error is None:
            self.tracker.answered(name, event.generation)
        else:
            self.tracker.failed(name, event.generation, event.error)

    def _write(self) -> None:
        """Write what became of changes; where the warehouse is away, the next time."""
        self.tracker.settle(self.streams.names(), self.targets)
        try:
            if self.connection is None:
                self.connection = self._connected()
            self.tracker.flush(self.connection)
        except (psycopg.OperationalError, BusyError) as error:
            if self.connection is not None:
                self.held.close()
                self.connection = None
                self.done.say(f"the warehouse went away: {error}")

    def _connected(self) -> Connection:
        """A connection that holds the lock of who collects."""
        return self.held.enter_context(warehouse.locked(self.keys, WORK, wait_s=LOCK_S))

    def _tell(self, event: Loaded) -> None:
        self.done.failures_count += len(event.failed)
        told: dict[str, Any] = {
            "series": [" ".join(name) for name in event.series],
            "failed": {name: str(error) for name, error in event.failed.items()},
        }
        if event.facts is not None:
            self.done.loads_count += 1
            self.done.rows_count += event.facts.rows_count
            told |= {
                "load_id": event.facts.load_id,
                "rows_count": event.facts.rows_count,
                "requests_count": event.facts.requests_count,
                "seconds": event.facts.seconds,
            }
        self.done.told(told)
