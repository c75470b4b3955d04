"""The server process on a cluster: started, recognised, stopped, through `pg_ctl`.

A server killed with -9 leaves its backends at work. Postgres refuses to start while
they hold its shared memory, and they end by themselves when their statement does. The
lock (`postmaster.pid`) is never removed here: it is what protects the data meanwhile.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local import port as ports
from pipelines.local.postgres_cluster import DISK_FULL, Cluster, disk_full
from pipelines.local.postgres_distribution import Distribution
from pipelines.local.process import command_line
from pipelines.local.service import Say, set_aside, tail

ORPHANS_WAIT_S = 60
RETRY_S = 1.0
START_TIMEOUT_S = 300  # a crash recovery reads up to max_wal_size again
STOP_TIMEOUT_S = 120

STILL_HELD = (
    "pre-existing shared memory block",
    'lock file "postmaster.pid" already exists',
)
PORT_TAKEN = "Address already in use"


class PortTakenError(SetupError):
    """Another process took the port between our looking and the server's listening."""


@dataclass(frozen=True)
class Server:
    """The postmaster of `cluster`."""

    cluster: Cluster
    distribution: Distribution

    def pid(self) -> int | None:
        """The running postmaster; None when the pid in its lock is not its own."""
        pid = postmaster_pid(self.cluster.data)
        return pid if pid and is_postmaster(pid, self.cluster.data) else None

    def start(self, port: int, say: Say) -> None:
        """Start it and wait until it answers; orphans are waited for.

        Raises:
            PortTakenError: nothing else is wrong.
            SetupError: says what is, quoting the log.
        """
        set_aside(self.cluster.log)
        deadline = time.monotonic() + ORPHANS_WAIT_S
        is_said = False
        while not self._starts():
            log = tail(self.cluster.log)
            if not any(sign in log for sign in STILL_HELD):
                raise self._refusal(log, port)
            if time.monotonic() > deadline:
                raise self._still_held(log)
            if not is_said:
                say(
                    "Postgres was killed and what it left is still at work "
                    f"({self._orphans()}): waiting up to {ORPHANS_WAIT_S} s"
                )
                is_said = True
            time.sleep(RETRY_S)

    def stop(self) -> None:
        """End it cleanly; open transactions are rolled back.

        Raises:
            SetupError: it did not end in time.
        """
        if self.pid() is None:  # pg_ctl would signal whoever has the pid now
            return
        done = self._pg_ctl("stop", "-m", "fast", "-t", str(STOP_TIMEOUT_S))
        if done and self.pid() is not None:
            raise SetupError(
                f"Postgres did not stop within {STOP_TIMEOUT_S} s; its log "
                f"{self.cluster.log} ends:\n{tail(self.cluster.log)}"
            )

    def _starts(self) -> bool:
        log = str(self.cluster.log)
        return not self._pg_ctl("start", "-l", log, "-t", str(START_TIMEOUT_S))

    def _pg_ctl(self, action: str, *options: str) -> int:
        program = self.distribution.program("pg_ctl")
        command = (str(program), action, "-D", str(self.cluster.data), "-w", *options)
        return self.cluster.account.run(command).returncode

    def _refusal(self, log: str, port: int) -> SetupError:
        if DISK_FULL in log:
            return disk_full(self.cluster.folder)
        if PORT_TAKEN in log:
            return PortTakenError(str(ports.taken(port, "PGPORT")))
        return SetupError(
            f"Postgres did not start; its log {self.cluster.log} ends:\n{log}"
        )

    def _still_held(self, log: str) -> SetupError:
        return SetupError(
            f"Postgres was killed, and after {ORPHANS_WAIT_S} s its data in "
            f"{self.cluster.data} is still held ({self._orphans()}): run `bullion up` "
            "again later, or end those processes (kill, never kill -9). Its log "
            f"ends:\n{log}"
        )

    def _orphans(self) -> str:
        pids = orphans(self.cluster.data)
        return f"pids {', '.join(map(str, pids))}" if pids else "processes unknown"


def postmaster_pid(data: Path) -> int | None:
    """The pid that the server's lock names; None without a lock."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether the process is the server of `data`, not one that got its pid since."""
    return f"postgres -D {data}" in command_line(pid)


def orphans(data: Path) -> list[int]:
    """The processes at work in `data`, where the system lists them (Linux)."""
    pids = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == data:
                pids.append(int(entry.name))
        except OSError:
            continue
    return sorted(pids)
