"""The addresses that stand in for venues and the archive: whether they answer."""

import socket
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

from pipelines.doctor.check import ANSWER_TIMEOUT_S, CheckResult, HealthCheck
from pipelines.errors import BullionError
from pipelines.settings import Settings, settings


def upstreams() -> Iterator[CheckResult]:
    """Each that a setting names; public addresses are not asked."""
    for name in sorted(n for n in Settings.model_fields if n.endswith("_url")):
        url = settings().venue_url(name.removesuffix("_url"))
        if url:
            alias = f"BULLION_{name.upper()}"
            mend = f"bullion up sandbox, or: unset {alias}"
            yield HealthCheck(alias, partial(_answers, url), mend).run()


def _answers(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        address = (parts.hostname or "", port)
        socket.create_connection(address, ANSWER_TIMEOUT_S).close()
    except OSError as error:
        raise BullionError(f"nothing answers at {url} ({error.strerror})") from None
    return f"answers at {url}"
