"""What the history of a chain takes: blocks of a chunk, seconds, calls and units."""

from typing import LiteralString

from pipelines.sources.evm_node.block_reader import BLOCK
from pipelines.sources.evm_node.endpoints import Endpoint
from pipelines.sources.evm_node.feeds import BLOCK_FEED
from pipelines.sources.evm_node.receipt_reader import OF_BLOCK, SINGLE
from pipelines.warehouse import Connection, has_table

CHUNK_BYTES = 256 * 2**20  # of answers; one load holds its delivery files on disk
BLOCK_BYTES = 400_000  # of Ethereum in 2024, with receipts, as JSON
MOST_BLOCKS = 1 << 17
FEW_BLOCKS = 1_000  # of which the mean says nothing yet
BYTES: LiteralString = """
select
    (
        select sum(c.bytes_count) from ops.chain_costs as c
        where c.chain = %(chain)s and c.method = any(%(methods)s)
    ) / p.blocks_count
from (
    select sum(p.rows_count) as blocks_count
    from bronze_evm.pages as p
    where p.scope = %(chain)s and p.feed = %(feed)s
) as p
where p.blocks_count >= %(few)s
"""


def blocks_of_a_chunk(connection: Connection, chain: str) -> int:
    """So many blocks that their answers have about 256 MB, by those that came so far.

    A power of two, so that chunks that are planned later end where these do.
    """
    values = {
        "chain": chain,
        "feed": BLOCK_FEED.name,
        "methods": [BLOCK, OF_BLOCK, SINGLE],
        "few": FEW_BLOCKS,
    }
    is_there = has_table(connection, "bronze_evm.pages")
    row = connection.execute(BYTES, values).fetchone() if is_there else None
    of_a_block = int(row[0]) if row and row[0] else BLOCK_BYTES
    blocks = max(1, CHUNK_BYTES // max(1, of_a_block))
    return min(MOST_BLOCKS, 1 << (blocks.bit_length() - 1))


def request_s(endpoint: Endpoint, share: float) -> float:
    """Seconds that a request waits for our share of the endpoint's rates."""
    calls = endpoint.choice.batch_size // 2
    weights = [endpoint.weights(method, calls) for method in (BLOCK, OF_BLOCK)]
    return max(
        (
            sum(weight[name] for weight in weights) / limit.per_second(share)
            for name, limit in endpoint.limits.items()
        ),
        default=0.0,
    )


def cost(endpoint: Endpoint, blocks: int) -> str:
    """What so many blocks cost of the endpoint, and how long its quotas make it."""
    receipts = SINGLE if "block_receipts" in endpoint.choice.lacks else OF_BLOCK
    units = endpoint.units(BLOCK, blocks) + endpoint.units(receipts, blocks)
    told = f"{endpoint.origin}: {2 * blocks:,} calls, {units:,} units"
    quotas = {"day": endpoint.choice.units_per_day}
    quotas["month"] = endpoint.choice.units_per_month
    fits = [
        f"{-(-units // quota):,} {span}s of {quota:,}"
        if units > quota
        else f"fits a {span}'s {quota:,}"
        for span, quota in quotas.items()
        if quota
    ]
    return "; ".join([told, *fits])
