"""One load of blocks into bronze, in a process of its own."""

from contextlib import ExitStack
from dataclasses import replace
from unittest.mock import patch

from pipelines.config.model import Configuration
from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR, export, rpc_urls_setting
from pipelines.sources.evm_node import fetch_processes, fetching
from pipelines.sources.evm_node.source import EvmSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.bench.child import Facts, answer
from tests.bench.fetch_unproved import unproved

UNPROVED = "tests.bench.fetch_unproved"


def measure(asked: Facts) -> Facts:
    """Load the first blocks of a node without a budget, with all proofs or none."""
    chain = asked["chain"]
    export({rpc_urls_setting(chain): asked["url"]})
    options = LoadOptions(scopes=[chain], first=0, end=asked["blocks"])
    source = EvmSource(_configuration(chain), options, is_unlimited=True)
    with ExitStack() as stack:
        if not asked["is_proved"]:
            stack.enter_context(patch.object(fetching, "prove", unproved))
            stack.enter_context(patch.object(fetch_processes, "MODULE", UNPROVED))
        facts = load(source)
    if source.failures or facts is None:
        raise SystemExit(f"the load failed: {source.failures}")
    return {"rows": facts.rows_count}


def _configuration(chain: str) -> Configuration:
    seeds = configuration(PROJECT_DIR / "seeds")
    proved = replace(seeds.chains[chain], proof_level="full")
    return replace(seeds, chains={**seeds.chains, chain: proved})


if __name__ == "__main__":
    answer(measure)
