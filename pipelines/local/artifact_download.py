"""Downloads of Maven artifacts: resumed after a break, named only when they are whole.

jgo's own download writes under the final name and takes what lies there for whole; this
one writes beside it, continues where it broke off, and compares the sum first.
"""

import errno
import hashlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import Artifact, MavenContext
from jgo.maven import PythonResolver as Resolver
from jgo.util import http

from pipelines.local.locked_file import Locked
from pipelines.local.service import UnavailableError

CHUNK = 1 << 16  # of what comes, the last part of one is lost when it breaks off
TRIES = 4
TIMEOUT_S = (10, 60)  # to connect; between two pieces
PART = ".part"

Progress = Callable[[str, int, int], None]  # file name, its bytes so far, of how many


def download(files: Sequence[Locked], repository: Path, progress: Progress) -> None:
    """Have every file of `files` in `repository`.

    Raises:
        UnavailableError: no network, no room, or not what the lock names.
    """
    sums = {one.file_name: one.sha256 for one in files}
    context = MavenContext(
        resolver=Downloads(sums, progress),
        repo_cache=repository,
        remote_repos=repositories(),
    )
    for one in files:
        component = context.project(one.group, one.artifact).at_version(one.version)
        component.artifact(packaging=one.packaging).resolve()


def repositories() -> dict[str, str]:
    """Maven Central, and what the user's jgo settings add or put in its place."""
    return {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}


class DamagedError(UnavailableError):
    """What was downloaded is not what the lock names."""


class Downloads(Resolver):
    """A resolver whose files are whole; `sums` has the sha256 of each by its name."""

    def __init__(self, sums: Mapping[str, str], progress: Progress) -> None:
        super().__init__()
        self._sums = sums
        self._progress = progress

    def download(self, artifact: Artifact) -> Path:
        """The artifact's file in the cache.

        Raises:
            UnavailableError: no repository gave it, or it is not what the lock names.
        """
        target = artifact.cached_path
        if target is None:
            raise UnavailableError(f"there is no place for {artifact}")
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + PART)
        folder = artifact.component.path_prefix.as_posix()
        failures = []
        for name, repository in artifact.context.remote_repos.items():
            url = f"{repository.rstrip('/')}/{folder}/{artifact.filename}"
            try:
                self._receive(url, part)
                self._check(part, target.name)
            except (requests.RequestException, OSError) as error:
                failures.append(f"{name}: {_reason(error, part.parent)}")
            else:
                part.replace(target)
                return target
        raise UnavailableError(
            f"{artifact.filename} can not be downloaded ({'; '.join(failures)}); "
            "what came is kept: try again when there is a network"
        )

    def _receive(self, url: str, part: Path) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                self._receive_rest(url, part)
            except (requests.ConnectionError, requests.Timeout) as error:
                if attempt == TRIES or not _may_pass(error):
                    raise
                time.sleep(2 ** (attempt - 1))
            except requests.exceptions.ChunkedEncodingError:
                if attempt == TRIES:
                    raise
            else:
                return

    def _receive_rest(self, url: str, part: Path) -> None:
        begun = part.stat().st_size if part.exists() else 0
        headers = {"Range": f"bytes={begun}-"} if begun else {}
        answer = http.get(url, stream=True, headers=headers, timeout=TIMEOUT_S)
        with answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                return  # it is all here; the sum will confirm it
            answer.raise_for_status()
            resumed = answer.status_code == requests.codes.partial_content
            begun = begun if resumed else 0
            total = begun + int(answer.headers.get("Content-Length", 0))
            with part.open("ab" if resumed else "wb") as file:
                for chunk in answer.iter_content(CHUNK):
                    file.write(chunk)
                    self._progress(part.name.removesuffix(PART), file.tell(), total)
        if total and part.stat().st_size < total:
            raise requests.exceptions.ChunkedEncodingError("it broke off")

    def _check(self, part: Path, name: str) -> None:
        expected = self._sums.get(name)
        if expected is None:  # a pom, while a lock is made
            return
        with part.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if actual != expected:
            part.unlink()
            raise DamagedError(
                f"{name} was downloaded and is not what the lock names: its sha256 is "
                f"{actual}, not {expected}; it was thrown away"
            )


def _may_pass(error: Exception) -> bool:
    """Whether a second try may help: a refused proxy or an unknown name stays so."""
    return not isinstance(error, requests.exceptions.ProxyError)


def _reason(error: Exception, folder: Path) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        free_mb = shutil.disk_usage(folder).free // 2**20
        return f"the disk of {folder} is full, {free_mb} MB free"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"it answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "it did not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "it can not be reached"
    return str(error)
