"""The processes that fetch the blocks of a load with many: see `fetch_process`.

Reading and proving blocks takes a core; one more to write them leaves no time unused.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from pipelines.errors import BullionError, UpstreamError
from pipelines.settings import PROJECT_DIR, child_environment
from pipelines.sources.evm_node.fetch_process import Order
from pipelines.sources.evm_node.fetching import BlockFetcher, Fetched
from pipelines.sources.evm_node.lookahead import Lookahead
from pipelines.upstream.clock import Clock
from pipelines.upstream.feed import Span

MODULE = "pipelines.sources.evm_node.fetch_process"
MOST = 4  # the load writes what about three of them read
MANY = 500  # blocks: to start processes takes as long as to fetch some 300 of Ethereum
STRIP = 40  # blocks in a row of one process: it reads on while another's are taken
LOOK_S = 0.2  # how often the end is looked for


@dataclass
class FetchProcesses:
    """Started when they are first needed, and kept until they are closed.

    One load has them at a time.
    """

    count: int = min(os.cpu_count() or 1, MOST)
    _started: list["_Started"] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def groups(
        self, order: Order, fetcher: BlockFetcher
    ) -> Iterator[tuple[Span, Fetched]]:
        """The blocks of an order, in its order: by `fetcher` where they are few.

        Raises:
            EndedError: the end was asked for.
            UpstreamError: a process has died.
        """
        is_many = sum(end - start for start, end in order.spans) >= MANY
        if not (is_many and self.count > 1 and self._lock.acquire(blocking=False)):
            yield from Lookahead(fetcher).groups(order.spans)
            return
        try:
            yield from self._dealt(order, fetcher.clients[0].clock)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the processes, unless a load has them."""
        if self._lock.acquire(blocking=False):
            self._end()
            self._lock.release()

    def _dealt(self, order: Order, clock: Clock) -> Iterator[tuple[Span, Fetched]]:
        """Of each process a strip in turn; those that are not asked to the end die."""
        strips = list(_strips(order.spans))
        is_whole = False
        try:
            while len(self._started) < self.count:
                self._started.append(_Started.new())
            for at, process in enumerate(self._started):
                part = strips[at :: self.count]
                process.send(replace(order, spans=part, processes_count=self.count))
            for number, (_, end) in enumerate(strips):
                process = self._started[number % self.count]
                reached = -1
                while reached < end:
                    span, fetched = process.answer(clock)
                    yield span, fetched
                    reached = span[1]
            for process in self._started:
                process.answer(clock)
            is_whole = True
        finally:
            if not is_whole:
                self._end()

    def _end(self) -> None:
        while self._started:
            self._started.pop().close()


@dataclass(frozen=True)
class _Started:
    """A process that runs."""

    process: subprocess.Popen[bytes]
    pipe: "Connection[Any, Any]"

    @classmethod
    def new(cls) -> "_Started":
        own, its = Pipe()
        with its:
            process = subprocess.Popen(  # our own module
                [sys.executable, "-m", MODULE, str(its.fileno())],
                cwd=PROJECT_DIR,
                env=child_environment(),
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        return cls(process, own)

    def send(self, order: Order) -> None:
        with _alive():
            self.pipe.send(order)

    def answer(self, clock: Clock) -> Any:
        """What it sends next."""
        with _alive():
            while not self.pipe.poll(LOOK_S):
                clock.sleep(0)
            answer = self.pipe.recv()
        if isinstance(answer, BullionError):
            raise answer
        return answer

    def close(self) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.wait()


@contextmanager
def _alive() -> Iterator[None]:
    try:
        yield
    except (EOFError, BrokenPipeError, ConnectionResetError) as error:
        raise UpstreamError("a process that fetches blocks has died") from error


def _strips(spans: Sequence[Span]) -> Iterator[Span]:
    for start, end in spans:
        for at in range(start, end, STRIP):
            yield at, min(at + STRIP, end)
