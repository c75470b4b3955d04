"""The source of EVM chains, declared."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.sources.evm_node.feeds import FEEDS
from pipelines.sources.evm_node.load_tables import TABLES
from pipelines.upstream.feed import SeriesId
from pipelines.upstream.source_spec import Addresses, SourceSpec

if TYPE_CHECKING:  # polars and the client take seconds to import
    from pipelines.bronze.delivery import Source
    from pipelines.config.listener import ConfigProvider
    from pipelines.config.model import Configuration
    from pipelines.upstream.connector import Connector, Context
    from pipelines.upstream.health_check import HealthCheck
    from pipelines.upstream.options import LoadOptions
    from pipelines.upstream.progress import Progress


def _source(
    config: "ConfigProvider", options: "LoadOptions", progress: "Progress"
) -> "Source":
    from pipelines.sources.evm_node.choices import reads_contracts  # noqa: PLC0415
    from pipelines.sources.evm_node.contract_source import (  # noqa: PLC0415
        ContractSource,
    )
    from pipelines.sources.evm_node.source import EvmSource  # noqa: PLC0415

    if reads_contracts(options):
        return ContractSource(config, options)
    return EvmSource(config, options, progress=progress)


def _chosen(
    configuration: "Configuration", options: "LoadOptions"
) -> Sequence[SeriesId]:
    from pipelines.sources.evm_node.choices import chosen  # noqa: PLC0415

    return [(chain, "") for chain in chosen(configuration, options)]


def _connector(context: "Context") -> "Connector":
    from pipelines.sources.evm_node.connector import EvmConnector  # noqa: PLC0415

    return EvmConnector(context)


def _check(table: str, key: Sequence[str], configuration: "Configuration") -> None:
    from pipelines.sources.evm_node.connector import check  # noqa: PLC0415

    check(table, key, configuration)


def _addresses(configuration: "Configuration", options: "LoadOptions") -> "Addresses":
    from pipelines.sources.evm_node.endpoints import endpoints_of  # noqa: PLC0415

    return {
        chain: {
            endpoint.origin: endpoint.url.get_secret_value()
            for endpoint in endpoints_of(configuration, chain)
        }
        for chain, _ in _chosen(configuration, options)
    }


def _checks() -> "Sequence[HealthCheck]":
    from pipelines.sources.evm_node.health import checks  # noqa: PLC0415

    return checks()


SPECS = [
    SourceSpec(
        "evm",
        TABLES,
        FEEDS,
        source=_source,
        chosen=_chosen,
        connector=_connector,
        series_table="chains",
        adopted_tables=("chain_endpoints",),
        addresses=_addresses,
        checks=_checks,
        check=_check,
    )
]
