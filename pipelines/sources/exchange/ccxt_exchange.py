"""ccxt's exchange; it reads numbers as text and keeps each thread's last response."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ccxt

from pipelines.sources.exchange.routes import VenueSpec
from pipelines.upstream import wire
from pipelines.upstream.http_session import BoundedSession, origin
from pipelines.upstream.retry import is_loopback


@dataclass(frozen=True)
class Response:
    """One HTTP response as it came; `url` is who answered."""

    status: int
    url: str
    headers: Mapping[str, str]
    text: str


class TextNumbers:
    """Goes before a ccxt class: every number of a body is its text.

    `exchange.number` does not reach raw endpoints, which decode with plain `loads`.
    The last response is kept by thread, as threads share one exchange.
    """

    responses: threading.local
    urls: dict[str, Any]
    requests_trust_env: bool
    session: Any
    public_urls: Any

    def move(self, url: str | None) -> None:
        """Be reached at `url` from the next request on; None: at the venue itself.

        Live venues are reached through the proxy that the environment names; loopback
        never is, whatever `NO_PROXY` says.
        """
        self.requests_trust_env = not (url and is_loopback(url))
        self.session.trust_env = self.requests_trust_env
        moved = _moved(self.public_urls, url) if url else self.public_urls
        self.urls = {**self.urls, "api": moved}

    def on_json_response(self, body: str) -> Any:
        """The body, with numbers as text; ccxt would drop why it can not be read."""
        try:
            return wire.decode(body)
        except ValueError as error:
            self.responses.unread = error
            raise

    def parse_precision(self, precision: str | None) -> str | None:
        """The step that so many decimals are; ccxt would write each of them."""
        return f"1e-{precision}".replace("--", "") if precision is not None else None

    def on_rest_response(self, *response: Any) -> str:
        """Keep the response, before ccxt judges it."""
        code, _, _, _, headers, body = response[:6]
        text = str(body).strip()
        answered = self.session.answered.url.partition("?")[0]
        self.responses.last = Response(code, answered, headers, text)
        return text


def exchange(spec: VenueSpec, url: str | None, timeout_s: float) -> Any:
    """ccxt's exchange for the venue, reached at `url` where one is given."""
    parent = getattr(ccxt, spec.ccxt_class)
    instance = type(spec.ccxt_class, (TextNumbers, parent), {})(
        {
            "enableRateLimit": False,  # the shared budget knows all processes
            "timeout": int(timeout_s * 1000),
            "number": str,
            "enableLastHttpResponse": False,
            "enableLastJsonResponse": False,
            "options": dict(spec.ccxt_options),
        }
    )
    instance.responses = threading.local()
    instance.session = BoundedSession()
    instance.public_urls = instance.urls["api"]
    instance.move(url)
    return instance


def public_address(spec: VenueSpec) -> str:
    """Scheme and host at which the venue's clock is asked, by ccxt."""
    instance = exchange(spec, None, 0)
    instance.request = lambda path, api, method, params, **_: instance.sign(
        path, api, method, params
    )
    return origin(str(getattr(instance, spec.clock.method)()["url"]))


def parser(spec: VenueSpec, document: Any) -> Any:
    """ccxt's exchange for a listing that is here already; it asks nobody."""
    instance = exchange(spec, None, 0)
    setattr(instance, spec.listing.method, lambda _params: document)
    return instance


def _moved(urls: Any, to: str) -> Any:
    """The same paths below `to`."""
    if isinstance(urls, dict):
        return {name: _moved(url, to) for name, url in urls.items()}
    scheme, _, rest = str(urls).partition("://")
    return to + "/".join(["", *rest.split("/")[1:]]) if scheme else urls
