"""A chunk's result, read back from bronze: counts and a checksum of the values.

Only finished loads count. Whatever its loads and their order were, the same values
give the same checksum.
"""

import hashlib
from typing import LiteralString

from psycopg import sql

from pipelines import warehouse
from pipelines.backfill.chunk import ARCHIVE, Chunk, ChunkResult, Plan
from pipelines.bronze.tables import Column
from pipelines.errors import UpstreamError
from pipelines.sources import feeds, spec_of_feed
from pipelines.upstream.key_columns import key_columns

FINISHED: LiteralString = """
select l.load_id, l.requests_count from ops.loads as l
where l.schema_name = %s and l.load_id = any(%s)
"""
FILES: LiteralString = """
select distinct on (f.path) f.path, f.sha256, f.rows_count, f.bytes_count
from bronze_archive.files as f
inner join ops.loads as l
    on f._dlt_load_id = l.load_id and l.schema_name = 'bronze_archive'
where f.path = any(%s) and f.status = 'loaded'
order by f.path, f.published_at_ms desc, f.sha256 desc
"""
SENT: LiteralString = """
select coalesce(sum(r.bytes_count), 0)::bigint from {requests} as r
where r._dlt_load_id = any(%s)
"""


# of a row in bronze: who read it, and when
READING = {
    *("request_id", "endpoint", "origin", "received_at"),
    *("venue_now_ms", "upstream_now_ms"),
}


def chunk_result(
    connection: warehouse.Connection, plan: Plan, chunk: Chunk
) -> ChunkResult:
    """What bronze has of the chunk.

    Raises:
        UpstreamError: a file of it is not loaded.
    """
    is_archived = chunk.route == ARCHIVE
    schema = "bronze_archive" if is_archived else spec_of_feed(plan.feed).bronze
    load_ids, requests = _finished(connection, schema, chunk)
    if is_archived:
        return _of_files(connection, chunk, requests)
    sent = sql.SQL(SENT).format(requests=sql.Identifier(schema, "requests"))
    row = connection.execute(sent, (load_ids,)).fetchone()
    rows, checksum = checksum_of(connection, plan, chunk, load_ids)
    return ChunkResult(rows, requests, int(row[0]) if row else 0, checksum)


def checksum_of(
    connection: warehouse.Connection, plan: Plan, chunk: Chunk, load_ids: list[str]
) -> tuple[int, str]:
    """How many distinct rows the chunk has of these loads, and their SHA-256."""
    feed = feeds()[plan.feed]
    table = feed.table
    columns = [column for column in table.columns if _is_value(column)]
    start, end = feed.axis.of_extent(chunk.extent.span)
    of_series = zip(key_columns(feed, table.name), plan.key, strict=False)
    query = sql.SQL(
        "copy (select distinct {columns} from {table}"
        " where {of_series} and {stamp} >= {start} and {stamp} < {end}"
        " and _dlt_load_id = any({load_ids}) order by {order}) to stdout"
    ).format(
        columns=sql.SQL(", ").join(map(_named, columns)),
        table=sql.Identifier(spec_of_feed(plan.feed).bronze, table.name),
        of_series=sql.SQL(" and ").join(
            sql.SQL("{} = {}").format(column, value) for column, value in of_series
        ),
        stamp=sql.Identifier(feed.axis.column),
        start=start,
        end=end,
        load_ids=load_ids,
        order=sql.SQL(", ").join(sql.SQL(str(n + 1)) for n in range(len(columns))),
    )
    digest, rows = hashlib.sha256(), 0
    with connection.cursor() as cursor, cursor.copy(query) as lines:
        for line in lines:
            digest.update(line)
            rows += bytes(line).count(b"\n")
    return rows, digest.hexdigest()


def _finished(
    connection: warehouse.Connection, schema: str, chunk: Chunk
) -> tuple[list[str], int]:
    loads = connection.execute(FINISHED, (schema, chunk.load_ids)).fetchall()
    return [load_id for load_id, _ in loads], sum(requests for _, requests in loads)


def _of_files(
    connection: warehouse.Connection, chunk: Chunk, requests: int
) -> ChunkResult:
    paths = sorted(file["path"] for file in chunk.files)
    files = connection.execute(FILES, (paths,)).fetchall()
    missing = sorted(set(paths) - {path for path, *_ in files})
    if missing:
        raise UpstreamError(f"not loaded: {', '.join(missing)}")
    lines = "".join(f"{sha256}  {path}\n" for path, sha256, _, _ in files)
    checksum = (
        files[0][1] if len(files) == 1 else hashlib.sha256(lines.encode()).hexdigest()
    )
    return ChunkResult(
        sum(rows for _, _, rows, _ in files),
        requests,
        sum(size for *_, size in files),
        checksum,
    )


def _is_value(column: Column) -> bool:
    """Whether the upstream sent it: not when it was read, nor by which request."""
    return column.name not in READING


def _named(column: Column) -> sql.Composable:
    name = sql.Identifier(column.name)
    if column.data_type == "text":  # one order, whatever the database's collation
        return sql.SQL('{} collate "C" as {}').format(name, name)
    return name
