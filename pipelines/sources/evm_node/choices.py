"""Which chains are loaded: those that are named, else those that are collected."""

from collections.abc import Sequence

from pipelines.config.model import Configuration
from pipelines.errors import SetupError
from pipelines.settings import rpc_chains, rpc_urls_setting
from pipelines.sources.evm_node.endpoints import endpoints_of
from pipelines.sources.evm_node.feeds import FEEDS
from pipelines.sources.evm_node.tables import CONTRACT_READS
from pipelines.upstream.feed import Key
from pipelines.upstream.options import LoadOptions


def chosen(config: Configuration, options: LoadOptions) -> Sequence[str]:
    """The chains to load, each once; one that is named counts though it is not on.

    Raises:
        SetupError: names what is unknown, or what to set.
    """
    known = (*FEEDS, CONTRACT_READS.name)
    for name in options.feeds:
        if name not in known:
            raise SetupError(
                f"--feed: {name!r} is no feed of chains; there are {', '.join(known)}"
            )
    if options.subjects:
        raise SetupError(f"--symbol: a chain has none, as {options.subjects[0]}")
    if options.since or options.until:
        raise SetupError("--since, --until: blocks have numbers: use --from, --to")
    named = list(dict.fromkeys(options.scopes))
    for chain in named:
        endpoints_of(config, chain)
    found = named or followed(config)
    if not found:
        enabled = [c.chain for c in config.chains.values() if c.is_enabled]
        settings = ", ".join(map(rpc_urls_setting, enabled)) or "config.chains"
        raise SetupError(f"no chain that is enabled has an endpoint: set {settings}")
    return found


def followed(config: Configuration) -> Sequence[str]:
    """The chains that are on, and have an endpoint."""
    enabled = [choice.chain for choice in config.chains.values() if choice.is_enabled]
    return [chain for chain in enabled if chain in rpc_chains()]


def reads_contracts(options: LoadOptions) -> bool:
    """Whether the load is of contracts, not of blocks.

    Raises:
        SetupError: it is of both, or a span is named.
    """
    if CONTRACT_READS.name not in options.feeds:
        return False
    if set(options.feeds) != {CONTRACT_READS.name}:
        raise SetupError(f"--feed: {CONTRACT_READS.name} are a load of their own")
    if (options.first, options.end) != (None, None):
        raise SetupError(f"--from, --to: {CONTRACT_READS.name} are of the newest block")
    return True


def is_collected(config: Configuration, key: Key) -> bool:
    """Whether the configuration has the chain's blocks collected."""
    choice = config.chains.get(key.scope)
    return choice is not None and choice.is_enabled and key.feed in FEEDS
