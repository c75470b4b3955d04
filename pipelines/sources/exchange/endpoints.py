"""Where a venue is reached: the setting that its row of `config.endpoints` names."""

from pipelines.config.model import Configuration
from pipelines.errors import SetupError
from pipelines.settings import settings


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
        return settings().venue_url(exchange_id)
    if not endpoint.is_enabled:
        raise SetupError(f"{exchange_id} is not asked: its endpoint is disabled")
    try:
        return settings().url(endpoint.setting)
    except SetupError as error:
        raise SetupError(f"endpoint {exchange_id}: {error}") from None
