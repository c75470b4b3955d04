"""S3's listing of objects, the first version of it, which the bulk host answers with.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from xml.sax.saxutils import escape

from pipelines.sandbox.clock import iso

BUCKET = "data.binance.vision"
MOST_KEYS = 1000


@dataclass(frozen=True)
class Key:
    """An object; its facts are asked for when it is shown."""

    name: str
    at_ms: int
    etag: str
    size: int

    @property
    def xml(self) -> str:
        """Its `Contents`."""
        return (
            f"<Contents><Key>{escape(self.name)}</Key>"
            f"<LastModified>{iso(self.at_ms)}</LastModified>"
            f"<ETag>&quot;{self.etag}&quot;</ETag><Size>{self.size}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
        )


@dataclass(frozen=True)
class Asked:
    """What a listing is asked for."""

    prefix: str = ""
    delimiter: str = ""
    marker: str = ""
    max_keys: int = MOST_KEYS


@dataclass
class Listed:
    """A page of the listing."""

    asked: Asked
    keys: list[Key] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    is_truncated: bool = False
    last: str = ""

    @property
    def xml(self) -> bytes:
        """The body; `NextMarker` is told only where a delimiter was sent."""
        asked = self.asked
        following = ""
        if self.is_truncated and asked.delimiter:
            following = f"<NextMarker>{escape(self.last)}</NextMarker>"
        delimiter = ""
        if asked.delimiter:
            delimiter = f"<Delimiter>{escape(asked.delimiter)}</Delimiter>"
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(prefix)}</Prefix></CommonPrefixes>"
            for prefix in self.prefixes
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{BUCKET}</Name><Prefix>{escape(asked.prefix)}</Prefix>"
            f"<Marker>{escape(asked.marker)}</Marker>{following}"
            f"<MaxKeys>{asked.max_keys}</MaxKeys>{delimiter}"
            f"<IsTruncated>{str(self.is_truncated).lower()}</IsTruncated>"
            f"{''.join(key.xml for key in self.keys)}{common}</ListBucketResult>"
        ).encode()


@dataclass(frozen=True)
class Shelf:
    """A folder and its keys' names, ascending; a key's facts are had when shown."""

    path: str
    names: Callable[[], Iterable[str]]
    key: Callable[[str], Key]


def page(shelves: Iterable[Shelf], asked: Asked) -> Listed:
    """The first keys and common prefixes after the marker; shelves come ascending."""
    found = Listed(asked)
    for shown, shelf, is_prefix in _shown(shelves, asked):
        if len(found.keys) + len(found.prefixes) >= asked.max_keys:
            found.is_truncated = asked.max_keys > 0
            break
        if is_prefix:
            found.prefixes.append(shown)
        else:
            found.keys.append(shelf.key(shown))
        found.last = shown
    return found


_Shown = tuple[str, Shelf, bool]


def _shown(shelves: Iterable[Shelf], asked: Asked) -> Iterator[_Shown]:
    """What stands after the marker: a key, or a prefix that keys are summed under.

    A folder is opened when what it may hold is next: most of them never are.
    """
    last = asked.marker
    unopened = deque(shelves)
    heads: list[tuple[str, int, Shelf, bool, Iterator[_Shown]]] = []

    def push(opened: Iterator[_Shown]) -> None:
        for shown, shelf, is_prefix in opened:
            heappush(heads, (shown, id(opened), shelf, is_prefix, opened))
            return

    while unopened or heads:
        if unopened and (not heads or unopened[0].path <= heads[0][0]):
            shelf = unopened.popleft()
            common = _common(shelf.path, asked)
            if common is None or common > last:
                push(_of(shelf, asked))
            continue
        shown, _, shelf, is_prefix, opened = heappop(heads)
        if shown > last:
            last = shown
            yield shown, shelf, is_prefix
        push(opened)


def _of(shelf: Shelf, asked: Asked) -> Iterator[_Shown]:
    """What of one folder stands after the marker; its common prefix once."""
    common = _common(shelf.path, asked)
    for name in shelf.names():
        if name <= asked.marker or not name.startswith(asked.prefix):
            continue
        shown = common or _common(name, asked) or name
        yield shown, shelf, shown != name
        if common:
            return


def _common(path: str, asked: Asked) -> str | None:
    cut = path.find(asked.delimiter, len(asked.prefix)) if asked.delimiter else -1
    return None if cut < 0 else path[: cut + len(asked.delimiter)]
