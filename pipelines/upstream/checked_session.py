"""A session that reaches public addresses only, for what others tell us to fetch.

A name is resolved once a hop; the address is checked, and that one is connected to:
https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from collections.abc import Collection
from ipaddress import ip_address
from typing import Any

import requests
from requests_hardened.ip_filter import (  # type: ignore[import-untyped]
    InvalidIPAddress,
)
from requests_hardened.ip_filter_adapter import (  # type: ignore[import-untyped]
    IPFilterAdapter,
)

from pipelines.errors import BadDataError
from pipelines.upstream.http_session import BoundedAdapter, BoundedSession, origin

LARGEST_BODY = 8 << 20  # bytes after decompression: a feed of 1,000 items has 2 MB


class SmallBodyAdapter(BoundedAdapter):
    """For an address that the operator set, or a proxy that checks addresses."""

    limit = LARGEST_BODY


class CheckedAdapter(SmallBodyAdapter, IPFilterAdapter):  # type: ignore[misc]
    """Connects to the address that it resolved and checked, and to none but public."""

    def __init__(self, scheme: str) -> None:
        IPFilterAdapter.__init__(self, is_https_proto=scheme == "https")

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> Any:
        """The pool of the checked address.

        Raises:
            BadDataError: it is not a public one.
        """
        try:
            host, pool = super().build_connection_pool_key_attributes(
                request, *args, **kwargs
            )
            _require_global(str(host["host"]).strip("[]"))
        except InvalidIPAddress as error:
            raise BadDataError(
                f"{origin(str(request.url))} is at {error}, which is no public address"
            ) from None
        return host, pool


class CheckedSession(BoundedSession):
    """A session for a feed; `own` are addresses that the operator set: any may be.

    `has_secret`: no other origin is told what the requests carry. `proxy_checks`: the
    operator declares that the environment's proxy refuses addresses that are not
    public; without that no proxy is used.
    """

    def __init__(
        self,
        own: Collection[str] = (),
        *,
        has_secret: bool = False,
        proxy_checks: bool = False,
    ) -> None:
        super().__init__()
        self.trust_env = proxy_checks
        self._has_secret = has_secret
        for scheme in ("http", "https"):
            adapter = SmallBodyAdapter() if proxy_checks else CheckedAdapter(scheme)
            self.mount(f"{scheme}://", adapter)
        for address in own:
            self.mount(f"{origin(address)}/", SmallBodyAdapter())

    def follows(self, origin: str) -> bool:
        """Whether a response may send there: each hop is checked as the first is."""
        is_http = origin.startswith(("http://", "https://"))
        return is_http and not self._has_secret


def _require_global(text: str) -> None:
    """Refuse what is neither private nor global, which IPFilterAdapter lets pass."""
    address = ip_address(text)
    if not address.is_global or getattr(address, "is_site_local", False):
        raise InvalidIPAddress(address)
