"""A venue at the edge of the process: a local HTTP server that answers as told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from pipelines.config.listener import StaticConfig
from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR

NOW_MS = 1_700_000_000_000  # 2023-11-14T22:13:20Z
NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)


@dataclass
class Reply:
    """What is sent back; `date` None: no `Date` header."""

    body: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    date: datetime | None = NOW


Respond = Callable[[str, dict[str, str]], Reply]


@dataclass
class VenueServer:
    """Its address, and what was asked; `queries` has it as it was sent."""

    url: str
    asked: list[tuple[str, dict[str, str]]]
    queries: list[str] = field(default_factory=list)


@contextmanager
def venue_server(respond: Respond) -> Iterator[VenueServer]:
    """Serve `respond(path, params)` until the block ends."""
    asked: list[tuple[str, dict[str, str]]] = []
    queries: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each body waits 40 ms

        def do_GET(self):
            split = urlsplit(self.path)
            params = dict(parse_qsl(split.query))
            queries.append(split.query)
            asked.append((split.path, params))
            reply = respond(split.path, params)
            self.send_response_only(reply.status)
            if reply.date is not None:
                self.send_header("Date", format_datetime(reply.date, usegmt=True))
            body = reply.body.encode()
            headers = {"Content-Type": "application/json"} | reply.headers
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.do_GET()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield VenueServer(f"http://127.0.0.1:{server.server_port}", asked, queries)
    finally:
        server.shutdown()
        server.server_close()


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self, now: datetime = NOW) -> None:
        self.at = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def configured(**thresholds: int) -> StaticConfig:
    """The seeds, with these thresholds."""
    known = configuration(PROJECT_DIR / "seeds")
    turned = replace(known.thresholds, request_timeout_seconds=2, **thresholds)
    return StaticConfig(replace(known, thresholds=turned))


class FakeBudget:
    """Grants everything and remembers what it was told."""

    def __init__(self) -> None:
        self.spent = 0
        self.told: list[tuple[object, ...]] = []

    def acquire(self, **weights: int) -> None:
        self.spent += sum(weights.values())

    def pause(self, seconds: float, reason: str) -> None:
        self.told.append(("pause", seconds))

    def failed(self, reason: str) -> None:
        self.told.append(("failed",))

    def succeeded(self) -> None:
        self.told.append(("succeeded",))

    def close(self) -> None:
        pass


def kline(opened_at_ms: int, **cells: object) -> list[object]:
    """A candle as Binance sends it."""
    row = {
        "opened_at": opened_at_ms,
        "open": "10.0",
        "high": "12.0",
        "low": "9.0",
        "close": "11.0",
        "base_volume": "5.5",
        "closed_at_ms": opened_at_ms + 59_999,
        "quote_volume": "60.5",
        "trades_count": 7,
        "taker_buy_base": "1.5",
        "taker_buy_quote": "16.5",
        "unused": "0",
    }
    return list((row | cells).values())


def klines(*rows: list[object]) -> str:
    """A page as Binance sends it."""
    return json.dumps(list(rows))
