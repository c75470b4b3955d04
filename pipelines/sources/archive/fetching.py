"""A file of the archive, from the host to a verified zip in the working folder.

Source: https://github.com/binance/binance-public-data#checksum
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from pipelines.errors import BadDataError, UpstreamError
from pipelines.sources.archive import working_folder
from pipelines.sources.archive.attempt import AbsentError, ResponseHead
from pipelines.sources.archive.files import ArchiveFile
from pipelines.sources.archive.host import ArchiveHost
from pipelines.upstream.bounds import BOUNDS
from pipelines.upstream.request_log import RequestLog

# `sha256sum` writes a star before the name of a file that it read as binary
CHECKSUM = re.compile(r"(?P<sha256>[0-9a-fA-F]{64})[ \t]+\*?(?P<name>\S.*?)\s*")
# Four times the largest month of single trades that is reckoned with
LARGEST_ZIP = 20 << 30
SLOWEST = 50_000  # bytes a second that a download has at least
CHUNK = 1 << 18


@dataclass(frozen=True)
class Fetched:
    """A zip whose checksum held; `file` says the version that came."""

    file: ArchiveFile
    path: Path
    sha256: str
    head: ResponseHead


class RefusedFile(Exception):  # noqa: N818  # a version of a file, not a fault of ours
    """A version of a file that is refused."""

    def __init__(
        self, file: ArchiveFile, reason: str, sha256: str | None, head: ResponseHead
    ) -> None:
        super().__init__(f"{file.path} {reason}")
        self.file, self.reason = file, reason
        self.sha256, self.head = sha256, head


def named_sha256(text: str, name: str) -> str:
    """The sha256 that a `.CHECKSUM` gives for `name`.

    Raises:
        BadDataError: it is none, or of another file.
    """
    match = CHECKSUM.fullmatch(text)
    if not match:
        raise BadDataError(f"its checksum is none: {text[:80]!r}")
    if match["name"] != name:
        raise BadDataError(f"its checksum is of {match['name'][:80]!r}, not {name!r}")
    return match["sha256"].lower()


def fetch(host: ArchiveHost, file: ArchiveFile, log: RequestLog) -> Fetched:
    """The file as the host has it now; one that lies there verified is not fetched.

    Raises:
        RefusedFile: the checksum does not hold, or is none.
        AbsentError: the host does not have it.
        UpstreamError: the host did not answer, or serves an older version than it
            lists; the next load tries again.
    """
    expected, head = _checksum(host, file, log)
    path = working_folder.place(file)
    if path.exists() and working_folder.sha256_of(path) == expected:
        return Fetched(_stored(file, path), path, expected, head)
    part = working_folder.unfinished(path, "part")
    try:
        sha256, head = _download(host, file, part, log)
        version = _version(file, part, head.published_at_ms)
        if sha256 != expected:
            # the host publishes the two one after the other
            expected, _ = _checksum(host, version, log)
        if sha256 != expected:
            reason = f"has sha256 {sha256}, not {expected} as its checksum says"
            raise RefusedFile(version, reason, sha256, head)
        working_folder.keep(part, path, version.published_at_ms)
    finally:
        part.unlink(missing_ok=True)
    return Fetched(version, path, sha256, head)


def _checksum(
    host: ArchiveHost, file: ArchiveFile, log: RequestLog
) -> tuple[str, ResponseHead]:
    try:
        text, head = host.checksum(file.path, log, file.symbol)
    except AbsentError as error:
        if file.bytes_count is None:
            raise
        raise UpstreamError(f"{file.path} has no checksum yet") from error
    try:
        return named_sha256(text, file.name), head
    except BadDataError as error:
        raise RefusedFile(file, str(error), None, head) from error


def _download(
    host: ArchiveHost, file: ArchiveFile, part: Path, log: RequestLog
) -> tuple[str, ResponseHead]:
    def take(response: requests.Response) -> str:
        digest = hashlib.sha256()
        count = 0
        with part.open("wb") as out:
            for chunk in response.iter_content(CHUNK):
                count += len(chunk)
                if count > LARGEST_ZIP:
                    raise BadDataError(f"{file.path} has more than {LARGEST_ZIP} bytes")
                out.write(chunk)
                digest.update(chunk)
        return digest.hexdigest()

    seconds = BOUNDS.seconds + (file.bytes_count or LARGEST_ZIP) / SLOWEST
    url = host.url(file.path)
    return host.asked(url, "file", take, log, file.symbol, seconds=seconds)


def is_unchanged(
    host: ArchiveHost,
    file: ArchiveFile,
    sums: Collection[str | None],
    log: RequestLog,
) -> bool:
    """Whether the file's checksum is still one of these."""
    try:
        return _checksum(host, file, log)[0] in sums
    except RefusedFile:
        return False  # loading it says why


def _stored(file: ArchiveFile, path: Path) -> ArchiveFile:
    """The version of a zip that lies here, whose checksum is the one of today."""
    published = working_folder.published_at_ms(path)
    if file.published_at_ms is not None and file.published_at_ms >= published:
        return file
    return replace(file, bytes_count=path.stat().st_size, published_at_ms=published)


def _version(file: ArchiveFile, path: Path, published_at_ms: int | None) -> ArchiveFile:
    """The version that came: as listed, unless the host says that it is newer.

    Raises:
        UpstreamError: it is older: a cache between us and the host is behind.
    """
    listed = file.published_at_ms
    size = path.stat().st_size
    if listed is None:
        return replace(file, bytes_count=size, published_at_ms=published_at_ms)
    # HTTP dates count whole seconds
    if published_at_ms is None or published_at_ms // 1000 == listed // 1000:
        return file
    if published_at_ms < listed:
        raise UpstreamError(f"{file.path}: an older version came than is listed")
    return replace(file, bytes_count=size, published_at_ms=published_at_ms)
