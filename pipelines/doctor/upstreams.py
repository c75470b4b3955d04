"""The addresses that stand in for public ones: whether they answer."""

import socket
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

from pipelines.errors import BullionError
from pipelines.settings import upstream_url
from pipelines.sources import url_settings
from pipelines.upstream.health_check import ANSWER_TIMEOUT_S, CheckResult, HealthCheck


def upstreams() -> Iterator[CheckResult]:
    """Each that a setting names; public addresses are not asked."""
    for setting in url_settings():
        url = upstream_url(setting)
        if url:
            mend = f"bullion up sandbox, or: unset {setting}"
            yield HealthCheck(setting, partial(_answers, url), mend).run()


def _answers(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        address = (parts.hostname or "", port)
        socket.create_connection(address, ANSWER_TIMEOUT_S).close()
    except OSError as error:
        raise BullionError(f"nothing answers at {url} ({error.strerror})") from None
    return f"answers at {url}"
