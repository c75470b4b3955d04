"""The upstreams as a plan sees them: the archive's listing, the venues' REST routes."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pipelines import warehouse
from pipelines.backfill.chunking import File, RestRoute
from pipelines.backfill.estimate import TRADES_A_DAY
from pipelines.backfill.feeds import archived_as
from pipelines.backfill.spans import MINUTE_MS, Span, at
from pipelines.bronze.delivery import Source
from pipelines.config.listener import StaticConfig
from pipelines.config.model import Configuration, Since
from pipelines.errors import SetupError
from pipelines.sources import archive, feeds
from pipelines.sources.archive import ArchiveFile, ArchiveOptions, ArchiveSource
from pipelines.sources.archive.attempt import EXCHANGE_ID as ARCHIVED
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.routes import VenueSpec, WalkRoute
from pipelines.sources.exchange.venues import VENUES, spec_of
from pipelines.upstream.budget import SharedBudget, share_of
from pipelines.upstream.clock import SystemClock
from pipelines.upstream.progress import Progress


class LiveUpstreams:
    """The archive and the venues, as the settings and the configuration name them."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._now_ms: dict[str, int] = {}

    def now_ms(self, exchange_id: str) -> int:
        """The venue's clock, asked once.

        Raises:
            SetupError: the venue is not known.
            UpstreamError: it does not answer.
        """
        if exchange_id not in self._now_ms:
            client = self._client(_venue(exchange_id))
            try:
                self._now_ms[exchange_id] = client.venue_now_ms([])
            finally:
                client.close()
        return self._now_ms[exchange_id]

    def files(
        self, exchange_id: str, symbol: str, feed: str, span: Span
    ) -> Sequence[File]:
        """What the archive lists: whole months by the month, else days."""
        called = archived_as(feed)
        if exchange_id != ARCHIVED or called is None:
            return []
        if archive.series_of(exchange_id, symbol, called) is None:
            return []
        options = ArchiveOptions(
            [exchange_id],
            [symbol],
            [called],
            Since(at=at(span[0])),
            at(span[1]),
        )
        return [_file(found) for found in archive.listed(self._configuration, options)]

    def rest(self, exchange_id: str, symbol: str, feed: str) -> RestRoute | None:
        """How the symbol's market gives the feed; None: it does not."""
        route = spec_of(exchange_id, symbol).routes.get(feed)
        if route is None:
            return None
        if isinstance(route, WalkRoute):
            return RestRoute(
                route.method,
                route.weight,
                page_rows=route.page_rows,
                rows_a_day=TRADES_A_DAY,
            )
        step_ms = feeds()[feed].axis.step
        return RestRoute(
            route.method,
            route.weight,
            page_minutes=_minutes(route.page_steps, step_ms),
            window_minutes=_minutes(route.window_steps, step_ms),
        )

    def weight_a_second(self, exchange_id: str) -> float:
        """How much of the venue's limit is ours, once a first burst is spent."""
        limit = _venue(exchange_id).limit
        return limit.per_second(share_of(self._configuration, exchange_id))

    def _client(self, spec: VenueSpec) -> VenueClient:
        known, clock = StaticConfig(self._configuration), SystemClock()
        budget = SharedBudget(
            spec.budget_id,
            spec.exchange_id,
            spec.limit,
            configured=known,
            precedence="live",
            connect=_connect,
            clock=clock,
        )
        return VenueClient(spec, budget, clock, known)


def _minutes(steps: int | None, step_ms: int) -> int | None:
    return None if steps is None else steps * step_ms // MINUTE_MS


def archive_source(
    files: Sequence[dict[str, Any]],
    configuration: Configuration,
    watch: Progress,
    *,
    again: bool,
) -> Source:
    """The source that brings these files, and nothing else.

    `again`: such as were refused are had once more.
    """
    wanted = [ArchiveFile(**{**f, "covers": tuple(f["covers"])}) for f in files]
    options = ArchiveOptions(files=wanted, is_verified_again=again)
    return ArchiveSource(configuration, options, watch=watch)


def _connect() -> warehouse.Connection:
    return warehouse.connect("loader", warehouse.process_name("backfill plan"))


def _file(found: ArchiveFile) -> File:
    return File(
        found.path,
        found.period,
        found.covers,
        found.bytes_count or 0,
        found.published_at_ms or 0,
        asdict(found),
    )


def _venue(exchange_id: str) -> VenueSpec:
    if exchange_id not in VENUES:
        raise SetupError(f"unknown exchange {exchange_id}; known: {', '.join(VENUES)}")
    return VENUES[exchange_id]
