"""How a command ends that can not continue: a message and an exit code."""

from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from pipelines.errors import BadDataError, BullionError, UpstreamError
from pipelines.local import place

INTERRUPTED = 130
GOES_ON = "stopped; the same command goes on from here"


def refuse(message: str, exit_code: int) -> typer.Exit:
    """Print a message on stderr; the exit to raise."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"bullion: {message}", style="red", markup=False)
    return typer.Exit(exit_code)


def exit_code_of(failures: list[Exception]) -> int:
    """Of a load that others went on without: bad data wants a person, an outage not."""
    is_bad = any(isinstance(failure, BadDataError) for failure in failures)
    return (BadDataError if is_bad else UpstreamError).exit_code


def refusal(error: BaseException) -> typer.Exit | None:
    """The message instead of a traceback; None: it is our own mistake."""
    if isinstance(error, BullionError):
        return refuse(str(error), error.exit_code)
    if _interrupted(error):
        return refuse(GOES_ON, INTERRUPTED)
    if isinstance(error, OSError) and (unusable := place.refusal(error)):
        return refuse(str(unusable), unusable.exit_code)
    from psycopg import OperationalError  # a third of a second

    if isinstance(error, OperationalError):
        message = f"the warehouse does not answer: {str(error).strip()}"
        return refuse(message, UpstreamError.exit_code)
    return None


def _interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C led to it: dlt stumbles over its own threads on the way out."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


class Commands(TyperGroup):
    """The commands; what they refuse is one sentence and no traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except (Exception, KeyboardInterrupt) as error:
            exit_ = refusal(error)
            if exit_ is None:
                raise
            raise exit_ from error
