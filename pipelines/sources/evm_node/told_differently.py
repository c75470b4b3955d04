"""Blocks of which two endpoints said different things, as finished loads noted it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import LiteralString

from psycopg.rows import dict_row

from pipelines import warehouse
from pipelines.config.rows import configuration
from pipelines.sources.evm_node.comparison import difference
from pipelines.sources.evm_node.endpoints import chain_of

MOST = 100
NOTED: LiteralString = """
select distinct on (d.block_number, d.block_hash)
    d.field, d.block_number, d.endpoint, d.other_endpoint
from bronze_evm.disagreements as d
where
    d.chain_id = %s
    and d.received_at > clock_timestamp() - %s
    and exists (
        select from ops.loads as l
        where l.schema_name = 'bronze_evm' and l.load_id = d._dlt_load_id
    )
order by d.block_number, d.block_hash, d.delivery_row
limit %s
"""


def told_differently(chain: str, within: timedelta) -> Sequence[str]:
    """A sentence for each block of so long ago: what differs first, and whose it is.

    Raises:
        SetupError: the chain is not known.
    """
    chain_id = chain_of(configuration(), chain).chain_id
    name = warehouse.process_name(f"verify chain {chain_id}")
    with warehouse.connect("loader", name) as connection:
        if not warehouse.has_table(connection, "bronze_evm.disagreements"):
            return []
        with connection.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(NOTED, (chain_id, within, MOST)).fetchall()
    return [difference(chain, row) for row in found]
