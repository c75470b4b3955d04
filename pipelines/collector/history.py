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
from pipelines.backfill.ledger import Plan
from pipelines.backfill.plan import Upstreams, Wanted, plan
from pipelines.backfill.spans import MINUTE_MS, at
from pipelines.backfill.upstreams import LiveUpstreams
from pipelines.bronze.load import Say
from pipelines.collector.events import CollectorEvent, HistoryLoaded, Planned
from pipelines.collector.targets import SeriesId
from pipelines.config.listener import ConfigProvider
from pipelines.config.model import Configuration, InstrumentChoice, Since
from pipelines.errors import BullionError, SetupError
from pipelines.sources.exchange.choices import (
    LEAST_LIVE,
    is_collected,
    rest_feeds,
)
from pipelines.upstream.running_tasks import RunningTasks

WAIT_S = 0.5  # how soon an end is heard
# a live load brought these whole: all but the oldest, of which it may have a part
LIVE_MINUTES = LEAST_LIVE // timedelta(minutes=1) - 1

Key = tuple[str, str, str]  # exchange_id, symbol, feed


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

    choice: InstrumentChoice
    generation: int
    at: float = 0.0
    failures: int = 0


@dataclass
class History:
    """Plans the history of series that are told, and applies what is open."""

    configured: ConfigProvider
    streams: RunningTasks
    tell: Callable[[CollectorEvent], None]
    say: Say
    pauses: Pauses = FAILED
    parallel: int = 2
    upstreams: Callable[[Configuration], Upstreams] = LiveUpstreams
    is_ours: Callable[[str], bool] = lambda _: True
    _due: dict[SeriesId, _Due] = field(default_factory=dict)
    _planned: dict[Key, Since] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _to_plan: threading.Event = field(default_factory=threading.Event)
    _to_apply: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin; what earlier processes left is applied at once."""
        self._to_apply.set()
        works = {"plan history": self._planning, "apply history": self._applying}
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in works.items()
        ]
        for thread in self._threads:
            thread.start()

    def close(self, patience_s: float) -> None:
        """Wait for the pages under way; `streams` are ending."""
        for thread in self._threads:
            thread.join(patience_s)

    def want(
        self, series: Mapping[SeriesId, InstrumentChoice], generation: int
    ) -> None:
        """Plan these series' history, once for each `since`."""
        with self._lock:
            for name, choice in series.items():
                due = self._due.get(name)
                if due is None or due.choice != choice:
                    self._due[name] = _Due(choice, generation)
                else:
                    due.generation = generation
        self._to_plan.set()

    def keep(self, series: Collection[SeriesId]) -> None:
        """Only these are collected now: what comes back later is planned again."""
        with self._lock:
            planned = self._planned.items()
            self._planned = {k: since for k, since in planned if k[:2] in series}
            self._due = {name: d for name, d in self._due.items() if name in series}
        self._to_apply.set()

    def _planning(self) -> None:
        while not self.streams.ending.is_set():
            self._to_plan.wait(WAIT_S)
            self._to_plan.clear()
            with self._lock:
                now = time.monotonic()
                due = {n: d for n, d in self._due.items() if d.at <= now}
            if due:
                self._plan_all(due)

    def _plan_all(self, due: Mapping[SeriesId, _Due]) -> None:
        upstreams = self.upstreams(self.configured.current)
        for name, one in due.items():
            if self.streams.ending.is_set():
                return
            error = self._plan(one, upstreams)
            may_pass = error is not None and not isinstance(error, SetupError)
            with self._lock:
                if self._due.get(name) is not one:
                    pass  # it was wanted anew meanwhile
                elif may_pass:
                    one.failures += 1
                    one.at = time.monotonic() + self.pauses.after(one.failures)
                else:
                    del self._due[name]
            if error is not None:
                self.say(f"history of {' '.join(name)} is not planned: {error}")
            self.tell(Planned(name, one.generation, error))

    def _plan(self, due: _Due, upstreams: Upstreams) -> Exception | None:
        """Plan each feed of a series; the error where one could not be."""
        choice = due.choice
        for feed in choice.feeds:
            key = (choice.exchange_id, choice.symbol, feed)
            if self._planned.get(key) == choice.since:
                continue
            if not is_collected(self.configured.current, *key):
                continue
            try:
                now_ms = upstreams.now_ms(choice.exchange_id)
                until_ms = now_ms
                if feed in rest_feeds(choice):
                    until_ms -= LIVE_MINUTES * MINUTE_MS
                until_ms -= until_ms % MINUTE_MS
                if choice.since.from_ms(now_ms) < until_ms:
                    span = (choice.since, at(until_ms))
                    wanted = Wanted(*key[:2], feed, *span)
                    told = plan(wanted, upstreams)
                    self.say(
                        f"planned {told.feed} of {told.symbol} on {told.exchange_id}"
                        f" plan={told.plan_id} chunks={told.chunks_count}"
                        f" held_minutes={told.held_minutes} minutes={told.minutes}"
                    )
                    self._to_apply.set()
            except BullionError as error:
                return error
            except Exception as error:  # noqa: BLE001  # one series'; others go on
                return error
            with self._lock:
                self._planned[key] = choice.since
        return None

    def _applying(self) -> None:
        failures, again_at = 0, 0.0
        while not self.streams.ending.is_set():
            is_told = self._to_apply.wait(WAIT_S)
            is_due = failures and time.monotonic() >= again_at
            if not (is_told or is_due):
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
            plans = [p for p in ledger.plans(connection) if self._is_wanted(p)]
            ids = [p.plan_id for p in plans]
            if not ids or not ledger.open_chunks(connection, ids):
                return Applied()
        applied = apply(
            self.configured,
            plans,
            parallel=self.parallel,
            say=self.say,
            streams=self.streams,
            is_wanted=self._is_wanted,
            finished=self._finished,
        )
        self.say(
            f"history chunks={applied.chunks_count} rows={applied.rows_count}"
            f" failures={len(applied.failures)} seconds={applied.seconds}"
        )
        return applied

    def _finished(self, plan: Plan, load_ids: Sequence[str]) -> None:
        self.tell(HistoryLoaded((plan.exchange_id, plan.symbol), load_ids))

    def _is_wanted(self, plan: Plan) -> bool:
        return self.is_ours(plan.exchange_id) and is_collected(
            self.configured.current, plan.exchange_id, plan.symbol, plan.feed
        )
