"""What lies before the live loads: planned once, applied in the background.

One thread plans, so that a plan stands soon; another applies, one apply at a time.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from pipelines import warehouse
from pipelines.backfill import ledger
from pipelines.backfill.apply import Applied, apply
from pipelines.backfill.chunk import Plan
from pipelines.backfill.plan import plan
from pipelines.backfill.plan_request import PlanRequest
from pipelines.bronze.load import Say
from pipelines.collector.events import (
    CollectorEvent,
    Doubted,
    HistoryLoaded,
    Planned,
)
from pipelines.config.model import Since
from pipelines.errors import SetupError, UnprovedError
from pipelines.sources import feeds, spec_of_feed
from pipelines.sources.connectors import ALL, Chosen, Connectors
from pipelines.upstream.connector import Connector, Target
from pipelines.upstream.extents import at
from pipelines.upstream.feed import LEAST_LIVE, MINUTE_MS, Key, SeriesId

WAIT_S = 0.5  # how soon it notices the end
# a live load has these minutes whole, but for the oldest one
LIVE_MS = LEAST_LIVE // timedelta(milliseconds=1) - MINUTE_MS


@dataclass(frozen=True)
class Pauses:
    """Seconds before what failed is tried again: at first, doubled, and at most."""

    first_s: float = 15.0
    most_s: float = 900.0

    def after(self, failures: int) -> float:
        """The pause after so many failures in a row."""
        return float(min(self.most_s, self.first_s * 2 ** min(failures - 1, 16)))


FAILED = Pauses()


@dataclass
class _Due:
    """A series whose history is to be planned."""

    target: Target
    generation: int
    at: float = 0.0
    failures: int = 0


@dataclass
class History:
    """Plans the history of the requested series, and applies open plans."""

    connectors: Connectors
    report: Callable[[CollectorEvent], None]
    say: Say
    pauses: Pauses = FAILED
    parallel: int = 2
    chosen: Chosen = ALL
    _due: dict[SeriesId, _Due] = field(default_factory=dict)
    _planned: dict[Key, Since] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _to_plan: threading.Event = field(default_factory=threading.Event)
    _to_apply: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Start the threads; plans that earlier processes left are applied at once."""
        self._to_apply.set()
        works = {"plan history": self._planning, "apply history": self._applying}
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in works.items()
        ]
        for thread in self._threads:
            thread.start()

    def close(self, patience_s: float) -> None:
        """Wait for the pages under way; the tasks are ending."""
        for thread in self._threads:
            thread.join(patience_s)

    def request(self, series: Mapping[SeriesId, Target], generation: int) -> None:
        """Plan these series' history, once for each `since`."""
        with self._lock:
            for name, target in series.items():
                due = self._due.get(name)
                if due is None or due.target != target:
                    self._due[name] = _Due(target, generation)
                else:
                    due.generation = generation
        self._to_plan.set()

    def keep(self, series: Collection[SeriesId]) -> None:
        """Only these are collected now: what comes back later is planned again."""
        with self._lock:
            planned = self._planned.items()
            self._planned = {k: s for k, s in planned if k.series in series}
            self._due = {name: d for name, d in self._due.items() if name in series}
        self._to_apply.set()

    def _planning(self) -> None:
        while not self._ending.is_set():
            self._to_plan.wait(WAIT_S)
            self._to_plan.clear()
            with self._lock:
                now = time.monotonic()
                due = {n: d for n, d in self._due.items() if d.at <= now}
            if due:
                self._plan_all(due)

    def _plan_all(self, due: Mapping[SeriesId, _Due]) -> None:
        for name, one in due.items():
            if self._ending.is_set():
                return
            error = self._plan(one.target)
            may_pass = error is not None and not isinstance(error, SetupError)
            with self._lock:
                if self._due.get(name) is not one:
                    pass  # it was requested again meanwhile
                elif may_pass:
                    one.failures += 1
                    one.at = time.monotonic() + self.pauses.after(one.failures)
                else:
                    del self._due[name]
            if error is not None:
                self.say(f"history of {' '.join(name)} is not planned: {error}")
            self.report(Planned(name, one.generation, error))

    def _plan(self, target: Target) -> Exception | None:
        """Plan each feed of a series; the error where one could not be."""
        for feed in target.feeds:
            key = Key(*target.series, feed)
            is_planned = self._planned.get(key) == target.since
            if is_planned or not feeds()[feed].has_history:
                continue
            if not self.connectors.is_collected(key):
                continue
            try:
                self._plan_key(key, target, self.connectors.of(target.source))
            except Exception as error:  # noqa: BLE001  # one series'; others go on
                return error
            with self._lock:
                self._planned[key] = target.since
        return None

    def _plan_key(self, key: Key, target: Target, connector: Connector) -> None:
        """Plan what lies before the live loads, if anything does."""
        now = until = connector.now(key.scope)
        unit = feeds()[key.feed].axis.extent_unit
        if unit == "ms" and key.feed in target.live:
            until -= LIVE_MS
        request = PlanRequest(key, target.since, at(until) if unit == "ms" else until)
        if request.extent(unit, now).steps <= 0:
            return
        planned = plan(request, self.connectors)
        self.say(
            f"planned {key.feed} of {' on '.join(filter(None, key.series[::-1]))}"
            f" plan={planned.plan_id} chunks={planned.chunks_count}"
            f" held={planned.held_steps} of={planned.steps}"
        )
        self._to_apply.set()

    def _applying(self) -> None:
        failures, again_at = 0, 0.0
        while not self._ending.is_set():
            is_requested = self._to_apply.wait(WAIT_S)
            is_due = failures and time.monotonic() >= again_at
            if not (is_requested or is_due):
                continue
            self._to_apply.clear()
            try:
                applied = self._apply()
            except Exception as error:  # noqa: BLE001  # the warehouse may come back
                self.say(f"history waits: {error}")
                applied = Applied(failures=[error])
            failures = failures + 1 if applied.failures else 0
            again_at = time.monotonic() + self.pauses.after(failures)

    def _apply(self) -> Applied:
        name = warehouse.process_name("collect history")
        with warehouse.connect("loader", name) as connection:
            plans = [p for p in ledger.plans(connection) if self._is_active(p)]
            ids = [p.plan_id for p in plans]
            if not ids or not ledger.open_chunks(connection, ids):
                return Applied()
        applied = apply(
            self.connectors,
            plans,
            parallel=self.parallel,
            say=self.say,
            is_active=self._is_active,
            finished=self._finished,
            doubted=lambda doubts: self.report(Doubted(doubts)),
        )
        failed = [e for e in applied.failures if isinstance(e, UnprovedError)]
        if failed:
            self.report(Doubted([str(error) for error in failed]))
        self.say(
            f"history chunks={applied.chunks_count} rows={applied.rows_count}"
            f" failures={len(applied.failures)} seconds={applied.seconds}"
        )
        return applied

    def _finished(self, plan: Plan, load_ids: Sequence[str]) -> None:
        self.report(HistoryLoaded(plan.key.series, load_ids))

    def _is_active(self, plan: Plan) -> bool:
        is_ours = self.chosen.has(spec_of_feed(plan.key.feed).name, plan.scope)
        return is_ours and self.connectors.is_collected(plan.key)

    @property
    def _ending(self) -> threading.Event:
        return self.connectors.context.tasks.ending
