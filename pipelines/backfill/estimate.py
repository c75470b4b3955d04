"""What a backfill will take: by what earlier loads took, or by stated defaults."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from pipelines import warehouse
from pipelines.backfill.chunk import ARCHIVE, NewChunk
from pipelines.upstream.connector import RequestRoute

# Two busy cores, 2026-11: a load's own work (dlt, its transactions), and zipped bytes
# of klines and of trades alike, checked, parsed and committed. Look again when `make
# bench` says otherwise.
LOAD_S = 1.5
ARCHIVE_BYTES_A_SECOND = 1_500_000.0
REQUEST_S = 0.25  # a public venue from a laptop, an answer of 1000 rows
REQUEST_BYTES = 120_000.0  # 1000 candles of Binance

REQUESTS: LiteralString = """
with recent as (
    select l.load_id
    from ops.loads as l
    where l.schema_name = {schema} and l.requests_count > 0
    order by l.completed_at desc
    limit 200
)

select avg(r.elapsed_ms) / 1000, avg(r.bytes_count)
from recent
inner join {requests} as r on recent.load_id = r._dlt_load_id
where r.scope = %s and r.endpoint = %s and r.error is null
"""
ARCHIVE_RATE: LiteralString = """
with brought as (
    select f._dlt_load_id as load_id, sum(f.bytes_count) as bytes_count
    from bronze_archive.files as f
    where f.status = 'loaded'
    group by f._dlt_load_id
)

select sum(b.bytes_count) / nullif(sum(greatest(l.seconds - %s, 0)), 0)
from brought as b
inner join ops.loads as l
    on b.load_id = l.load_id and l.schema_name = 'bronze_archive'
having sum(b.bytes_count) > 1000000
"""


@dataclass(frozen=True)
class Rates:
    """How fast it goes; `summary` says which figures were measured."""

    request_s: float
    request_bytes: float
    archive_bytes_a_second: float
    summary: str


@dataclass(frozen=True)
class Cost:
    """What chunks will take."""

    requests_count: int
    bytes_count: int
    seconds: int


def rates(
    connection: warehouse.Connection,
    schema: str,
    scope: str,
    route: RequestRoute | None,
) -> Rates:
    """What earlier loads of this scope and route took; defaults where there is none."""
    asked: tuple[float | None, float | None] = (None, None)
    if route and warehouse.has_table(connection, f"{schema}.requests"):
        query = sql.SQL(REQUESTS).format(
            schema=schema, requests=sql.Identifier(schema, "requests")
        )
        row = connection.execute(query, (scope, route.method)).fetchone()
        asked = (row[0], row[1]) if row else asked
    archive = None
    if warehouse.has_table(connection, "bronze_archive.files"):
        row = connection.execute(ARCHIVE_RATE, (LOAD_S,)).fetchone()
        archive = row[0] if row else None
    return Rates(
        float(asked[0] or REQUEST_S),
        float(asked[1] or REQUEST_BYTES),
        float(archive or ARCHIVE_BYTES_A_SECOND),
        f"request {_figure(asked[0], REQUEST_S)} s, "
        f"archive {_figure(archive, ARCHIVE_BYTES_A_SECOND)} B/s",
    )


def cost(
    chunks: Sequence[NewChunk],
    route: RequestRoute | None,
    rates: Rates,
    *,
    parallel: int,
) -> Cost:
    """What these chunks will take, `parallel` at a time, within the budget."""
    asked = sum(chunk.requests for chunk in chunks if chunk.route != ARCHIVE)
    zipped = sum(chunk.bytes_count for chunk in chunks if chunk.route == ARCHIVE)
    budget_s = asked * route.seconds if route else 0.0
    rest_s = max(budget_s, asked * rates.request_s / parallel)
    own_s = (LOAD_S * len(chunks) + zipped / rates.archive_bytes_a_second) / parallel
    return Cost(
        sum(chunk.requests for chunk in chunks),
        zipped + int(asked * rates.request_bytes),
        math.ceil(rest_s + own_s),
    )


def _figure(measured: float | None, default: float) -> str:
    if measured is None:
        return f"{default:g} (default)"
    return f"{float(measured):.3g} (measured)"
