"""A plan: the chunks of what a series lacks, and what they will take."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines import warehouse
from pipelines.backfill import coverage, estimate, ledger
from pipelines.backfill.chunk import ARCHIVE, NewChunk, Plan
from pipelines.backfill.chunking import Chunking, Coverage, chunking
from pipelines.backfill.plan_request import PlanRequest
from pipelines.errors import SetupError
from pipelines.sources import feeds as declared_feeds
from pipelines.sources import spec_of_feed
from pipelines.sources.connectors import Connectors
from pipelines.upstream.connector import RequestRoute
from pipelines.upstream.extents import at, within
from pipelines.upstream.feed import Extent, ExtentUnit, steps_of

PARALLEL = 2


@dataclass(frozen=True)
class Planned:
    """A plan and what is left of it, before anything is fetched.

    Steps are minutes, or numbers, by `unit`. `held_steps` are those of the extent that
    bronze has; `seconds` is for all that is left, `rates` says on which figures, and
    `quota` what it costs where that is counted.
    """

    plan_id: int
    scope: str
    subject: str
    feed: str
    unit: ExtentUnit
    from_value: int
    until_value: int
    steps: int
    held_steps: int
    chunks_count: int
    files_count: int
    requests_count: int
    bytes_count: int
    seconds: int
    rates: str
    not_had_steps: int
    not_had: str | None
    quota: str | None = None


def plan(
    request: PlanRequest,
    connectors: Connectors,
    *,
    parallel: int = PARALLEL,
) -> Planned:
    """Write down which chunks the extent takes; those that were begun stay as they are.

    Planned again, the same extent gives the same plan with what is left of it.

    Raises:
        SetupError: the extent is empty, or no source has the feed.
        UpstreamError: the archive's host or the upstream did not answer.
    """
    key, feed = request.key, declared_feeds()[request.key.feed]
    connector = connectors.of_feed(key.feed)
    now = connector.now(key.scope)
    extent = request.extent(feed.axis.extent_unit, now)
    _require_not_empty(extent)
    files = connectors.archive().files(key, feed, extent.span)
    route = connector.route(key)
    if not files and route is None:
        raise SetupError(
            f"{key.feed} of {key.subject} on {key.scope}: neither the archive nor REST"
            " has them"
        )
    with warehouse.connect("loader", warehouse.process_name("backfill plan")) as db:
        with db.transaction():
            stored = ledger.write_plan(db, key, extent)
            ledger.forget_untried(db, stored, extent.span)
            chunks = chunking(extent, files, _coverage(db, stored), route, now=now)
            ledger.add(db, stored, chunks.chunks)
        return _planned(
            db,
            stored,
            extent,
            chunks=chunks,
            route=route,
            parallel=parallel,
        )


def _require_not_empty(extent: Extent) -> None:
    if extent.start < extent.end:
        return
    if extent.unit == "number":
        limits = f"{extent.start:,} and {extent.end:,}"
    else:
        limits = " and ".join(f"{at(ms):%Y-%m-%dT%H:%MZ}" for ms in extent.span)
    raise SetupError(
        f"nothing lies between {limits}, where the span or the venue's now ends"
    )


def _coverage(connection: warehouse.Connection, stored: Plan) -> Coverage:
    begun = ledger.chunks(connection, [stored.plan_id])
    return Coverage(
        coverage.files(connection, stored.key),
        coverage.answered(connection, stored.key),
        {f["path"] for chunk in begun if chunk.state != "done" for f in chunk.files},
        [chunk.extent.span for chunk in begun if chunk.route != ARCHIVE],
    )


def _planned(
    connection: warehouse.Connection,
    stored: Plan,
    extent: Extent,
    *,
    chunks: Chunking,
    route: RequestRoute | None,
    parallel: int,
) -> Planned:
    left = [
        chunk
        for chunk in ledger.left(connection, stored.plan_id)
        if within([chunk.span], extent.span)
    ]
    schema = spec_of_feed(stored.feed).bronze
    rates = estimate.rates(connection, schema, stored.scope, route)
    cost = estimate.cost(left, route, rates, parallel=parallel)
    return Planned(
        plan_id=stored.plan_id,
        scope=stored.scope,
        subject=stored.subject,
        feed=stored.feed,
        unit=extent.unit,
        from_value=extent.start,
        until_value=extent.end,
        steps=extent.steps,
        held_steps=chunks.covered_steps,
        chunks_count=len(left),
        files_count=sum(len(chunk.files) for chunk in left),
        requests_count=cost.requests_count,
        bytes_count=cost.bytes_count,
        seconds=cost.seconds,
        rates=rates.summary,
        not_had_steps=steps_of(extent.unit, chunks.unreachable),
        not_had=chunks.unreachable_reason,
        quota=_quota(route, left),
    )


def _quota(route: RequestRoute | None, left: Sequence[NewChunk]) -> str | None:
    if route is None or route.cost is None or not left:
        return None
    return route.cost(sum(chunk.span[1] - chunk.span[0] for chunk in left))
