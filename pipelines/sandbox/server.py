"""The HTTP server: venues by exchange_id, chains at `/evm/`, what people say by source.

And what steers them.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipelines.errors import BadDataError, BullionError
from pipelines.sandbox.answers import Answer, RefusedError, ranged
from pipelines.sandbox.archive.host import ROOT as ARCHIVE
from pipelines.sandbox.archive.host import Archive
from pipelines.sandbox.chain.chains import Chains
from pipelines.sandbox.chain.endpoint import REALM
from pipelines.sandbox.clock import Clock, iso, parse_instant
from pipelines.sandbox.fault_kinds import PAGE_KINDS
from pipelines.sandbox.faults import Fault, Faults
from pipelines.sandbox.sending import retry_after, sent, spoiler, too_many
from pipelines.sandbox.sentiment.asking import Ask
from pipelines.sandbox.sentiment.host import SOURCES, Sentiment
from pipelines.sandbox.upstreams import Upstream, addresses


@dataclass
class Sandbox:
    """What the server holds."""

    upstreams: dict[str, Upstream]
    clock: Clock
    faults: Faults
    chains: Chains
    sentiment: Sentiment
    archives: dict[str, Archive] = field(default_factory=dict)
    simulation: str = "a simulation"
    counts: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    async def venue(self, request: Request) -> Response:
        """Any request to a venue."""
        exchange_id = request.path_params["exchange_id"]
        upstream = self.upstreams.get(exchange_id)
        if upstream is None:
            return JSONResponse({"detail": f"no venue {exchange_id}"}, status_code=404)
        path = "/" + request.path_params["path"]
        if path == ARCHIVE or path.startswith(f"{ARCHIVE}/"):
            answer, headers, fault = await self._of_archive(exchange_id, path, request)
        else:
            answer, headers, fault = self._answer(upstream, path, request)
        response = await self._sent(answer, headers, fault)
        self.counts[exchange_id, path, response.status_code] += 1
        return response

    def _answer(
        self, upstream: Upstream, path: str, request: Request
    ) -> tuple[Answer, dict[str, str], Fault | None]:
        """The answer, what the limit adds to its headers, and what spoils it."""
        venue, params = upstream.venue, request.query_params
        verdict = upstream.limit.spend(venue.weight(path, params))
        headers: dict[str, str] = {}
        if verdict.used is not None:
            headers["X-MBX-USED-WEIGHT"] = str(verdict.used)
            headers["X-MBX-USED-WEIGHT-1M"] = str(verdict.used)
        faults = self.faults.of(venue.exchange_id, path)
        refusing = too_many(faults)
        if not verdict.is_allowed or refusing is not None:
            headers |= retry_after(refusing, verdict.retry_after_s)
            seconds = int(headers.get("Retry-After", 0))
            refused = venue.too_many(seconds, is_banned=verdict.is_banned)
            return refused, headers, None
        try:
            answer = venue.answer(path, params)
        except RefusedError as refusal:
            answer = refusal.answer
        for fault in faults:
            if fault.kind in PAGE_KINDS and answer.rows:
                answer = self.faults.spoiled(answer, fault)
        return answer, headers, spoiler(faults)

    async def _of_archive(
        self, exchange_id: str, path: str, request: Request
    ) -> tuple[Answer, dict[str, str], Fault | None]:
        """An archive's answer, made beside the loop: a file may take a second."""
        archive = self.archives.get(exchange_id)
        if archive is None:
            return Answer(404), {}, None
        faults = self.faults.of(exchange_id, path)
        refusing = too_many(faults)
        if refusing is not None:
            return Answer(429), retry_after(refusing), None
        below = path.removeprefix(ARCHIVE)
        answer = await asyncio.to_thread(archive.answer, below, request.query_params)
        part = ranged(answer, request.headers.get("range", ""))
        return part, {}, spoiler(faults)

    async def _sent(
        self, answer: Answer, headers: dict[str, str], fault: Fault | None
    ) -> Response:
        headers |= {**self.clock.headers(), **answer.headers}
        return await sent(answer, headers, fault)

    async def evm(self, request: Request) -> Response:
        """Any request to a chain's endpoint; blocks are made beside the loop."""
        path, body = request.path_params["path"], await request.body()
        answer, faults = await asyncio.to_thread(self.chains.answer, path, body)
        headers = retry_after(too_many(faults))
        response = await self._sent(answer, headers, spoiler(faults))
        endpoint = "/".join(path.split("/")[:2])
        self.counts[REALM, f"/{endpoint}", response.status_code] += 1
        return response

    async def said(self, request: Request) -> Response:
        """Any request to an upstream of sentiment."""
        path = "/" + request.path_params["path"]
        source = request.url.path.removesuffix(path).strip("/")
        base = f"{str(request.base_url).rstrip('/')}/{source}"
        params, headers = request.query_params, request.headers
        pairs = params.multi_items()
        ask = Ask(request.method, path, params, headers, base, pairs=pairs)
        answer, faults = await asyncio.to_thread(self.sentiment.answer, source, ask)
        limited = retry_after(too_many(faults))
        response = await self._sent(answer, limited, spoiler(faults))
        self.counts[source, path, response.status_code] += 1
        return response

    async def health(self, request: Request) -> Response:
        """Ready as soon as it answers; which simulation it is, and its settings."""
        settings = addresses(str(request.base_url).rstrip("/"))
        return JSONResponse(
            {
                "status": "ok",
                "venues": list(self.upstreams),
                "simulation": self.simulation,
                "settings": settings,
            }
        )

    async def control_clock(self, request: Request) -> Response:
        """The virtual now; POST moves it on to `now`, an ISO instant."""
        if request.method == "POST":
            self.clock.set(parse_instant((await request.json())["now"]))
        now_ms = self.clock.now_ms()
        return JSONResponse(
            {"now": iso(now_ms), "now_ms": now_ms, "frozen": self.clock.is_frozen}
        )

    async def control_faults(self, request: Request) -> Response:
        """The faults that are on; POST adds one (the fields of `Fault`)."""
        if request.method == "POST":
            self.faults.add({"at_ms": self.clock.now_ms(), **await request.json()})
        elif request.method == "DELETE":
            self.faults.clear()
        return JSONResponse(self.faults.listed())

    async def control_chains(self, _: Request) -> Response:
        """Every chain, with its head and what is final of it."""
        return JSONResponse(await asyncio.to_thread(self.chains.listed))

    async def control_forks(self, request: Request) -> Response:
        """The reorganisations that happened; POST adds one (the fields of `Fork`)."""
        if request.method == "POST":
            await asyncio.to_thread(self.chains.plan, await request.json())
        return JSONResponse(self.chains.forks())

    async def control_counts(self, request: Request) -> Response:
        """How many answers of each status every venue's paths gave."""
        if request.method == "DELETE":
            self.counts.clear()
        return JSONResponse(
            [
                {"exchange_id": venue, "path": path, "status": status, "requests": n}
                for (venue, path, status), n in sorted(self.counts.items())
            ]
        )


