"""What a node is asked for."""

from collections.abc import Mapping

from pipelines.sources.evm_node.tables import BLOCKS
from pipelines.upstream.feed import Axis, Feed

BLOCK_FEED = Feed(
    "blocks",
    table=BLOCKS,
    axis=Axis("block_number", "number"),
    way="span",
    row="block",
    key_columns=("chain_id",),
    scope_names=("config.chains", "chain"),
)
FEEDS: Mapping[str, Feed] = {BLOCK_FEED.name: BLOCK_FEED}
