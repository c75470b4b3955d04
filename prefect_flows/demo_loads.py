"""What the demo loads, of whom answers; told before Prefect, which takes seconds."""

from pipelines.bronze.load import Say
from pipelines.config.rows import configuration
from pipelines.settings import stand_ins
from pipelines.sources import members, source_spec
from pipelines.sources.evm_node.choices import followed
from pipelines.sources.preflight import Preflight, preflight
from pipelines.upstream.options import LoadOptions

# an instrument whose trades are collected so far back that the minute is proven, too
SEALED = ("binance", "ETH/USDT")
SENTIMENT = "sentiment"
SLOW = ("github",)  # 60 requests an hour: a second demo would wait for most of one


def demo_loads(say: Say) -> Preflight:
    """What of the archive, followed chains, markets and what people say is loaded.

    Raises:
        UpstreamError: nobody answers.
    """
    config = configuration()
    wanted = {"archive": LoadOptions(subjects=[SEALED[1]]), "exchange": LoadOptions()}
    wanted |= {"evm": LoadOptions()} if followed(config) else {}
    wanted |= dict.fromkeys(simulated(), LoadOptions())
    found = preflight(wanted, config)
    for failure in found.failures:
        say(f"left out: {failure}")
    return found


def simulated() -> list[str]:
    """The sources of sentiment that are on and not asked themselves."""
    specs = [source_spec(name) for name in members(SENTIMENT) if name not in SLOW]
    return [s.name for s in specs if stand_ins(s.url_settings()) and not s.off()]
