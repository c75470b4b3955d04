"""What a task may try again: what another attempt may change.

A client has tried each request already; an attempt of a task is a load or a build of
its own, which goes on where the one before it stopped.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from threading import Event
from typing import Any

import psycopg
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from pipelines.errors import BullionError, BusyError, UpstreamError, as_one
from pipelines.upstream.stopping import interruptible

_waited_for = ContextVar("waited_for", default=False)
MAY_PASS = (UpstreamError, BusyError, psycopg.OperationalError)


def may_pass(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether what failed may succeed a while later; bad data and settings do not."""
    return isinstance(state.data, MAY_PASS) and not _waited_for.get()


@contextmanager
def waited_for() -> Iterator[None]:
    """A person waits for the flows in here: no task waits for a minute to try again.

    What is refused is a line on the terminal, and that the person stopped it is none:
    the command says so. Traceback and crash are on the run's page.

    Raises:
        KeyboardInterrupt: the person stopped it.
    """
    token = _waited_for.set(True)  # threads of tasks begin with a copy
    with interruptible() as stopped:
        terminal = logging.getLogger().handlers
        is_told = partial(_is_told, stopped)
        for handler in terminal:
            handler.addFilter(is_told)
        try:
            yield
        finally:
            _waited_for.reset(token)
            for handler in terminal:
                handler.removeFilter(is_told)


def _is_told(stopped: Event, record: logging.LogRecord) -> bool:
    """Whether a line is told; what Bullion refuses is told without its traceback."""
    if stopped.is_set():
        return False
    if record.exc_info and isinstance(record.exc_info[1], BullionError):
        record.exc_info = record.exc_text = None  # the server's handler came before
    return True


def raise_failures(failures: Sequence[Exception]) -> None:
    """Raise one error with every failure of a load, after the others went on.

    Raises:
        UpstreamError: another attempt may bring a part of what failed.
        BadDataError: it would bring nothing of it.
    """
    if failures:
        raise as_one(failures)
