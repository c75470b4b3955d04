"""Read contracts: what tokens say of themselves, beside the loads of blocks."""

from prefect import flow, get_run_logger

from pipelines.config.rows import configuration
from pipelines.sources.evm_node.choices import followed
from pipelines.sources.evm_node.tables import CONTRACT_READS
from prefect_flows.alerts import alerting
from prefect_flows.load import load


@alerting
@flow(name="read contracts")
def read_contracts(chains: list[str] | None = None) -> None:
    """Read symbol, name and decimals of tokens whose transfers new loads brought.

    Each is read once, at history's priority; another flow's transform takes it up.

    Args:
        chains: as `config.chains` has them; by default those that are enabled and
            have an endpoint.

    Raises:
        UpstreamError: some calls are not answered; the next run makes them.
        SetupError: a chain is not known, or has no endpoint.
    """
    if not (chains or followed(configuration())):
        get_run_logger().info("no chain that is enabled has an endpoint")
        return
    load("evm", chains, feeds=[CONTRACT_READS.name])
