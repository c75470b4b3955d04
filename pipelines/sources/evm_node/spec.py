"""The source of EVM chains, declared."""

from pipelines.sources.evm_node.tables import TABLES
from pipelines.upstream.source_spec import SourceSpec

SPEC = SourceSpec("evm_node", TABLES, schema="bronze_evm")
