"""A detached process: it outlives the terminal and is recognised by its record.

The record holds the pid and when that process began, so that a pid that the system has
given to another process since is not taken for it.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.local.account import own_account, read_json

POLL_S = 0.05


def began(pid: int) -> str | None:
    """When the process began, in the system's own words; None when it has ended."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # a child of ours that ended would stay as a zombie
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # the name, in parentheses, may hold spaces; state and start follow it
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else fields[19]
    return _ps(pid, "lstart")


def command_line(pid: int) -> str:
    """The process's arguments; empty when it has ended."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return _ps(pid, "args") or ""
    return raw.replace(b"\0", b" ").decode(errors="replace").strip()


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start `command` in a session of its own, so that it runs on when we end."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=pass_fds,
        )


@dataclass(frozen=True)
class Detached:
    """A process whose record is the file `record`."""

    record: Path

    def start(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path,
    ) -> int:
        """Start `command`, its output going to `log`; its pid."""
        pid = spawn(command, log=log, environment=environment, folder=folder).pid
        record = {"pid": pid, "began": began(pid)}
        own_account().write(self.record, json.dumps(record))
        return pid

    def pid(self) -> int | None:
        """The pid, if the very process that was started is alive."""
        record = read_json(self.record)
        if not record or not record["began"]:
            return None
        pid: int = record["pid"]
        return pid if began(pid) == record["began"] else None

    def stop(self, grace_s: float = 10) -> None:
        """End it: asked first, killed with its group after `grace_s`."""
        pid = self.pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGTERM)
            if not self._ends_within(grace_s):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                self._ends_within(grace_s)
        self.record.unlink(missing_ok=True)

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.pid() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True


def _ps(pid: int, column: str) -> str | None:
    done = subprocess.run(
        ["ps", "-ww", "-o", f"{column}=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )
    return done.stdout.strip() or None
