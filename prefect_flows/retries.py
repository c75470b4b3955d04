"""What a task may try again: what another attempt may change.

A client has tried each request already; an attempt of a task is a load or a build of
its own, which goes on where the one before it stopped.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from pipelines.errors import BusyError, UpstreamError, as_one

MAY_PASS = (UpstreamError, BusyError, psycopg.OperationalError)


def may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether what failed may succeed a while later; bad data and settings do not."""
    return isinstance(state.data, MAY_PASS)


def raise_failures(failures: Sequence[Exception]) -> None:
    """Raise one error with every failure of a load, after the others went on.

    Raises:
        UpstreamError: another attempt may bring a part of what failed.
        BadDataError: it would bring nothing of it.
    """
    if failures:
        raise as_one(failures)
