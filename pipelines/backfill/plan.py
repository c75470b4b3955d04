"""A plan: which chunks bring what a series lacks, and what they will take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipelines import warehouse
from pipelines.backfill import coverage, estimate, ledger
from pipelines.backfill.chunking import File, RestRoute, Split, Taken, split
from pipelines.backfill.feeds import names
from pipelines.backfill.ledger import Plan
from pipelines.backfill.spans import MINUTE_MS, Span, at, minutes, to_ms, within
from pipelines.config.model import DEFAULT_FEED, Configuration, Since
from pipelines.config.span import parse_span
from pipelines.errors import SetupError

PARALLEL = 2


class Upstreams(Protocol):
    """What can be had, and from where."""

    def now_ms(self, exchange_id: str) -> int:
        """The venue's clock."""
        ...

    def files(
        self, exchange_id: str, symbol: str, feed: str, span: Span
    ) -> Sequence[File]:
        """What the archive lists for the span; nothing where there is no archive."""
        ...

    def rest(self, exchange_id: str, symbol: str, feed: str) -> RestRoute | None:
        """How REST gives the feed; None: it does not."""
        ...

    def weight_a_second(self, exchange_id: str) -> float:
        """How much of the venue's limit is ours in a second."""
        ...


@dataclass(frozen=True)
class Wanted:
    """A series' feed and the span that is asked for; `until` None: the venue's now."""

    exchange_id: str
    symbol: str
    feed: str
    since: Since
    until: datetime | None = None


@dataclass(frozen=True)
class Planned:
    """A plan and what is left of it, before anything is fetched.

    `held_minutes` are those of the span that bronze has, by REST or from files;
    `seconds` is for all that is left, `rates` says on which figures.
    """

    plan_id: int
    exchange_id: str
    symbol: str
    feed: str
    since_at: datetime
    until_at: datetime
    minutes: int
    held_minutes: int
    chunks_count: int
    files_count: int
    requests_count: int
    bytes_count: int
    seconds: int
    rates: str
    not_had_minutes: int
    not_had: str | None


def plan(
    wanted: Wanted,
    upstreams: Upstreams,
    *,
    parallel: int = PARALLEL,
) -> Planned:
    """Write down which chunks the span takes; those that were begun stay as they are.

    Planned again, the same span gives the same plan with what is left of it.

    Raises:
        SetupError: the span is empty, or nobody gives the feed.
        UpstreamError: the archive's listing or the venue's clock could not be had.
    """
    now_ms = upstreams.now_ms(wanted.exchange_id)
    span = _span(wanted, now_ms)
    series = (wanted.exchange_id, wanted.symbol, wanted.feed)
    files = upstreams.files(*series, span)
    rest = upstreams.rest(*series)
    if not files and rest is None:
        raise SetupError(
            f"{wanted.feed} of {wanted.symbol} on {wanted.exchange_id}: neither the"
            " archive nor REST has them"
        )
    with warehouse.connect("loader", warehouse.process_name("backfill plan")) as db:
        with db.transaction():
            written = ledger.write_plan(db, *series, span)
            ledger.forget_untried(db, written, span)
            taken = _taken(db, written)
            found = split(span, files, taken, rest, now_ms=now_ms)
            ledger.add(db, written, found.chunks)
        return _planned(
            db,
            written,
            span,
            found=found,
            upstreams=upstreams,
            rest=rest,
            parallel=parallel,
        )


def _span(wanted: Wanted, now_ms: int) -> Span:
    """Whole minutes, up to the last one that has ended."""
    start = wanted.since.from_ms(now_ms)
    end = now_ms if wanted.until is None else min(to_ms(wanted.until), now_ms)
    end -= end % MINUTE_MS
    if start >= end:
        raise SetupError(
            f"nothing lies between {at(start):%Y-%m-%dT%H:%MZ} and"
            f" {at(end):%Y-%m-%dT%H:%MZ}, where the span or the venue's now ends"
        )
    return start, end


def _taken(connection: warehouse.Connection, written: Plan) -> Taken:
    begun = ledger.chunks(connection, [written.plan_id])
    series = (written.exchange_id, written.symbol)
    return Taken(
        coverage.files(connection, *series),
        coverage.answered(connection, written.feed, *series),
        {f["path"] for chunk in begun if chunk.state != "done" for f in chunk.files},
        [chunk.span for chunk in begun if chunk.route == "rest"],
    )


def _planned(
    connection: warehouse.Connection,
    written: Plan,
    span: Span,
    *,
    found: Split,
    upstreams: Upstreams,
    rest: RestRoute | None,
    parallel: int,
) -> Planned:
    left = [
        chunk
        for chunk in ledger.left(connection, written.plan_id)
        if within([chunk.span], span)
    ]
    known = estimate.rates(connection, written.exchange_id, rest)
    cost = estimate.cost(
        left,
        rest,
        known,
        weight_a_second=upstreams.weight_a_second(written.exchange_id),
        parallel=parallel,
    )
    return Planned(
        plan_id=written.plan_id,
        exchange_id=written.exchange_id,
        symbol=written.symbol,
        feed=written.feed,
        since_at=at(span[0]),
        until_at=at(span[1]),
        minutes=minutes([span]),
        held_minutes=found.held_minutes,
        chunks_count=len(left),
        files_count=sum(len(chunk.files) for chunk in left),
        requests_count=cost.requests_count,
        bytes_count=cost.bytes_count,
        seconds=cost.seconds,
        rates=known.told,
        not_had_minutes=minutes(found.not_had),
        not_had=found.not_had_reason,
    )


def parse(
    configuration: Configuration,
    exchanges: Sequence[str] | None,
    symbols: Sequence[str] | None,
    *,
    feeds: Sequence[str] | None,
    since: str,
    until: str | None,
) -> list[Wanted]:
    """What a command line or a deployment's parameters say; candles by default.

    Raises:
        SetupError: a time is not ISO UTC, the span is empty, or no series fits.
    """
    start, end = parse_span(since, until or None)
    unknown = [feed for feed in feeds or () if feed not in names()]
    if unknown:
        known = ", ".join(names())
        raise SetupError(f"unknown feed {', '.join(unknown)}; known: {known}")
    return [
        Wanted(exchange_id, symbol, feed, start, end)
        for exchange_id, symbol in _series(
            configuration, exchanges or (), symbols or ()
        )
        for feed in names()
        if feed in (feeds or (DEFAULT_FEED,))
    ]


def _series(
    configuration: Configuration, exchanges: Sequence[str], symbols: Sequence[str]
) -> list[tuple[str, str]]:
    """The series that were named; every enabled one that fits by default."""
    if exchanges and symbols:
        return [
            (e, s) for e in dict.fromkeys(exchanges) for s in dict.fromkeys(symbols)
        ]
    found = [
        (choice.exchange_id, choice.symbol)
        for choice in configuration.instruments
        if choice.is_enabled
        and configuration.exchanges[choice.exchange_id].is_enabled
        and (not exchanges or choice.exchange_id in exchanges)
        and (not symbols or choice.symbol in symbols)
    ]
    if not found:
        raise SetupError("no enabled instrument of config.instruments fits")
    return found
