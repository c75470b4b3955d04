"""The upstreams of sentiment, declared as sources; `sentiment` loads them together."""

from functools import partial
from typing import TYPE_CHECKING

from pipelines.settings import upstream_url
from pipelines.sources.sentiment.credentials import checks, off
from pipelines.sources.sentiment.declaration import Upstream
from pipelines.sources.sentiment.load_tables import tables_of
from pipelines.sources.sentiment.upstreams import UPSTREAMS
from pipelines.upstream.source_spec import Addresses, SourceSpec

if TYPE_CHECKING:  # polars takes half a second to import
    from pipelines.bronze.delivery import Source
    from pipelines.config.listener import ConfigProvider
    from pipelines.config.model import Configuration
    from pipelines.upstream.options import LoadOptions
    from pipelines.upstream.progress import Progress


def _source(
    upstream: Upstream,
    config: "ConfigProvider",
    options: "LoadOptions",
    progress: "Progress",
) -> "Source":
    from pipelines.sources.sentiment.source import SentimentSource  # noqa: PLC0415

    del progress
    return SentimentSource(upstream, config, options)


def _addresses(
    upstream: Upstream, config: "Configuration", options: "LoadOptions"
) -> Addresses:
    """The upstream's, if it is asked; feeds at addresses of their own are not."""
    del options
    url = upstream_url(upstream.url_setting) or upstream.url
    asked = any(
        c.source == upstream.name and c.is_enabled for c in config.sentiment_feeds
    )
    return {upstream.name: {url: url}} if url and asked else {}


def _spec(upstream: Upstream) -> SourceSpec:
    return SourceSpec(
        upstream.name,
        tables_of(upstream),
        source=partial(_source, upstream),
        group="sentiment",
        off=partial(off, upstream),
        checks=partial(checks, upstream),
        addresses=partial(_addresses, upstream),
        url_settings=lambda: [upstream.url_setting],
        secret_settings=lambda: [*upstream.secrets, *upstream.optional_secrets],
    )


SPECS = [_spec(upstream) for upstream in UPSTREAMS.values()]
