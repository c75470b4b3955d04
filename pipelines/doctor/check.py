"""A check: something looked at, what was found, and what mends it."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from pipelines.errors import BullionError

ANSWER_TIMEOUT_S = 2  # of every server that a check asks


@dataclass(frozen=True)
class Check:
    """A thing looked at; `mend` is empty when it is well.

    A warning is well enough for now: `ok`, with what will have to be mended.
    """

    name: str
    ok: bool
    meaning: str
    mend: str = ""
    is_warning: bool = False


class TroubleError(BullionError):
    """What a look found wrong; `mend` in place of the check's own."""

    def __init__(
        self, meaning: str, mend: str = "", *, is_warning: bool = False
    ) -> None:
        super().__init__(meaning)
        self.mend = mend
        self.is_warning = is_warning


def looked(name: str, look: Callable[[], str], mend: str) -> Check:
    """`look` says what it found, or raises what is wrong."""
    try:
        return Check(name, ok=True, meaning=look())
    except TroubleError as trouble:
        told = trouble.mend or mend
        ok = trouble.is_warning
        return Check(name, ok=ok, meaning=str(trouble), mend=told, is_warning=ok)
    except (BullionError, OSError, psycopg.Error) as error:
        return Check(name, ok=False, meaning=str(error).strip(), mend=mend)
