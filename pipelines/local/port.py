"""Ports on loopback: a free one, and who holds a taken one."""

import hashlib
import re
import shutil
import socket
import subprocess
from collections.abc import Container
from pathlib import Path

from pipelines.errors import SetupError

HOST = "127.0.0.1"
# Below Linux's ephemeral range (32768 and up), whose ports outgoing connections take.
RANGE = range(15432, 16432)


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose(key: str, *, but: Container[int] = ()) -> int:
    """A free port, by preference the same one for the same `key`.

    Raises:
        SetupError: all of the range are taken.
    """
    first = int(hashlib.sha256(key.encode()).hexdigest(), 16) % len(RANGE)
    for offset in range(len(RANGE)):
        port = RANGE[(first + offset) % len(RANGE)]
        if port not in but and is_free(port):
            return port
    raise SetupError(f"every port from {RANGE[0]} to {RANGE[-1]} is taken")


def taken(port: int, setting: str) -> SetupError:
    """The refusal of a port that was asked for by `setting`."""
    return SetupError(
        f"port {port} on {HOST} is taken by {holder(port) or 'another process'}: "
        f"stop that, or set {setting} to another port"
    )


def holder(port: int) -> str | None:
    """The process that listens on `port`, as far as this account may know."""
    pids = _listeners_by_ss(port) or _listeners_by_lsof(port)
    if not pids:
        return None
    pid = min(pids)
    name = _output("ps", "-o", "comm=", "-p", str(pid)).strip()
    return f"{Path(name).name or 'process'} (pid {pid})"


def _listeners_by_ss(port: int) -> set[int]:
    listing = _output("ss", "-Hltnp", f"sport = :{port}")
    return {int(pid) for pid in re.findall(r"pid=(\d+)", listing)}


def _listeners_by_lsof(port: int) -> set[int]:
    listing = _output("lsof", "-nP", "-t", f"-iTCP:{port}", "-sTCP:LISTEN")
    return {int(pid) for pid in listing.split() if pid.isdigit()}


def _output(program: str, *arguments: str) -> str:
    if not shutil.which(program):
        return ""
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout
