"""Who of those that a load would ask answers: asked once, before anything is tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines import warehouse
from pipelines.config.model import Configuration
from pipelines.errors import UpstreamError
from pipelines.sources import source_spec
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.reachability import unreachable

MEND = "is there a network, or a proxy for HTTPS_PROXY to name?"


@dataclass(frozen=True)
class Preflight:
    """The loads of those that answer, by source, and who does not, and why."""

    loads: Mapping[str, LoadOptions]
    failures: Sequence[UpstreamError]


def preflight(wanted: Mapping[str, LoadOptions], config: Configuration) -> Preflight:
    """Look, in seconds, whether those answer that loads of these sources would ask.

    A scope answers that has an address which does, or none that is looked at.

    Raises:
        UpstreamError: nobody answers; names each, and what may mend it.
        SetupError: the options name something unknown, or no server runs.
    """
    addresses = {
        (source, scope): urls
        for source, options in wanted.items()
        for scope, urls in source_spec(source).addresses(config, options).items()
    }
    # without a server the configuration is the seeds', by which words were checked
    warehouse.connect("loader", warehouse.process_name("preflight")).close()
    every = {url for urls in addresses.values() for url in urls.values()}
    reasons = unreachable(every)
    absent = {
        who: ", ".join(f"{name} ({reasons[url]})" for name, url in urls.items())
        for who, urls in addresses.items()
        if urls and reasons.keys() >= set(urls.values())
    }
    failures = [
        UpstreamError(f"{scope} does not answer: {reason}")
        for (_, scope), reason in absent.items()
    ]
    loads = {}
    for source, options in wanted.items():
        scopes = [scope for of, scope in addresses if of == source]
        left = [scope for scope in scopes if (source, scope) not in absent]
        if len(left) == len(scopes):
            loads[source] = options
        elif left:
            loads[source] = replace(options, scopes=left)
    if wanted and not loads:
        raise UpstreamError(f"{'; '.join(map(str, failures))}: {MEND}")
    return Preflight(loads, failures)
