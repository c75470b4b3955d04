"""The exchange source, declared."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.sources.exchange.feeds import FEEDS
from pipelines.sources.exchange.tables import TABLES
from pipelines.upstream.feed import SeriesId
from pipelines.upstream.source_spec import Addresses, SourceSpec

if TYPE_CHECKING:  # the client takes a second to import
    from pipelines.bronze.delivery import Source
    from pipelines.config.listener import ConfigProvider
    from pipelines.config.model import Configuration
    from pipelines.config.words import Words
    from pipelines.upstream.connector import Connector, Context
    from pipelines.upstream.options import LoadOptions
    from pipelines.upstream.progress import Progress


def _source(
    config: "ConfigProvider", options: "LoadOptions", progress: "Progress"
) -> "Source":
    from pipelines.sources.exchange.source import ExchangeSource  # noqa: PLC0415

    return ExchangeSource(config, options, progress=progress)


def _chosen(configuration: "Configuration", options: "LoadOptions") -> list[SeriesId]:
    from pipelines.sources.exchange.choices import chosen  # noqa: PLC0415

    return [(c.exchange_id, c.symbol) for c in chosen(configuration, options)]


def _connector(context: "Context") -> "Connector":
    from pipelines.sources.exchange.connector import ExchangeConnector  # noqa: PLC0415

    return ExchangeConnector(context)


def _check(table: str, key: Sequence[str], configuration: "Configuration") -> None:
    from pipelines.sources.exchange.connector import check  # noqa: PLC0415

    check(table, key, configuration)


def _words() -> "Words":
    from pipelines.sources.exchange.venues import VENUES  # noqa: PLC0415

    return {"exchange": sorted(VENUES)}


def _addresses(configuration: "Configuration", options: "LoadOptions") -> "Addresses":
    from pipelines.sources.exchange.ccxt_exchange import (  # noqa: PLC0415
        public_address,
    )
    from pipelines.sources.exchange.endpoints import address  # noqa: PLC0415
    from pipelines.sources.exchange.venues import spec_of  # noqa: PLC0415

    markets = {
        spec.budget_id: spec
        for spec in (spec_of(*one) for one in _chosen(configuration, options))
    }
    found: dict[str, dict[str, str]] = {}
    for spec in markets.values():
        url = address(configuration, spec.exchange_id) or public_address(spec)
        found.setdefault(spec.exchange_id, {})[url] = url
    return found


def _url_settings() -> Sequence[str]:
    from pipelines.sources.exchange.endpoints import url_settings  # noqa: PLC0415

    return url_settings()


SPECS = [
    SourceSpec(
        "exchange",
        TABLES,
        FEEDS,
        source=_source,
        chosen=_chosen,
        connector=_connector,
        series_table="instruments",
        adopted_tables=("exchanges", "endpoints"),
        addresses=_addresses,
        url_settings=_url_settings,
        words=_words,
        check=_check,
    )
]
