"""Follow chain: the blocks of chains as they come, until the run is cancelled."""

from prefect import flow, get_run_logger

from pipelines.config.rows import configuration
from pipelines.sources.evm_node.choices import followed
from pipelines.sources.evm_node.source import EvmSource
from prefect_flows.alerts import alerting
from prefect_flows.collect import collect


@alerting
@flow(name="follow chain")
def follow_chain(chains: list[str] | None = None) -> None:
    """Collect chains alone, live and their history: new blocks at the pace they come.

    What changes of a chain, is switched on or off, or added, is taken up while it runs.
    Where no chain that is enabled has an endpoint there is nothing to do.

    Args:
        chains: as `config.chains` has them; by default all that it has and comes to
            have.

    Raises:
        SetupError: there is no warehouse.
    """
    if not (chains or followed(configuration())):
        get_run_logger().info("no chain that is enabled has an endpoint")
        return
    collect(chains=chains, sources=[EvmSource.name])