async def _refused(_: Request, error: Exception) -> Response:
    """What was asked of the sandbox is wrong, or a recording's rows are."""
    status = 500 if isinstance(error, BadDataError) else 400
    return JSONResponse({"detail": str(error)}, status_code=status)


def application(sandbox: Sandbox) -> Starlette:
    """The routes; venues come last, as theirs match anything."""
    read, write, remove = "GET", "POST", "DELETE"
    control = "/_sandbox"
    routes = [
        Route("/health", sandbox.health),
        Route(f"{control}/clock", sandbox.control_clock, methods=[read, write]),
        Route(
            f"{control}/faults", sandbox.control_faults, methods=[read, write, remove]
        ),
        Route(f"{control}/counts", sandbox.control_counts, methods=[read, remove]),
        Route(f"{control}/chains", sandbox.control_chains),
        Route(f"{control}/forks", sandbox.control_forks, methods=[read, write]),
        Route(f"/{REALM}/{{path:path}}", sandbox.evm, methods=[write]),
        *(
            Route(f"/{name}/{{path:path}}", sandbox.said, methods=[read, write])
            for name in SOURCES
        ),
        Route("/{exchange_id}/{path:path}", sandbox.venue),
    ]
    return Starlette(routes=routes, exception_handlers={BullionError: _refused})
