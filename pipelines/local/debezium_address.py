"""Whether Debezium Server answers, and how it says it is."""

import http.client
import json

ANSWER_TIMEOUT_S = 2


def health(address: str) -> str | None:
    """What `GET /q/health` says: UP or DOWN; None when nothing answers."""
    host, _, port = address.removeprefix("http://").rstrip("/").partition(":")
    # http.client asks no proxy
    asked = http.client.HTTPConnection(host, int(port or 80), timeout=ANSWER_TIMEOUT_S)
    try:
        asked.request("GET", "/q/health")
        found: str = json.loads(asked.getresponse().read())["status"]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return None
    else:
        return found
    finally:
        asked.close()
