"""The archive source, declared; its files are of the feeds that name them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.sources.archive.address import URL_SETTING, files_url, listing_url
from pipelines.sources.archive.tables import TABLES
from pipelines.upstream.feed import SeriesId
from pipelines.upstream.source_spec import Addresses, SourceSpec

if TYPE_CHECKING:  # polars and the client take a second to import
    from pipelines.bronze.delivery import Source
    from pipelines.config.listener import ConfigProvider
    from pipelines.config.model import Configuration
    from pipelines.upstream.connector import Archive, Context
    from pipelines.upstream.health_check import HealthCheck
    from pipelines.upstream.options import LoadOptions
    from pipelines.upstream.progress import Progress


def _source(
    config: "ConfigProvider", options: "LoadOptions", progress: "Progress"
) -> "Source":
    from pipelines.sources.archive.source import ArchiveSource  # noqa: PLC0415

    return ArchiveSource(config.current, options, progress=progress)


def _chosen(configuration: "Configuration", options: "LoadOptions") -> list[SeriesId]:
    from pipelines.sources.archive.attempt import EXCHANGE_ID  # noqa: PLC0415
    from pipelines.sources.archive.choices import chosen  # noqa: PLC0415

    series = chosen(configuration, options)
    return [(s.exchange_id, s.symbol) for s in series] or [
        (EXCHANGE_ID, symbol) for symbol in options.subjects or ("",)
    ]


def _archive(context: "Context") -> "Archive":
    from pipelines.sources.archive.connector import ArchiveFiles  # noqa: PLC0415

    return ArchiveFiles(context)


def _checks() -> "Sequence[HealthCheck]":
    from pipelines.sources.archive.contradictions import (  # noqa: PLC0415
        CONTRADICTIONS,
    )

    return [CONTRADICTIONS]


def _addresses(configuration: "Configuration", options: "LoadOptions") -> Addresses:
    urls = [files_url(), listing_url()]
    venues = {exchange_id for exchange_id, _ in _chosen(configuration, options)}
    return {venue: {url: url for url in urls} for venue in venues}


SPECS = [
    SourceSpec(
        "archive",
        TABLES,
        source=_source,
        chosen=_chosen,
        archive=_archive,
        addresses=_addresses,
        url_settings=lambda: [URL_SETTING],
        checks=_checks,
    )
]
