"""Check stream: each part of the stream of config changes, one task a look."""

from prefect import flow, get_run_logger, task
from prefect.client.schemas.objects import State
from prefect.states import Completed

from pipelines.doctor.stream.checks import CHECKS, is_in_use
from pipelines.errors import SetupError
from pipelines.upstream.health_check import CheckResult, FailedCheckError
from prefect_flows.alerts import alerting


@task(name="look", task_run_name="{name}", tags=["stream"])
def look(name: str) -> CheckResult | State[CheckResult]:
    """Check one part; a warning completes under that name.

    Raises:
        FailedCheckError: what is wrong, and the command that mends it.
    """
    check = CHECKS[name].run()
    message = f"{check.meaning}; mend: {check.mend}" if check.mend else check.meaning
    if not check.ok:
        raise FailedCheckError(message, check.mend)
    if check.is_warning:
        get_run_logger().warning("%s: %s", name, message)
        return Completed(name="Warning", message=message, data=check)
    get_run_logger().info("%s: %s", name, message)
    return check


@alerting
@flow(name="check stream")
def check_stream(only: list[str] | None = None) -> None:
    """Check every part of the stream; one that fails does not hide the others.

    There is nothing to look at where the stream was never used.

    Args:
        only: these parts, such as `slot`; all by default.

    Raises:
        FailedCheckError: every part that is wrong, with what mends it.
        SetupError: a part has another name.
    """
    names = only or list(CHECKS)
    if unknown := sorted(set(names) - set(CHECKS)):
        raise SetupError(
            f"no part is called {unknown[0]}: there are {', '.join(CHECKS)}"
        )
    if not is_in_use():
        get_run_logger().info("the stream is not in use")
        return
    states = {name: look(name, return_state=True) for name in names}
    wrong = [
        f"{name}: {state.result(raise_on_failure=False)}"
        for name, state in states.items()
        if not state.is_completed()
    ]
    if wrong:
        raise FailedCheckError("; ".join(wrong))
