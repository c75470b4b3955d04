"""Which endpoint a body is of: by the address that was asked, else by its form."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from pipelines.errors import BadDataError
from pipelines.sources.sentiment.declaration import Endpoint, Upstream
from pipelines.sources.sentiment.fields import inner
from pipelines.upstream.wire import Number

GOOD = range(200, 300)
LONGEST_WORDS = 300


class Asked(NamedTuple):
    """An endpoint, and what it was asked about."""

    endpoint: Endpoint
    subject: str | None


def by_address(upstream: Upstream, url: str | None) -> Asked | None:
    """The endpoint that an address is of; None: the address does not tell."""
    path = unquote(urlsplit(url or "").path)
    found = [
        Asked(endpoint, matched.groupdict().get("subject"))
        for endpoint in upstream.endpoints
        if endpoint.path and (matched := _pattern(endpoint.path).search(path))
    ]
    # of /repos/a/b/commits the endpoint is the one that takes more of it
    return min(found, key=lambda asked: len(asked.subject or ""), default=None)


def _pattern(path: str) -> re.Pattern[str]:
    before, given, after = path.rstrip("/").partition("{subject}")
    subject = "(?P<subject>[^?]+?)" if given else ""
    return re.compile(f"{re.escape(before)}{subject}{re.escape(after)}/?$")


def endpoint_of(upstream: Upstream, asked: Asked | None, document: Any) -> Endpoint:
    """The endpoint whose form the document has.

    Raises:
        BadDataError: it has none, or two that its address does not tell apart.
    """
    fitting = [e for e in upstream.endpoints if e.fits(document)]
    if asked and asked.endpoint in fitting:
        return asked.endpoint
    if not fitting:
        said = words_of(document)
        raise BadDataError(f"error body: {said}" if said else "no endpoint's form")
    if len(fitting) > 1:  # who is asked by ids may answer as others do
        fitting = [e for e in fitting if not e.ids_at_once]
    if len(fitting) != 1 and document != []:  # nothing is nothing, of whichever
        names = " and ".join(endpoint.name for endpoint in fitting)
        raise BadDataError(f"the forms of {names}")
    return fitting[0]


def words_of(document: Any) -> str | None:
    """What an error body says; None: it is none."""
    places: Sequence[tuple[str, ...]] = (
        ("message",),
        ("error", "message"),
        ("error",),
        ("reason",),
        ("status", "error_message"),
        ("metadata", "error"),
        ("detail",),
        ("info",),
    )
    if not isinstance(document, Mapping):
        return None
    said = (inner(document, *place) for place in places)
    words = [one for one in said if isinstance(one, str) and one]
    words.sort(key=lambda one: isinstance(one, Number))  # a number says the least
    return words[0][:LONGEST_WORDS] if words else None
