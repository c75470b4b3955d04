"""Where a venue is reached: the setting that its row of `config.endpoints` names."""

from collections.abc import Sequence

from pipelines.config.model import Configuration
from pipelines.errors import SetupError
from pipelines.settings import upstream_url
from pipelines.sources.exchange.venues import VENUES


def is_asked(config: Configuration, exchange_id: str) -> bool:
    """Whether the venue may be asked at all; without a row it may."""
    endpoint = config.endpoints.get(exchange_id)
    return endpoint is None or endpoint.is_enabled


def address(config: Configuration, exchange_id: str) -> str | None:
    """The address that stands in for the venue's public one; None: it does itself.

    Raises:
        SetupError: the venue is not to be asked, or its row names no setting of an
            address; the setting's value is never shown.
    """
    endpoint = config.endpoints.get(exchange_id)
    if endpoint is None:
        return upstream_url(url_setting(exchange_id))
    if not endpoint.is_enabled:
        raise SetupError(f"{exchange_id} is not asked: its endpoint is disabled")
    if endpoint.setting not in url_settings():
        raise SetupError(
            f"endpoint {exchange_id}: {endpoint.setting} is no setting of an address;"
            f" known: {', '.join(url_settings())}"
        )
    return upstream_url(endpoint.setting)


def url_setting(exchange_id: str) -> str:
    """The setting that holds the venue's address, where its row names no other."""
    return f"BULLION_{exchange_id.upper()}_URL"


def url_settings() -> Sequence[str]:
    """Those of all venues."""
    return [url_setting(exchange_id) for exchange_id in sorted(VENUES)]
