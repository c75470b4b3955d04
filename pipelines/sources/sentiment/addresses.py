"""The address that an endpoint is asked at, about a subject."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from pipelines.settings import upstream_url
from pipelines.sources.sentiment.declaration import Upstream
from pipelines.sources.sentiment.forms import Asked

OVERLAP = timedelta(days=1)  # of what `since` asks for again


def address(
    upstream: Upstream,
    asked: Asked,
    secrets: Mapping[str, str],
    newest: datetime | None = None,
    ids: Sequence[str] = (),
) -> str:
    """That of the first page; of what is newer, where the endpoint can be asked so.

    `ids` are those of an endpoint that has a parameter for each.
    """
    endpoint, subject = asked.endpoint, asked.subject or ""
    own = upstream_url(upstream.url_setting)
    if not endpoint.path:
        return f"{own}{urlsplit(subject).path}" if own else subject
    path = endpoint.path.replace("{subject}", quote(subject, safe="/"))
    params: dict[str, str | Sequence[str]] = {
        **{k: v.format(subject=subject) for k, v in endpoint.params.items()},
        **{k: secrets.get(v, "") for k, v in endpoint.secret_params.items()},
    }
    if endpoint.since and newest is not None:
        params[endpoint.since] = f"{newest - OVERLAP:%Y-%m-%dT%H:%M:%SZ}"
    if endpoint.id_param:
        params[endpoint.id_param] = ids
    query = urlencode(params, doseq=True)
    host = own or endpoint.url or upstream.url
    return f"{host}{path}{f'?{query}' if query else ''}"
