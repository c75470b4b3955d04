"""The bulk host: its files, their checksums and their listing, by the sandbox's clock.

Both of the host's addresses are one here: `BASE/data/…` is a file, and
`BASE?prefix=…` lists. https://github.com/binance/binance-public-data
"""

import hashlib
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from pathlib import Path
from xml.sax.saxutils import escape

from pipelines.sandbox.answers import Answer
from pipelines.sandbox.archive.listing import (
    MOST_KEYS,
    Key,
    ListedFolder,
    ListPage,
    ListRequest,
    page,
)
from pipelines.sandbox.archive.made import MadeTree
from pipelines.sandbox.archive.recorded import RecordedTree
from pipelines.sandbox.archive.tree import Format
from pipelines.sandbox.archive.versions import File, Version
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.faults import CHECKSUM, Faults
from pipelines.sandbox.feed import Series

ROOT = "/archive"
_XML = "application/xml"
_DIGEST_DIGITS = 64


class Archive:
    """One venue's archive."""

    def __init__(
        self,
        exchange_id: str,
        series: Mapping[str, Series],
        clock: Clock,
        faults: Faults,
        *,
        recorded: Path | None = None,
        written: Format | None = None,
        max_keys: int = MOST_KEYS,
    ) -> None:
        self._exchange_id, self._faults, self._max_keys = exchange_id, faults, max_keys
        self._made = MadeTree(series, clock, written or Format())
        self._recorded = RecordedTree(recorded)

    def answer(self, path: str, params: Mapping[str, str]) -> Answer:
        """The answer to a path below `/<venue>/archive`."""
        key = path.strip("/")
        if not key:
            return _xml(200, self._listed(params).xml)
        asked_zip = key.removesuffix(CHECKSUM)
        recorded = self._recorded.file(key)
        if recorded is not None and not asked_zip.endswith(".zip"):
            return _sent(recorded.content(), recorded.published_at_ms, key)
        file = self._file(asked_zip)
        version = self._version(file, key) if file else None
        if version is None or not version.is_there:
            return _no_key(key)
        at_ms = version.published_at_ms
        if key == asked_zip:
            return _sent(version.content(), at_ms, key)
        if recorded is not None and not version.faults:
            return _sent(recorded.content(), at_ms, key)
        return _sent(version.checksum(), at_ms, key)

    def _file(self, path: str) -> File | None:
        """A recorded file wins over a made one."""
        return self._recorded.file(path) or self._made.file(path)

    def _version(self, file: File, requested: str = "") -> Version:
        path = f"{ROOT}/{file.path}"
        return Version(file, self._faults.of_file(self._exchange_id, path, requested))

    def _listed(self, params: Mapping[str, str]) -> ListPage:
        digits = params.get("max-keys", "")
        max_keys = (
            min(int(digits), self._max_keys) if digits.isdigit() else self._max_keys
        )
        request = ListRequest(
            params.get("prefix", ""),
            params.get("delimiter", ""),
            params.get("marker", ""),
            max_keys,
        )
        return page(self._listed_folders(request.prefix), request)

    def _listed_folders(self, prefix: str) -> Iterator[ListedFolder]:
        """The folders that may hold a key of the prefix, ascending."""
        recorded: dict[str, set[str]] = {}
        for path in self._recorded.paths():
            head, slash, _ = path.rpartition("/")
            recorded.setdefault(head + slash, set()).add(path)
        folders = self._made.folders()
        if recorded:
            folders = sorted({*recorded, *folders})
        for folder in folders:
            if folder.startswith(prefix) or prefix.startswith(folder):
                yield self._listed_folder(folder, recorded.get(folder, set()))

    def _listed_folder(self, folder: str, recorded: set[str]) -> ListedFolder:
        def names() -> list[str]:
            made = {file.path for file in self._made.files(folder)}
            zips = {p for p in made | recorded if p.endswith(".zip")}
            listed = {p for p in zips if self._is_listed(p)}
            others = {p for p in recorded if p.removesuffix(CHECKSUM) not in zips}
            return sorted(listed | {p + CHECKSUM for p in listed} | others)

        return ListedFolder(folder, names, self._key)

    def _is_listed(self, path: str) -> bool:
        file = self._file(path)
        return file is not None and self._version(file).is_listed

    def _key(self, name: str) -> Key:
        path = name.removesuffix(CHECKSUM)
        file = self._file(path) or self._recorded.file(name)
        if file is None:  # removed since it was listed
            return Key(name, 0, _etag(name, 0), 0)
        version = self._version(file)
        at_ms = version.published_at_ms
        size = version.size()
        if name != file.path:
            size = _DIGEST_DIGITS + len(f"  {path.rpartition('/')[2]}\n")
        return Key(name, at_ms, _etag(name, at_ms), size)


def _etag(path: str, at_ms: int) -> str:
    """A tag of the version; S3's is no digest of the bytes either, of large files."""
    return hashlib.sha256(f"{path} {at_ms}".encode()).hexdigest()[:32]


def _sent(content: bytes, at_ms: int, key: str) -> Answer:
    kind = "application/zip" if key.endswith(".zip") else "binary/octet-stream"
    return Answer(
        200,
        content,
        headers={
            "Content-Type": kind,
            "Last-Modified": formatdate(at_ms // 1000, usegmt=True),
            "ETag": f'"{_etag(key, at_ms)}"',
            "Accept-Ranges": "bytes",
        },
    )


def _xml(status: int, body: bytes) -> Answer:
    return Answer(status, body, headers={"Content-Type": _XML})


def _no_key(key: str) -> Answer:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
        "<Message>The specified key does not exist.</Message>"
        f"<Key>{escape(key)}</Key></Error>"
    )
    return _xml(404, body.encode())
