"""Collect: all that is configured, live and its history, until the run is cancelled."""

from functools import partial

from prefect import flow, get_run_logger

from pipelines.collector.collect import Collected, CollectOptions
from pipelines.collector.collect import collect as run
from pipelines.errors import BusyError
from pipelines.sources.connectors import Chosen
from pipelines.sources.origin import settle_origin
from prefect_flows.alerts import DOUBTED, alert, alerting
from prefect_flows.cancelling import cancelled


@alerting
@flow(name="collect")
def collect(
    exchanges: list[str] | None = None,
    chains: list[str] | None = None,
    sources: list[str] | None = None,
    *,
    every_s: float = 60,
    after_s: float = 2,
) -> None:
    """Load what is configured until the run is cancelled; pages under way end first.

    Changes of the configuration are taken up while it runs. Where another process
    collects the same there is nothing to do; a chain that another one follows is left
    to that one until it ends. Blocks that no endpoint has right, or two have otherwise,
    are told of as alerts.

    Args:
        exchanges: venues by id, such as `kraken`; where no chain is named either, all
            that are enabled.
        chains: as `config.chains` has them; where no venue is named either, all.
        sources: of these alone, such as `evm`: with what is added to them; all by
            default.
        every_s: seconds between a venue's live loads, at most a chain's block time.
        after_s: seconds past the round instant at which they begin.

    Raises:
        SetupError: there is no warehouse.
    """
    logger = get_run_logger()
    chosen = Chosen([*(exchanges or ()), *(chains or ())], sources or ())
    options = CollectOptions(chosen, every_s, after_s)
    doubted = partial(alert, logger, DOUBTED)
    settle_origin(logger.info)
    try:
        with cancelled() as stop:
            done = run(stop, options, Collected(say=logger.info, doubted=doubted))
    except BusyError as error:
        logger.warning("%s", error)
        return
    logger.info(
        "collected: loads=%s rows=%s failures=%s configurations=%s",
        done.loads_count,
        done.rows_count,
        done.failures_count,
        done.configurations_count,
    )
