"""Follow config: changes of the configuration into bronze, as they are committed."""

from prefect import flow, get_run_logger

from pipelines.errors import BusyError
from pipelines.local import kafka_service
from pipelines.sources.config_changes import follow
from prefect_flows.alerts import alerting
from prefect_flows.cancelling import cancelled


@alerting
@flow(name="follow config")
def follow_config(*, until_current: bool = False) -> None:
    """Take changes in until the run is cancelled; the batch at hand is finished.

    It begins where bronze ends. Where another process follows already, or no Kafka was
    given or ever started here, there is nothing to do.

    Args:
        until_current: end when what stands in the topics now is read.

    Raises:
        UpstreamError: of a run that should end: Kafka did not answer in time.
    """
    logger = get_run_logger()
    if kafka_service.known_address() is None:
        logger.info("no Kafka was given or started: there is nothing to follow")
        return
    try:
        with cancelled() as stop:
            done = follow.follow_config(stop, logger.info, until_current=until_current)
    except BusyError as error:
        logger.warning("%s", error)
        return
    logger.info(
        "followed: messages=%s new=%s quarantined=%s inferred_deletes=%s",
        done.messages_count,
        done.new_count,
        done.refused_count,
        done.inferred_count,
    )
