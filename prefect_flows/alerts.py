"""Alerts: a message when a flow begins to fail, and one when it works again.

Where they go, `BULLION_ALERT_URLS` says, as apprise has addresses: of e-mail, Slack, a
webhook and others. https://github.com/caronc/apprise/wiki
"""

import logging
from typing import Any, TypeVar

from prefect import Flow, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterId,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.logging.loggers import flow_run_logger

from pipelines.settings import settings

Logger = logging.Logger | logging.LoggerAdapter[logging.Logger]
F = TypeVar("F", bound=Flow[..., Any])
MAX_CHARS = 2000  # of an error, which may name every series
FAILURES = (StateType.FAILED, StateType.CRASHED)
ENDS = [*FAILURES, StateType.COMPLETED]
DOUBTED = "what was loaded may be wrong"  # a title; no run fails for it


def alerting(flow: F) -> F:
    """Have people told when runs of the flow begin to fail, and when that is over."""
    flow.on_failure(_tell)
    flow.on_crashed(_tell)
    flow.on_completion(_tell)
    return flow


def _tell(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Send a message where the run ended otherwise than the one before it."""
    is_part = bool(flow_run.parent_task_run_id)  # of a run, which tells itself
    if is_part or not settings().alert_urls:
        return
    fails = state.type in FAILURES
    if fails == _failed_before(flow_run):
        return
    outcome = f"failed ({flow_run.name})" if fails else "works again"
    # a run that crashed is told of by its worker, which is in no run
    logger = flow_run_logger(flow_run, flow)
    body = state.message or state.name or ""
    alert(logger, f"{flow.name} {outcome}", body, fails=fails)


def alert(logger: Logger, title: str, body: str, *, fails: bool = True) -> None:
    """Send a message to whom `BULLION_ALERT_URLS` names; who takes none is logged."""
    secret = settings().alert_urls
    if not secret:
        return
    urls = secret.get_secret_value().split()
    wrong = _send(urls, f"bullion: {title}", body[:MAX_CHARS], fails=fails)
    if wrong:
        logger.error("address %s of BULLION_ALERT_URLS took no alert", wrong)


def _failed_before(run: FlowRun) -> bool:
    """Whether the run before this one failed, of its deployment or else of its flow."""
    ended = FlowRunFilterState(type=FlowRunFilterStateType(any_=ENDS))
    wanted = FlowRunFilter(state=ended)
    if run.deployment_id:
        same = FlowRunFilterDeploymentId(any_=[run.deployment_id])
        wanted = wanted.model_copy(update={"deployment_id": same})
    with get_client(sync_client=True) as client:
        # this one has ended, too
        newest = client.read_flow_runs(
            flow_filter=FlowFilter(id=FlowFilterId(any_=[run.flow_id])),
            flow_run_filter=wanted,
            sort=FlowRunSort.END_TIME_DESC,
            limit=2,
        )
    before = [other for other in newest if other.id != run.id]
    return bool(before) and before[0].state_type in FAILURES


def _send(urls: list[str], title: str, body: str, *, fails: bool) -> str:
    """Send it to each address; which ones took none, by position: they are secrets."""
    # slow to import, and there is seldom something to tell
    from apprise import Apprise, NotifyType  # noqa: PLC0415

    logging.getLogger("apprise").disabled = True  # it names addresses
    kind = NotifyType.FAILURE if fails else NotifyType.SUCCESS
    refused = []
    for position, url in enumerate(urls, 1):
        one = Apprise()
        if not (one.add(url) and one.notify(body, title, kind)):
            refused.append(str(position))
    return ", ".join(refused)
