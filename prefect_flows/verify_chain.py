"""Verify chain: what is proved of blocks, proved again from bronze's rows."""

from datetime import timedelta

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact

from pipelines.config.rows import configuration
from pipelines.errors import BadDataError
from pipelines.sources.evm_node.told_differently import told_differently
from pipelines.sources.evm_node.verify import Verified, verify
from prefect_flows.alerts import alerting
from prefect_flows.retries import may_pass, raise_failures

SINCE = timedelta(days=1)  # as often as it is deployed to run
WAIT_S = 600.0  # for a verification of the chain that is under way


@task(
    name="verify blocks",
    task_run_name="verify {chain}",
    tags=["evm"],
    retries=2,
    retry_delay_seconds=[10, 60],
    retry_condition_fn=may_pass,
)
def verify_blocks(
    chain: str, first: int | None, end: int | None, *, one_in: int
) -> Verified:
    """Prove one block in so many of a chain."""
    done = verify(chain, first, end, one_in=one_in, wait_s=WAIT_S)
    get_run_logger().info(
        "chain=%s blocks=%s transactions=%s failed=%s",
        chain,
        done.blocks_count,
        done.transactions_count,
        done.failed_count,
    )
    return done


@alerting
@flow(name="verify chain")
def verify_chain(
    chains: list[str] | None = None,
    *,
    one_in: int = 100,
    first: int | None = None,
    end: int | None = None,
) -> None:
    """Prove a random share of the blocks that bronze holds, without an endpoint.

    Told of as well are the blocks of the last day that two endpoints had differently.
    The table of the proofs by result is an artifact of the run.

    Args:
        chains: as `config.chains` has them; those that are enabled by default.
        one_in: one block in so many.
        first: from this block, included.
        end: to this block, excluded.

    Raises:
        BadDataError: a proof failed, or endpoints differ; each is named with its block.
        SetupError: a chain is not known.
    """
    known = configuration().chains.values()
    names = chains or [choice.chain for choice in known if choice.is_enabled]
    verified = [verify_blocks(name, first, end, one_in=one_in) for name in names]
    create_table_artifact(
        table=[
            {"chain": one.chain, "proof": proof, "result": result, "blocks": str(count)}
            for one in verified
            for (proof, result), count in one.results.items()
        ],
        key="verify-chain",
        description=f"Proofs made again of one block in {one_in}",
    )
    raise_failures(
        [
            BadDataError(
                f"{proof.proof} of block {proof.block_number} of {one.chain}:"
                f" {proof.reason}"
            )
            for one in verified
            for proof in one.failures
        ]
        + [
            BadDataError(said)
            for name in names
            for said in told_differently(name, SINCE)
        ]
    )
