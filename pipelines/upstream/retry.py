"""The wait before a request is tried again, and which addresses are our own."""

import ipaddress
import logging
import random
from collections.abc import Callable
from urllib.parse import urlsplit

LOG = logging.getLogger("bullion.retries")  # where a person waits it is printed

BACKOFF_S = 0.5  # doubled at each attempt, with full jitter
LONGEST_BACKOFF_S = 20.0


def backoff_s(number: int) -> float:
    """Seconds to wait after attempt `number`, drawn so that clients do not meet."""
    most = min(LONGEST_BACKOFF_S, BACKOFF_S * 2**number)
    return random.uniform(0, most)  # noqa: S311  # jitter, not a secret


def wait_after(number: int, why: str | None, sleep: Callable[[float], None]) -> None:
    """Wait after attempt `number`, and log why another one follows."""
    seconds = backoff_s(number)
    LOG.info("%s; asked again in %.1f s (attempt %d)", why, seconds, number + 1)
    sleep(seconds)


def is_loopback(url: str) -> bool:
    """Whether the address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
