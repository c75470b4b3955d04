"""What the demo loads, of whom answers; told before Prefect, which takes seconds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.bronze.load import Say
from pipelines.config.rows import configuration
from pipelines.settings import stand_ins
from pipelines.sources import members, source_spec
from pipelines.sources.evm_node.choices import followed
from pipelines.sources.exchange.endpoints import is_asked
from pipelines.sources.exchange.feeds import FUNDING_RATES, MARK_PRICES, OPEN_INTEREST
from pipelines.sources.preflight import Preflight, absent, addresses_of, preflight
from pipelines.upstream.options import LoadOptions

# an instrument whose trades are collected so far back that the minute is proven, too
SEALED = ("binance", "ETH/USDT")
SENTIMENT = "sentiment"
SLOW = ("github",)  # 60 requests an hour: a second demo would wait for most of one


# a contract on two venues, though nobody configured it, and what is loaded of it
CONTRACT = "BTC/USD:BTC"
CONTRACT_VENUES = ("binance", "kraken_futures")
CONTRACT_FEEDS = (FUNDING_RATES.name, OPEN_INTEREST.name, MARK_PRICES.name)
SETTLED_SINCE = "-P1D"  # three settlements of eight hours: an interval needs two


@dataclass(frozen=True)
class DemoLoads:
    """What is loaded, and the venues of the contract that answer."""

    found: Preflight
    contract_venues: Sequence[str]


def demo_loads(say: Say) -> DemoLoads:
    """What of the archive, followed chains, markets and what people say is loaded.

    Raises:
        UpstreamError: nobody answers.
    """
    config = configuration()
    wanted = {"archive": LoadOptions(subjects=[SEALED[1]]), "exchange": LoadOptions()}
    wanted |= {"evm": LoadOptions()} if followed(config) else {}
    wanted |= dict.fromkeys(simulated(), LoadOptions())
    found = preflight(wanted, config)
    venues = [name for name in CONTRACT_VENUES if is_asked(config, name)]
    contract = LoadOptions(scopes=venues, subjects=[CONTRACT])
    silent = absent(addresses_of([("exchange", contract)], config)) if venues else {}
    failures = [*found.failures, *silent.values()]
    for failure in failures:
        say(f"left out: {failure}")
    answering = [name for name in venues if ("exchange", name) not in silent]
    return DemoLoads(replace(found, failures=failures), answering)


def simulated() -> list[str]:
    """The sources of sentiment that are on and not asked themselves."""
    specs = [source_spec(name) for name in members(SENTIMENT) if name not in SLOW]
    return [s.name for s in specs if stand_ins(s.url_settings()) and not s.off()]
