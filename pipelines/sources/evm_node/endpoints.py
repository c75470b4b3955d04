"""A chain's endpoints: the configuration's rows, and the addresses of its setting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from pipelines.config.model import ChainChoice, ChainEndpointChoice, Configuration
from pipelines.errors import SetupError
from pipelines.settings import rpc_urls, rpc_urls_setting
from pipelines.sources.evm_node.method_units import units_of
from pipelines.upstream.budget import Limit

# Alchemy lets a second's rate be exceeded within ten:
# https://www.alchemy.com/docs/reference/throughput
WINDOW_S = 10


@dataclass(frozen=True)
class Endpoint:
    """An endpoint; what is written names it by its chain and its name."""

    chain: ChainChoice
    choice: ChainEndpointChoice
    url: SecretStr

    @property
    def name(self) -> str:
        """As a row's `endpoint` has it."""
        return self.choice.endpoint

    @property
    def origin(self) -> str:
        """As a row's `origin` has it, and its budget is called."""
        return f"{self.chain.chain}/{self.choice.endpoint}"

    @property
    def limits(self) -> Mapping[str, Limit]:
        """What it allows a second: of calls, and of its provider's units."""
        rates = {
            "calls": self.choice.calls_per_second,
            "units": self.choice.units_per_second,
        }
        return {name: _limit(rate) for name, rate in rates.items() if rate > 0}

    def weights(self, method: str, calls: int) -> dict[str, int]:
        """What so many calls of a method weigh of each of its limits."""
        units = units_of(self.choice.provider, method).throughput
        weighed = {"calls": calls, "units": calls * units}
        return {name: weighed[name] for name in self.limits}

    def units(self, method: str, calls: int) -> int:
        """What so many calls of a method cost of its quota."""
        return calls * units_of(self.choice.provider, method).quota


def endpoints_of(config: Configuration, chain: str) -> Sequence[Endpoint]:
    """Those that are enabled, in the order in which they are asked.

    An address without a row is one of a node of one's own, asked after the others; a
    row whose position has no address is passed over.

    Raises:
        SetupError: the chain is unknown, or has no address that may be asked.
    """
    choice = chain_of(config, chain)
    urls = dict(enumerate(rpc_urls(chain), 1))
    rows = {e.list_position: e for e in config.chain_endpoints if e.chain == chain}
    if not urls:
        raise SetupError(f"{chain} has no endpoint: set {rpc_urls_setting(chain)}")
    chosen = [rows.get(at) or _without_row(chain, at) for at in urls]
    enabled = [e for e in chosen if e.is_enabled]
    if not enabled:
        raise SetupError(f"{chain} is not asked: its endpoints are disabled")
    enabled.sort(key=lambda e: (e.precedence, e.list_position))
    return [Endpoint(choice, e, urls[e.list_position]) for e in enabled]


def chain_of(config: Configuration, chain: str) -> ChainChoice:
    """The chain's row.

    Raises:
        SetupError: there is none; names those that there are.
    """
    if chain not in config.chains:
        known = ", ".join(config.chains) or "none"
        raise SetupError(f"unknown chain {chain}; config.chains has {known}")
    return config.chains[chain]


def _without_row(chain: str, position: int) -> ChainEndpointChoice:
    name = f"rpc_{position}"
    return ChainEndpointChoice(chain, name, position, precedence=1_000 + position)


def _limit(rate: float) -> Limit:
    """So much a second, of which one second's may be spent at once."""
    burst = max(1, int(rate))
    return Limit(max(burst + 1, int(rate * WINDOW_S)), WINDOW_S, burst)
