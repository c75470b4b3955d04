"""S3's listing of objects, the first version of it, which the bulk host answers with.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from operator import itemgetter
from xml.sax.saxutils import escape

from pipelines.sandbox.clock import iso

BUCKET = "data.binance.vision"
MOST_KEYS = 1000


@dataclass(frozen=True)
class Key:
    """An object; its facts are read when it is listed."""

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
class ListRequest:
    """What a listing is asked for."""

    prefix: str = ""
    delimiter: str = ""
    marker: str = ""
    max_keys: int = MOST_KEYS


@dataclass
class ListPage:
    """A page of the listing."""

    request: ListRequest
    keys: list[Key] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    is_truncated: bool = False
    last: str = ""

    @property
    def xml(self) -> bytes:
        """The body; `NextMarker` is told only where a delimiter was sent."""
        request = self.request
        following = ""
        if self.is_truncated and request.delimiter:
            following = f"<NextMarker>{escape(self.last)}</NextMarker>"
        delimiter = ""
        if request.delimiter:
            delimiter = f"<Delimiter>{escape(request.delimiter)}</Delimiter>"
        common = "".join(
            f"<CommonPrefixes><Prefix>{escape(prefix)}</Prefix></CommonPrefixes>"
            for prefix in self.prefixes
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{BUCKET}</Name><Prefix>{escape(request.prefix)}</Prefix>"
            f"<Marker>{escape(request.marker)}</Marker>{following}"
            f"<MaxKeys>{request.max_keys}</MaxKeys>{delimiter}"
            f"<IsTruncated>{str(self.is_truncated).lower()}</IsTruncated>"
            f"{''.join(key.xml for key in self.keys)}{common}</ListBucketResult>"
        ).encode()


@dataclass(frozen=True)
class ListedFolder:
    """A folder and its keys' names, ascending; a key's facts are read when listed."""

    path: str
    names: Callable[[], Iterable[str]]
    key: Callable[[str], Key]


def page(folders: Iterable[ListedFolder], request: ListRequest) -> ListPage:
    """The first keys and common prefixes after the marker; folders come ascending."""
    result = ListPage(request)
    for name, folder, is_prefix in _entries(folders, request):
        if len(result.keys) + len(result.prefixes) >= request.max_keys:
            result.is_truncated = request.max_keys > 0
            break
        if is_prefix:
            result.prefixes.append(name)
        else:
            result.keys.append(folder.key(name))
        result.last = name
    return result


_Entry = tuple[str, ListedFolder, bool]


def _entries(folders: Iterable[ListedFolder], request: ListRequest) -> Iterator[_Entry]:
    """What stands after the marker: a key, or a prefix that keys are summed under.

    A folder is opened when what it may hold is next: most of them never are.
    """
    last = request.marker

    def opened(folder: ListedFolder) -> Iterator[tuple[str, _Entry | None]]:
        common = _common(folder.path, request)
        yield common or folder.path, None  # before what the folder holds
        for name in folder.names() if common is None or common > last else ():
            if name > request.marker and name.startswith(request.prefix):
                entry = common or _common(name, request) or name
                yield entry, (entry, folder, entry != name)
                if common:
                    return

    for name, entry in merge(*map(opened, folders), key=itemgetter(0)):
        if entry and name > last:
            last = name
            yield entry


def _common(path: str, request: ListRequest) -> str | None:
    cut = path.find(request.delimiter, len(request.prefix)) if request.delimiter else -1
    return None if cut < 0 else path[: cut + len(request.delimiter)]
