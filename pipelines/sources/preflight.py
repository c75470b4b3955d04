"""Who of those that a load would ask answers: asked once, before anything is tried."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines import warehouse
from pipelines.config.model import Configuration
from pipelines.errors import UpstreamError
from pipelines.sources import source_spec
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.reachability import unreachable

MEND = "is there a network, or a proxy for HTTPS_PROXY to name?"

Asked = tuple[str, str]  # a source, and the scope of it that is asked


@dataclass(frozen=True)
class Preflight:
    """The loads of those that answer, by source, and who does not, and why."""

    loads: Mapping[str, LoadOptions]
    failures: Sequence[UpstreamError]


def addresses_of(
    wanted: Iterable[tuple[str, LoadOptions]], config: Configuration
) -> Mapping[Asked, Mapping[str, str]]:
    """Whom loads of these sources would ask: addresses by what they are called.

    Raises:
        SetupError: the options name something unknown.
    """
    found: dict[Asked, dict[str, str]] = {}
    for source, options in wanted:
        for scope, urls in source_spec(source).addresses(config, options).items():
            found.setdefault((source, scope), {}).update(urls)
    return found


def absent(addresses: Mapping[Asked, Mapping[str, str]]) -> dict[Asked, UpstreamError]:
    """Who does not answer, and why: looked at in seconds.

    A scope answers that has an address which does, or none that is looked at.
    """
    reasons = unreachable({url for urls in addresses.values() for url in urls.values()})
    found = {}
    for (source, scope), urls in addresses.items():
        if urls and reasons.keys() >= set(urls.values()):
            reason = ", ".join(f"{name} ({reasons[url]})" for name, url in urls.items())
            error = UpstreamError(f"{scope} does not answer: {reason}")
            found[source, scope] = error
    return found


def nobody(failures: Iterable[UpstreamError]) -> UpstreamError:
    """Where all are absent: names each, and what may mend it."""
    return UpstreamError(f"{'; '.join(map(str, failures))}: {MEND}")


def preflight(wanted: Mapping[str, LoadOptions], config: Configuration) -> Preflight:
    """The loads without the scopes that do not answer.

    Raises:
        UpstreamError: nobody answers; names each, and what may mend it.
        SetupError: the options name something unknown, or no server runs.
    """
    addresses = addresses_of(wanted.items(), config)
    # without a server the configuration is the seeds', by which words were checked
    warehouse.connect("loader", warehouse.process_name("preflight")).close()
    failures = absent(addresses)
    loads = {}
    for source, options in wanted.items():
        scopes = [scope for of, scope in addresses if of == source]
        left = [scope for scope in scopes if (source, scope) not in failures]
        if len(left) == len(scopes):
            loads[source] = options
        elif left:
            loads[source] = replace(options, scopes=left)
    if wanted and not loads:
        raise nobody(failures.values())
    return Preflight(loads, list(failures.values()))
