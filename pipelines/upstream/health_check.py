"""A health check: what it examines, its result, and what mends a failure."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from pipelines.errors import BullionError

ANSWER_TIMEOUT_S = 2  # of every server that a check asks


@dataclass(frozen=True)
class CheckResult:
    """The result of a check; `mend` is empty when all is well.

    A warning is well enough for now: `ok`, with what will have to be mended.
    """

    name: str
    ok: bool
    meaning: str
    mend: str = ""
    is_warning: bool = False


class FailedCheckError(BullionError):
    """A check that failed; `mend` in place of the check's own."""

    def __init__(
        self, meaning: str, mend: str = "", *, is_warning: bool = False
    ) -> None:
        super().__init__(meaning)
        self.mend = mend
        self.is_warning = is_warning


@dataclass(frozen=True)
class HealthCheck:
    """Something to examine: `probe` says how it is, or raises what is wrong.

    `mend` is what helps where the failure names nothing of its own.
    """

    name: str
    probe: Callable[[], str]
    mend: str

    def run(self) -> CheckResult:
        """Run the probe."""
        try:
            return CheckResult(self.name, ok=True, meaning=self.probe())
        except FailedCheckError as failure:
            return CheckResult(
                self.name,
                ok=failure.is_warning,
                meaning=str(failure),
                mend=failure.mend or self.mend,
                is_warning=failure.is_warning,
            )
        except (BullionError, OSError, psycopg.Error) as error:
            meaning = str(error).strip()
            return CheckResult(self.name, ok=False, meaning=meaning, mend=self.mend)
