"""A page of the host's listing: S3's `ListBucketResult`, version 1.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.parsers import expat

from pipelines.upstream.bounds import BOUNDS

SIZE = re.compile("[0-9]{1,15}")  # bytes of a file
FOLDER = ["CommonPrefixes", "Prefix"]
LONGEST_KEY = 200  # characters of it in a reason


@dataclass(frozen=True)
class Entry:
    """A file as listed."""

    key: str
    bytes_count: int
    published_at_ms: int


@dataclass(frozen=True)
class Page:
    """Files and folders by name; `next_marker` begins the next page, None: the last."""

    entries: list[Entry] = field(default_factory=list)
    next_marker: str | None = None
    folders: list[str] = field(default_factory=list)


def parse(body: bytes) -> Page:
    """The page.

    Raises:
        ValueError: it is no listing, or is cut off, or declares a document type, which
            could make the parser expand entities without end.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)  # noqa: FBT003  # expat's signature
    except expat.ExpatError as error:
        raise ValueError(f"not a listing: {error}: {body[:60]!r}") from None
    if reader.root != "ListBucketResult":
        raise ValueError(f"not a listing but {reader.root}: {body[:60]!r}")
    try:
        entries = [_entry(fields) for fields in map(_joined, reader.contents)]
    except (KeyError, ValueError, OverflowError) as error:
        raise ValueError(f"a listing with a broken entry: {error}") from None
    top = _joined(reader.top)
    if top.get("IsTruncated", "").strip() != "true":
        return Page(entries, None, reader.folders)
    # NextMarker is only sent where a delimiter was; else the last key is the marker
    marker = top.get("NextMarker") or (entries[-1].key if entries else None)
    if marker is None:
        raise ValueError("a listing that goes on after an empty page")
    return Page(entries, marker, reader.folders)


def _entry(fields: dict[str, str]) -> Entry:
    key, size = fields["Key"], fields["Size"].strip()
    if not SIZE.fullmatch(size):
        raise ValueError(f"{key[:LONGEST_KEY]!r} has size {size[:40]!r}")
    at = datetime.fromisoformat(fields["LastModified"])
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Entry(key, int(size), round(at.timestamp() * 1000))


def _joined(fields: dict[str, list[str]]) -> dict[str, str]:
    return {name: "".join(parts) for name, parts in fields.items()}


class _Reader:
    """Collects the texts that matter; everything else is passed over."""

    def __init__(self) -> None:
        self.root = ""
        self.top: dict[str, list[str]] = {}
        self.contents: list[dict[str, list[str]]] = []
        self._folders: list[list[str]] = []
        self._path: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    @property
    def folders(self) -> list[str]:
        """The paths that go on below the prefix."""
        return ["".join(parts) for parts in self._folders]

    def _refuse(self, *_: object) -> None:
        raise ValueError("a listing that declares a document type")

    def _start(self, name: str, _: object) -> None:
        self._path.append(name.rsplit(":", 1)[-1])
        self.root = self._path[0]
        if len(self._path) > BOUNDS.depth:
            raise ValueError(f"nested deeper than {BOUNDS.depth} levels")
        if self._path[1:] == ["Contents"]:
            self.contents.append({})
        elif self._path[1:] == FOLDER:
            self._folders.append([])
        if len(self.contents) + len(self._folders) > BOUNDS.rows:
            raise ValueError(f"more than {BOUNDS.rows} files in one page")

    def _end(self, _: str) -> None:
        self._path.pop()

    def _text(self, text: str) -> None:
        inside = self._path[1:]
        if len(inside) == 1:
            self.top.setdefault(inside[0], []).append(text)
        elif inside == FOLDER:
            self._folders[-1].append(text)
        elif inside[:1] == ["Contents"] and len(inside) == 2:  # noqa: PLR2004
            self.contents[-1].setdefault(inside[1], []).append(text)
