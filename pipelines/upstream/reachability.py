"""Whether anybody answers at an address: a look before a load asks, and tries again."""

import socket
import time
from collections.abc import Collection, Mapping
from threading import Thread
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError

from pipelines.upstream.retry import is_loopback

PATIENCE_S = 6.0  # a resolver without a network may alone take 10 s
SILENT = f"no answer in {PATIENCE_S:.0f} s"


def unreachable(urls: Collection[str]) -> Mapping[str, str]:
    """Why nobody answers, by address, of those where that is so.

    Any answer counts, a refusal, too. All are asked at once, each once, and what is
    silent for `PATIENCE_S` counts as absent.
    """
    reasons: dict[str, str] = dict.fromkeys(urls, SILENT)
    # not a pool's threads, whose end the end of the process would wait for
    threads = [Thread(target=_look, args=(url, reasons), daemon=True) for url in urls]
    for thread in threads:
        thread.start()
    ends_at = time.monotonic() + PATIENCE_S
    for thread in threads:
        thread.join(max(0, ends_at - time.monotonic()))
    return {url: reason for url, reason in reasons.items() if reason}


def _look(url: str, reasons: dict[str, str]) -> None:
    try:
        if is_loopback(url):  # never through a proxy, and no request that would count
            parts = urlsplit(url)
            address = parts.hostname or "", parts.port or 80
            socket.create_connection(address, PATIENCE_S).close()
        else:
            requests.head(url, timeout=PATIENCE_S, allow_redirects=False)
    except (OSError, ValueError) as error:  # requests' own are of these
        reasons[url] = _reason(error)
    else:
        reasons[url] = ""


def _reason(error: Exception) -> str:
    """Without the address, of which a provider's key may be a part."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, NameResolutionError):
        return "its name is not resolved"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not pass it on"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not accepted"
    if isinstance(error, requests.Timeout | TimeoutError):
        return SILENT
    words = error.strerror if isinstance(error, OSError) else None
    return (words or "no connection").lower()
