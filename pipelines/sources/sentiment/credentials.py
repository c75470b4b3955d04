"""What an upstream gave its users: without what it must have it is off."""

from collections.abc import Mapping, Sequence

from pipelines.settings import upstream_secret
from pipelines.sources.sentiment.declaration import Upstream
from pipelines.upstream.health_check import HealthCheck


def secrets_of(upstream: Upstream) -> Mapping[str, str]:
    """The secrets that are set, by their settings."""
    names = (*upstream.secrets, *upstream.optional_secrets)
    held = {name: upstream_secret(name) for name in names}
    return {name: one.get_secret_value() for name, one in held.items() if one}


def lacking(upstream: Upstream) -> Sequence[str]:
    """The settings without which the upstream is off."""
    held = secrets_of(upstream)
    return [name for name in upstream.secrets if name not in held]


def off(upstream: Upstream) -> str:
    """Why the upstream is off; empty: it is not."""
    missing = lacking(upstream)
    return f"off: {', '.join(missing)} not set" if missing else ""


def checks(upstream: Upstream) -> Sequence[HealthCheck]:
    """What doctor says of one that must have credentials; to be off is no failure."""
    if not upstream.secrets:
        return ()
    return [HealthCheck(upstream.name, lambda: off(upstream) or "on", "")]
