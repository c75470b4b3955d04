"""The watch of a service: it starts the process, and starts it again when it dies.

`python -m pipelines.local.watch FOLDER` keeps to the order in that folder
(`pipelines.local.watched`). Two run: the one that holds the watch's lock works, its
twin waits for that lock and is at work the moment the first is killed. A process that
lives is taken over, never started twice.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from pipelines.local.lock import take
from pipelines.local.process import spawn
from pipelines.local.watched import MODULE, PROJECT_DIR, Order, Watched

POLL_S = 0.25
# one that dies at once is started ever more slowly
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 15.0
WELL_AFTER_S = 30.0
LOG_BYTES = 10_000_000


class Watch:
    """The one at work on `watched`."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._wake = threading.Event()
        self._twin: subprocess.Popen[bytes] | None = None
        self._was_alive = watched.is_alive()
        self._began_at = 0.0
        self._start_at = 0.0
        self._deaths = 0
        self._last_pid: int | None = None

    def run(self) -> None:
        """Work until the process should end."""
        while (order := self._watched.order()) and order.is_wanted:
            self._keep_twin()
            self._keep_service(order)
            _keep_small(Path(order.log))
            self._wake.wait(POLL_S)
            self._wake.clear()
        if order:
            self._watched.end()
        elif self._last_pid:  # the data directory was deleted under it
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._last_pid, signal.SIGTERM)
        if self._twin:
            self._twin.kill()
            self._twin.wait()

    def dismiss(self, _: int, __: FrameType | None) -> None:
        """Handle a signal to the watch itself: nothing is wanted any more."""
        self._watched.dismiss()
        self._wake.set()

    def _keep_twin(self) -> None:
        if self._twin is None or self._twin.poll() is not None:
            command = [sys.executable, "-m", MODULE, str(self._watched.home)]
            self._twin = subprocess.Popen(
                command,
                cwd=PROJECT_DIR,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _keep_service(self, order: Order) -> None:
        if self._watched.is_alive():
            self._was_alive = True
            self._last_pid = self._last_pid or self._watched.pid()
            return
        if not self._watched.home.is_dir():
            return  # deleted a moment ago
        self._last_pid = None
        now = time.monotonic()
        if self._was_alive:
            self._was_alive = False
            self._start_at = now + self._pause(now)
            log_line(order, f"it ended; started again in {self._start_at - now:.1f} s")
        if now >= self._start_at and self._start(order):
            self._was_alive = True
            self._began_at = now

    def _pause(self, now: float) -> float:
        lived_well = now - self._began_at > WELL_AFTER_S
        self._deaths = 1 if lived_well else self._deaths + 1
        return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (self._deaths - 1))

    def _start(self, order: Order) -> bool:
        with self._watched.service_lock.open("a") as lock:
            if not take(lock):
                return False
            # the child's copy of the open file keeps the lock when ours is closed
            child = spawn(
                order.command,
                log=Path(order.log),
                folder=Path(order.folder),
                pass_fds=(lock.fileno(),),
            )
        self._last_pid = child.pid
        self._watched.note(child.pid)
        threading.Thread(target=self._await, args=(child,), daemon=True).start()
        return True

    def _await(self, child: "subprocess.Popen[bytes]") -> None:
        child.wait()
        self._wake.set()


def log_line(order: Order, message: str) -> None:
    """Add a line to the service's log."""
    now = datetime.now(tz=UTC).isoformat(timespec="milliseconds")
    with Path(order.log).open("a", encoding="utf-8") as log:
        log.write(f"{now} watch: {message}\n")


def _keep_small(log: Path) -> None:
    """Keep the last part as `.1`; the process writes at the end, wherever that is."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def main(home: Path) -> None:
    """Wait until no other watch is at work, then work."""
    watched = Watched(home)
    with watched.watch_lock.open("a") as lock:
        take(lock, wait=True)
        watch = Watch(watched)
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, watch.dismiss)
        watch.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
