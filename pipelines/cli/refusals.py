"""How a command ends that can not continue: a message and an exit code.

The one place that turns errors into sentences, for every command; where JSON was asked
for, a sentence is a JSON object on a line of stderr.
"""

import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import typer
from typer.core import TyperGroup

from pipelines.errors import (
    BadDataError,
    BullionError,
    SetupError,
    UpstreamError,
    interrupt_of,
)
from pipelines.terminal import output

INTERRUPTED = 130
WRONG_WORDS = 2  # of the shell and of every command in it
OWN_MISTAKE = 70  # EX_SOFTWARE of sysexits.h
GOES_ON = "stopped; the same command goes on from here"


def refuse(message: str, exit_code: int) -> typer.Exit:
    """Print a message on stderr; the exit to raise."""
    output.refuse(message, exit_code)
    return typer.Exit(exit_code)


def end_with(failures: Sequence[Exception], show: Callable[[], None]) -> None:
    """Name what failed of a load that others went on without, show these, and end.

    Raises:
        typer.Exit: something failed.
    """
    for failure in failures:
        output.fail(str(failure))
    show()
    if failures:
        raise typer.Exit(exit_code_of(failures))


def exit_code_of(failures: Sequence[Exception]) -> int:
    """Of a load that others went on without: bad data wants a person, an outage not."""
    is_bad = any(isinstance(failure, BadDataError) for failure in failures)
    return (BadDataError if is_bad else UpstreamError).exit_code


def refusal(error: BaseException) -> typer.Exit:
    """The message instead of a traceback, whatever the error is."""
    if interrupt_of(error):
        return refuse(GOES_ON, INTERRUPTED)
    if isinstance(error, BullionError):
        return refuse(str(error), error.exit_code)
    if isinstance(error, OSError) and (unusable := _unusable(error)):
        return unusable
    import psycopg  # a third of a second

    message = " ".join(str(error).split())
    if isinstance(error, psycopg.OperationalError):
        message = f"the warehouse does not answer: {message}"
        return refuse(message, UpstreamError.exit_code)
    if isinstance(error, psycopg.Error):
        mend = "if another release set it up, `bullion up` mends it"
        return refuse(f"the warehouse refuses: {message}: {mend}", SetupError.exit_code)
    return _own_mistake(error)


def _unusable(error: OSError) -> typer.Exit | None:
    from pipelines.local import place

    if refused := place.refusal(error):
        return refuse(str(refused), refused.exit_code)
    if error.filename and error.strerror:  # a file that was named on the command line
        return refuse(f"{error.filename}: {error.strerror}", SetupError.exit_code)
    return None


def _own_mistake(error: BaseException) -> typer.Exit:
    """The traceback goes to a file: it is for who mends Bullion."""
    from pipelines.settings import settings

    folder = settings().folder("mistakes")
    file = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.txt"
    file.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    told = f"{type(error).__name__}: {error}"
    return refuse(f"a mistake of Bullion's own: {told} (its way: {file})", OWN_MISTAKE)


class Commands(TyperGroup):
    """The commands; what they refuse is one sentence and no traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note whether JSON is asked for, whatever becomes of the other words."""
        output.speak_json(asked="--json" in args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except typer.TyperException as error:  # words that are none of the command's
            if not output.speaks_json():
                raise
            told = getattr(error, "message", "") or str(error)
            raise refuse(told, WRONG_WORDS) from error
        except (Exception, KeyboardInterrupt) as error:
            raise refusal(error) from error
