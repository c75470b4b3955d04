"""A bulk host at the edge of the process: files, checksums and a paged listing."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)
PUBLISHED = datetime(2024, 6, 1, 3, 4, 5, tzinfo=UTC)


def csv(rows: list[str], header: str | None = None) -> bytes:
    """Lines as the host's files have them."""
    return ("\n".join([*([header] if header else []), *rows]) + "\n").encode()


def zipped(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with the one member `name`."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", method) as archive:
        archive.writestr(name, content)
    return found.getvalue()


@dataclass
class Held:
    """A file that is served; `listed_at` differs where a cache is behind."""

    content: bytes
    published: datetime = PUBLISHED
    listed_at: datetime | None = None


@dataclass
class ArchiveServer:
    """Its address, what it serves, and what was asked."""

    url: str = ""
    files: dict[str, Held] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    page_size: int = 1000
    now: datetime = NOW
    fault: Callable[[str], tuple[int, dict[str, str]] | None] = lambda _: None

    def put(
        self,
        path: str,
        content: bytes,
        *,
        published: datetime = PUBLISHED,
        sha256: str | None = None,
        name: str | None = None,
    ) -> None:
        """Serve a zip, and a checksum that holds unless another is given."""
        known = sha256 or hashlib.sha256(content).hexdigest()
        said = f"{known}  {name or path.rsplit('/', 1)[1]}\n"
        self.files[path] = Held(content, published)
        self.files[f"{path}.CHECKSUM"] = Held(said.encode(), published)

    def put_csv(
        self, path: str, content: bytes, *, published: datetime = PUBLISHED
    ) -> None:
        """Serve a CSV, zipped as the host does."""
        name = path.rsplit("/", 1)[1].removesuffix(".zip")
        self.put(path, zipped(f"{name}.csv", content), published=published)

    @property
    def downloads(self) -> list[str]:
        """The zips that were asked for."""
        zips = [path for path in self.asked if path.endswith(".zip")]
        return [path for path in zips if not path.startswith("?")]

    def answer(
        self, path: str, params: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers."""
        fault = self.fault(self.asked[-1])
        if fault:
            return fault[0], b"", fault[1]
        if not path:
            return 200, self.listing(params), {}
        if path not in self.files:
            return 404, b"", {}
        held = self.files[path]
        at = format_datetime(held.published, usegmt=True)
        return 200, held.content, {"Last-Modified": at}

    def listing(self, params: dict[str, str]) -> bytes:
        """A page of S3's ListBucketResult."""
        prefix, marker = params.get("prefix", ""), params.get("marker", "")
        keys = sorted(k for k in self.files if k.startswith(prefix) and k > marker)
        delimiter = params.get("delimiter")
        below = [k for k in keys if delimiter and delimiter in k[len(prefix) :]]
        keys = [k for k in keys if k not in below]
        folders = {
            prefix + k[len(prefix) :].partition(delimiter)[0] + delimiter
            for k in below
            if delimiter
        }
        page = keys[: self.page_size]
        inner = "".join(self._entry(key) for key in page)
        is_cut = len(keys) > len(page)
        marked = f"<NextMarker>{escape(page[-1])}</NextMarker>" if is_cut else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>data</Name><Prefix>{escape(prefix)}</Prefix>"
            f"<MaxKeys>1000</MaxKeys><IsTruncated>{str(is_cut).lower()}</IsTruncated>"
            f"{marked}{inner}"
            + "".join(
                f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>"
                for folder in sorted(folders)
            )
            + "</ListBucketResult>"
        ).encode()

    def _entry(self, key: str) -> str:
        held = self.files[key]
        at = (held.listed_at or held.published).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return (
            f"<Contents><Key>{escape(key)}</Key><LastModified>{at}</LastModified>"
            f"<ETag>&quot;x&quot;</ETag><Size>{len(held.content)}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
        )


@contextmanager
def archive_server() -> Iterator[ArchiveServer]:
    """Serve until the block ends."""
    served = ArchiveServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each body waits 40 ms

        def do_GET(self):
            split = urlsplit(self.path)
            path, query = unquote(split.path).lstrip("/"), unquote(split.query)
            served.asked.append(path or f"?{query}")
            self.answer(*served.answer(path, dict(parse_qsl(split.query))))

        def answer(self, status, body, headers):
            self.send_response_only(status)
            self.send_header("Date", format_datetime(served.now, usegmt=True))
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request, client_address):
            """A client that was killed is none of a test's concern."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
