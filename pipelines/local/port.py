"""Ports on loopback: free ones, who holds a taken one, and what a service keeps."""

import hashlib
import http.client
import json
import re
import shutil
import socket
import subprocess
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local.account import own_account, read_json
from pipelines.local.service import Say

HOST = "127.0.0.1"
# Below Linux's ephemeral range (32768 and up), whose ports outgoing connections take.
RANGE = range(15432, 16432)
CONNECT_TIMEOUT_S = 2
# Prefect's server was seen to take 8 s where twenty processes wanted two cores: who
# answers late is up
ANSWER_TIMEOUT_S = 15


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


def given(port: int | None, setting: str) -> int | None:
    """The port that a setting gives, if it does.

    Raises:
        SetupError: it is taken; names the setting and who holds it.
    """
    if port and not is_free(port):
        raise taken(port, setting)
    return port


def keep(
    known: int | None, key: str, name: str, say: Say, but: Container[int] = ()
) -> int:
    """The port that `name` had while it is free, or a free one by `key`."""
    if known and known not in but and is_free(known):
        return known
    port = choose(key, but=but)
    if known:
        by = holder(known) or "another process"
        say(f"port {known} is taken by {by}: {name} moves to {port}")
    return port


@dataclass(frozen=True)
class KeptPorts:
    """Ports by their name, in `file`; `key` decides which ones are tried first."""

    file: Path
    key: str

    def known(self) -> dict[str, int]:
        """What was chosen last; empty before the first start."""
        return read_json(self.file) or {}

    def settle(
        self, ports: Mapping[str, int | None], settings: Mapping[str, str], say: Say
    ) -> dict[str, int]:
        """Choose each: the given one, or the one of last time while it is free.

        Raises:
            SetupError: a given one is taken; names its setting and who holds it.
        """
        known, chosen = self.known(), dict[str, int]()
        for name, port in ports.items():
            chosen[name] = given(port, settings.get(name, "")) or keep(
                known.get(name), f"{self.key} {name}", name, say, chosen.values()
            )
        own_account().write(self.file, json.dumps(chosen))
        return chosen


def http_get(host: str, port: int, path: str) -> tuple[int, bytes] | None:
    """Status and body of an answer; None: there is none."""
    # http.client asks no proxy
    connection = http.client.HTTPConnection(host, port, timeout=CONNECT_TIMEOUT_S)
    try:
        connection.connect()
        connection.sock.settimeout(ANSWER_TIMEOUT_S)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


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
