"""Apply plans: workers take chunks, one load each, until none is left.

Workers are threads: dlt keeps a pipeline's state by thread, and what they share it
keeps under locks (https://github.com/dlt-hub/dlt/pull/813). A killed process takes
all of its workers with it, so what it had begun is free for the next at once.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import psycopg

from pipelines import warehouse
from pipelines.backfill import ledger
from pipelines.backfill.asked import asked_of
from pipelines.backfill.chunk import ARCHIVE, Chunk, Plan
from pipelines.backfill.chunk_result import chunk_result
from pipelines.backfill.work import ChunkProgress, source_of
from pipelines.bronze.load import Say, recover
from pipelines.bronze.run import is_pending
from pipelines.errors import FINAL, BullionError, UpstreamError, as_one
from pipelines.sources.connectors import Connectors
from pipelines.sources.load import load
from pipelines.sources.preflight import Asked
from pipelines.upstream.extents import begin_of
from pipelines.upstream.progress import NO_PROGRESS, Progress

Finished = Callable[[Plan, Sequence[str]], None]
Doubted = Callable[[Sequence[str]], None]

POLL_S = 0.5  # how often a worker looks for what another process may leave


@dataclass(frozen=True)
class Patience:
    """How often a chunk is tried by one apply, and how long it rests in between."""

    attempts: int = 3
    rest_s: float = 10.0


@dataclass
class Applied:
    """What an apply did itself; `failures` has an error for each chunk given up."""

    chunks_count: int = 0
    rows_count: int = 0
    requests_count: int = 0
    bytes_count: int = 0
    seconds: float = 0.0
    failures: list[Exception] = field(default_factory=list)


class _StoppedError(Exception):
    """Ctrl-C, or a series that is not to go on: raised in the threads that load."""


def apply(
    connectors: Connectors,
    plans: Sequence[Plan],
    *,
    parallel: int = 2,
    patience: Patience = Patience(),
    progress: Progress = NO_PROGRESS,
    say: Say = lambda _: None,
    is_active: Callable[[Plan], bool] = lambda _: True,
    left_out: Collection[Asked] = (),
    finished: Finished = lambda _plan, _load_ids: None,
    doubted: Doubted = lambda _: None,
) -> Applied:
    """Run what is left of `plans`; what is done stays untouched.

    Chunks that another process works on are left to it, and waited for. A chunk is not
    begun while its plan is not active, nor when the connectors' tasks are ending; those
    that ask who is `left_out` stay open.
    `finished` is called with the plan and the loads of each chunk that is done here,
    `doubted` with what a load brought that may be wrong.

    Raises:
        UpstreamError: the warehouse did not answer; the same call goes on from there.
        KeyboardInterrupt: the chunks under way are ended first, unless it comes twice.
    """
    began = time.monotonic()
    workers = _Workers(
        connectors,
        {plan.plan_id: plan for plan in plans},
        patience,
        progress,
        say,
        is_active,
        left_out,
        finished,
        doubted,
    )
    workers.run(parallel)
    workers.applied.seconds = round(time.monotonic() - began, 3)
    return workers.applied


@dataclass
class _Workers:
    """The workers of one apply, and what they share."""

    connectors: Connectors
    plans: Mapping[int, Plan]
    patience: Patience
    progress: Progress
    say: Say
    is_active: Callable[[Plan], bool]
    left_out: Collection[Asked]
    finished: Finished
    doubted: Doubted
    applied: Applied = field(default_factory=Applied)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _tries: Counter[int] = field(default_factory=Counter)
    _rests_until: dict[int, float] = field(default_factory=dict)
    _given_up: set[int] = field(default_factory=set)
    _lost: BaseException | None = None

    def run(self, parallel: int) -> None:
        """Work until nothing is left."""
        with self._connect() as connection:
            self.progress.planned(
                sum(chunk.extent.steps for chunk in self._open(connection))
            )
        ended = [threading.Event() for _ in range(parallel)]
        try:
            for n, end in enumerate(ended):
                name = f"backfill {n + 1}"
                work = threading.Thread(target=self._work, args=(end,), name=name)
                work.daemon = True
                work.start()
            _wait(ended)
        except KeyboardInterrupt:
            self.say("stopping: what is under way ends first")
            self._stop.set()
            _wait(ended)
            raise
        if self._lost is not None:
            raise self._lost

    @property
    def _is_ending(self) -> bool:
        return self._stop.is_set() or self.connectors.context.tasks.ending.is_set()

    def _work(self, ended: threading.Event) -> None:
        try:
            with self._connect() as connection:
                while not self._is_ending:
                    chunk = self._take(connection)
                    if chunk is not None:
                        self._run(connection, chunk)
                    elif not self._open(connection):
                        return
                    else:
                        self._stop.wait(POLL_S)
        except psycopg.OperationalError as error:
            self._lose(UpstreamError(f"the warehouse did not answer: {error}"))
        except BaseException as error:  # noqa: BLE001  # raised again by `run`
            self._lose(error)
        finally:
            ended.set()

    def _lose(self, error: BaseException) -> None:
        self._lost = self._lost or error
        self._stop.set()

    def _connect(self) -> warehouse.Connection:
        return warehouse.connect("loader", warehouse.process_name("backfill"))

    def _open(self, connection: warehouse.Connection) -> list[Chunk]:
        """The chunks that are neither done nor given up, whoever works on them."""
        return [
            chunk
            for chunk in ledger.open_chunks(connection, list(self.plans))
            if chunk.chunk_id not in self._given_up
            and self.is_active(self.plans[chunk.plan_id])
            and asked_of(self.plans[chunk.plan_id], chunk) not in self.left_out
        ]

    def _take(self, connection: warehouse.Connection) -> Chunk | None:
        """A chunk that nobody works on, its lock held."""
        now = time.monotonic()
        for chunk in self._open(connection):
            if self._rests_until.get(chunk.chunk_id, now) > now:
                continue
            if warehouse.try_lock(connection, chunk.lock):
                begun = ledger.begin(connection, chunk.chunk_id)
                if begun is not None:
                    return begun
                warehouse.unlock(connection, chunk.lock)
        return None

    def _run(self, connection: warehouse.Connection, chunk: Chunk) -> None:
        try:
            self._load(connection, chunk)
        except psycopg.OperationalError:
            raise
        except BaseException as error:  # one chunk's; the others go on
            self._failed(connection, chunk, error)
            if not isinstance(error, Exception):
                raise
        finally:
            if not connection.closed:
                warehouse.unlock(connection, chunk.lock)

    def _load(self, connection: warehouse.Connection, chunk: Chunk) -> None:
        plan = self.plans[chunk.plan_id]
        check = partial(self._check, chunk)
        progress = ChunkProgress(self.progress, chunk, check)
        source = source_of(plan, chunk, self.connectors, progress)
        loads = list(chunk.load_ids)
        self._settle(connection, loads)

        def begun(load_id: str) -> None:
            check()
            with self._lock:  # the threads of one load share the connection
                if load_id not in loads:
                    loads.append(load_id)
                    ledger.note_load(connection, chunk, load_id)

        load(source, say=self.say, seen=lambda *_: check(), begun=begun)
        if source.doubts:
            self.say(f"in doubt: {'; '.join(source.doubts)}")
            self.doubted(source.doubts)
        if source.failures:
            raise as_one(source.failures)
        if source.is_cut_short:
            raise _StoppedError
        chunk.load_ids[:] = loads
        result = chunk_result(connection, plan, chunk)
        ledger.finish(connection, chunk, result)
        progress.finished()
        self.finished(plan, loads)
        with self._lock:
            self.applied.chunks_count += 1
            self.applied.rows_count += result.rows_count
            self.applied.requests_count += result.requests_count
            self.applied.bytes_count += result.bytes_count

    def _settle(
        self, connection: warehouse.Connection, load_ids: Sequence[str]
    ) -> None:
        """Wait until what a killed load had extracted is delivered, by any process.

        A span that was on its way would be asked for twice: then a candle would be
        confirmed that one reading only closes.
        """
        while any(map(is_pending, load_ids)) and not self._stop.is_set():
            if not recover(connection, self.say):
                self._stop.wait(POLL_S)

    def _failed(
        self, connection: warehouse.Connection, chunk: Chunk, error: BaseException
    ) -> None:
        if self._is_ending or isinstance(error, _StoppedError):
            ledger.give_back(connection, chunk, "waiting", "stopped")
            return
        reason = _reason(self.plans[chunk.plan_id], chunk, error)
        ledger.give_back(connection, chunk, "failed", reason)
        with self._lock:
            self._tries[chunk.chunk_id] += 1
            tries = self._tries[chunk.chunk_id]
            may_pass = not isinstance(error, FINAL)
            if may_pass and tries < self.patience.attempts:
                rest_s = self.patience.rest_s * tries
                self._rests_until[chunk.chunk_id] = time.monotonic() + rest_s
                self.say(f"{reason}; again in {rest_s:g} s")
                return
            self._given_up.add(chunk.chunk_id)
            kind = type(error) if isinstance(error, BullionError) else UpstreamError
            self.applied.failures.append(kind(reason))

    def _check(self, chunk: Chunk) -> None:
        """Files end at once; what is asked for ends itself after its page."""
        if self._stop.is_set() or (chunk.route == ARCHIVE and self._is_ending):
            raise _StoppedError


def _wait(ended: Sequence[threading.Event]) -> None:
    """Wait for all; Ctrl-C interrupts.

    `Thread.join` that is interrupted takes the thread for ended (Python 3.11):
    https://github.com/python/cpython/issues/90882
    """
    for end in ended:
        while not end.wait(0.1):
            pass


def _reason(plan: Plan, chunk: Chunk, error: BaseException) -> str:
    kind = "" if isinstance(error, BullionError) else f"{type(error).__name__}: "
    return f"{plan}, {begin_of(chunk.extent)} by {chunk.route}: {kind}{error}"
