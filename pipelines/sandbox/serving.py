"""Starting the sandbox and setting the clock of one that runs."""

import contextlib
import json
import os
import socket
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
import uvicorn

from pipelines.errors import SetupError
from pipelines.sandbox.archive.tree import Format
from pipelines.sandbox.chain.chains import Chains
from pipelines.sandbox.clock import Clock, parse_instant
from pipelines.sandbox.faults import Faults, parse_fault
from pipelines.sandbox.feed import Feed
from pipelines.sandbox.generated import generated_feed
from pipelines.sandbox.listings import generated_pairs
from pipelines.sandbox.options import Options
from pipelines.sandbox.recordings import recorded_feed
from pipelines.sandbox.sentiment.host import Sentiment
from pipelines.sandbox.server import Sandbox, application
from pipelines.sandbox.upstreams import archives, upstreams, venue_lines
from pipelines.settings import make_private, settings

HOST = "127.0.0.1"
_TIMEOUT_S = 10


def state_path() -> Path:
    """Where a running sandbox says its address and process."""
    return settings().data_dir / "sandbox" / "state.json"


def _feed(options: Options) -> Feed:
    if options.recordings is not None:
        return recorded_feed(options.recordings)
    if options.full_history:
        raise SetupError("--full-history is for recordings: give --recordings DIR")
    return generated_feed(options.seed, generated_pairs())


def sandbox(options: Options) -> Sandbox:
    """The venues, the chains, the clock and the faults, not yet on any port."""
    now_ms = parse_instant(options.now) if options.now else None
    clock, feed = Clock(now_ms, is_frozen=options.frozen), _feed(options)
    faults = Faults(options.seed, tuple(map(parse_fault, options.faults)))
    venues = upstreams(
        feed,
        clock,
        faults,
        full_history=options.full_history,
        has_limits=options.rate_limit,
    )
    form = Format.since(options.archive_microseconds_from, options.archive_headers_from)
    archive_by_venue = archives(
        feed,
        clock,
        faults,
        recordings=options.recordings,
        written=form,
        max_keys=options.archive_page_keys,
    )
    counts: Counter[tuple[str, str, int]] = Counter()
    chains = Chains(options.chain_specs(), options.seed, clock, faults, counts)
    said = Sentiment(options.seed, clock, faults)
    simulation = options.simulation
    return Sandbox(
        venues, clock, faults, chains, said, archive_by_venue, simulation, counts
    )


def bound(port: int) -> socket.socket:
    """A socket on a given or a free port.

    Raises:
        SetupError: something else listens there.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise SetupError(f"port {port} of {HOST}: {error.strerror}") from None
    return listener


class Server(uvicorn.Server):
    """uvicorn that calls back when it answers and when it no longer does."""

    def __init__(
        self,
        sandbox: Sandbox,
        ready: Callable[[], None],
        ended: Callable[[], None],
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        config = uvicorn.Config(
            application(sandbox),
            log_level="critical",
            access_log=False,
            date_header=False,
            server_header=False,
            lifespan="off",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._ready, self._ended, self._is_wanted = ready, ended, is_wanted

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then calls back."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Ends by itself when it is not wanted any more."""
        done = await super().on_tick(counter)
        return done or (counter % 10 == 0 and self.started and not self._is_wanted())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends, then calls back: after a signal nothing else runs."""
        await super().shutdown(sockets)
        self._ended()


def serve(options: Options) -> None:
    """Serves until it is told to end; prints where each upstream is once ready."""
    listener = bound(options.port)
    port = listener.getsockname()[1]
    url = f"http://{HOST}:{port}"

    def ready() -> None:
        if options.keep_state:
            _write_state({"url": url, "port": port, "pid": os.getpid()})
        sys.stdout.write("\n".join(venue_lines(url)) + "\n")
        sys.stdout.flush()

    def ended() -> None:
        if options.keep_state:
            _forget_state(os.getpid())

    def is_wanted() -> bool:
        # with the data directory goes all that could end it
        return not options.keep_state or state_path().parent.is_dir()

    Server(sandbox(options), ready, ended, is_wanted).run(sockets=[listener])


def _write_state(state: dict[str, Any]) -> None:
    path = state_path()
    make_private(path.parent)
    path.write_text(json.dumps(state) + "\n")


def _forget_state(pid: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        if json.loads(state_path().read_text())["pid"] == pid:
            state_path().unlink()


def running_url() -> str:
    """The address of the sandbox that was started last.

    Raises:
        SetupError: none runs, as far as its state file says.
    """
    try:
        return str(json.loads(state_path().read_text())["url"])
    except (OSError, ValueError, KeyError):
        raise SetupError(
            f"no sandbox is known to run ({state_path()} is missing): start one with "
            "`bullion sandbox serve`, or say where it is with --url"
        ) from None


def set_clock(now: str, base_url: str | None = None) -> str:
    """Moves a running sandbox's clock forward; gives back its new now as ISO text.

    Raises:
        SetupError: no sandbox answers there, or the instant is not after its now.
    """
    parse_instant(now)
    url = (base_url or running_url()).rstrip("/")
    try:
        with requests.Session() as session:
            session.trust_env = False
            response = session.post(
                f"{url}/_sandbox/clock", json={"now": now}, timeout=_TIMEOUT_S
            )
            body = response.json()
    except (requests.RequestException, ValueError):
        raise SetupError(f"no sandbox answers at {url}") from None
    if not response.ok:
        raise SetupError(str(body.get("detail", body)))
    return str(body["now"])
