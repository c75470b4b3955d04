"""What the demo loads, of whom answers; told before Prefect, which takes seconds."""

from pipelines.bronze.load import Say
from pipelines.config.rows import configuration
from pipelines.sources.evm_node.choices import followed
from pipelines.sources.preflight import Preflight, preflight
from pipelines.upstream.options import LoadOptions

# an instrument whose trades are collected so far back that the minute is proven, too
SEALED = ("binance", "ETH/USDT")


def demo_loads(say: Say) -> Preflight:
    """What of the archive, the chains that are followed and the markets is loaded.

    Raises:
        UpstreamError: nobody answers.
    """
    config = configuration()
    wanted = {"archive": LoadOptions(subjects=[SEALED[1]]), "exchange": LoadOptions()}
    wanted |= {"evm": LoadOptions()} if followed(config) else {}
    found = preflight(wanted, config)
    for failure in found.failures:
        say(f"left out: {failure}")
    return found
