"""A made-up source: counters, whose values lie by number; no exchange, no minutes.

It is a declaration and a connector, as any source is. A counter's nth value is its
square; one request brings at most `PAGE` of them.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from pipelines import warehouse
from pipelines.bronze.delivery import Resource, Rows
from pipelines.bronze.tables import Column, Table
from pipelines.config.model import Configuration, Since
from pipelines.errors import UpstreamError
from pipelines.sources import specs
from pipelines.upstream.connector import Answered, Context, RequestRoute, Target
from pipelines.upstream.extents import by_count
from pipelines.upstream.feed import Axis, Extent, Feed, Key, SeriesId
from pipelines.upstream.pages import PAGES, Pages
from pipelines.upstream.progress import NoProgress, Progress
from pipelines.upstream.request_log import REQUESTS, Attempt, log_rows
from pipelines.upstream.source_spec import SourceSpec

PAGE, CHUNK = 100, 500
STATE: dict[str, Any] = {
    "head": 2_000,  # the highest number that there is, exclusive
    "pause_s": 0.0,  # before each answer
}
COUNTS = Feed(
    "counts",
    table=Table(
        "counts",
        (
            Column("counter", "text"),
            Column("number", "bigint"),
            Column("value", "decimal"),
            Column("request_id", "text"),
        ),
        indexes=(("counter", "number"),),
    ),
    axis=Axis("number", "number"),
    way="span",
    row="count",
    key_columns=("counter",),
)
KEY = Key("squares", "", COUNTS.name)


@dataclass
class CounterSource:
    """The numbers of an extent that are not answered for."""

    extent: Extent
    context: Context
    progress: Progress = field(default_factory=NoProgress)
    answered: Answered = lambda _: None
    failures: list[Exception] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    failed: dict[Key, Exception] = field(default_factory=dict)
    ended: list[Key] = field(default_factory=list)

    name = "counter"
    tables: Sequence[Table] = (COUNTS.table, PAGES, REQUESTS)

    def lock_keys(self) -> Sequence[str]:
        return [str(KEY)]

    def resources(self) -> Sequence[Resource]:
        return [Resource(str(KEY), self._rows)]

    def whole(self) -> Sequence[Key]:
        return [KEY] if KEY not in self.ended else []

    def _rows(self) -> Iterator[Rows]:
        with warehouse.connect("loader", "test") as connection:
            pages = Pages(connection, "bronze_counter", KEY)
            gaps = pages.missing(self.extent.span, refused=1)
        for page in by_count(PAGE, [(gap.start, gap.end) for gap in gaps]):
            if self.context.tasks.ending.is_set():
                self.ended.append(KEY)
                return
            yield from self._page(*page)
            self.progress.answered(page[1] - page[0], page[1] - page[0])
            self.answered(KEY)

    def _page(self, start: int, end: int) -> Iterator[Rows]:
        began = time.monotonic()
        time.sleep(STATE["pause_s"])
        now = datetime.now(UTC)
        attempt = Attempt(1, now, began)
        same = {"request_id": attempt.request_id}
        rows = [
            {"counter": KEY.scope, "number": n, "value": str(n * n), **same}
            for n in range(start, end)
        ]
        span = {"asked_from": start, "asked_until": end, "rows_count": len(rows)}
        span |= {"answered_from": start, "answered_until": end}
        seen = {
            "upstream_now_ms": 0,
            "origin": "counter",
            "received_at": now.isoformat(),
        }
        yield Rows.of(COUNTS.table, rows)
        yield Rows.of(PAGES, [KEY._asdict() | span | seen | same])
        row = attempt.log_row(
            KEY.scope, "count", None, ended=began, status=200, bytes_count=len(rows)
        )
        yield from log_rows([row])


class CounterConnector:
    """The counters, connected; there is one."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def targets(self, configuration: Configuration) -> Mapping[SeriesId, Target]:
        feeds = (COUNTS.name,)
        target = Target("counter", *KEY.series, feeds, feeds, Since(number=0), "live")
        return {KEY.series: target}

    def is_collected(self, configuration: Configuration, key: Key) -> bool:
        return True

    def now(self, scope: str) -> int:
        if scope != KEY.scope:
            raise UpstreamError(f"no counter {scope}")
        return int(STATE["head"])

    def route(self, key: Key) -> RequestRoute | None:
        return RequestRoute(
            "count", 0.001, partial(by_count, CHUNK), page=PAGE, name="counting"
        )

    def live(
        self, targets: Sequence[Target], *, goes_first: bool, answered: Answered
    ) -> CounterSource:
        newest = Extent("number", STATE["head"] - PAGE, STATE["head"])
        return CounterSource(newest, self._context, answered=answered)

    def history(self, key: Key, extent: Extent, progress: Progress) -> CounterSource:
        return CounterSource(extent, self._context, progress)

    def close(self) -> None:
        """Nothing is held."""


SPEC = SourceSpec(
    "counter",
    (PAGES, REQUESTS),
    {COUNTS.name: COUNTS},
    connector=CounterConnector,
    series_table="counters",
)


@contextmanager
def declared_counters() -> Iterator[None]:
    """The source is one of the list while the block runs."""
    known = cast("list[Any]", specs())
    known.append(SPEC)
    try:
        yield
    finally:
        known.remove(SPEC)
