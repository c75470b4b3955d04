"""What is asked of one load of a source, by a command line or a deployment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.config.model import Priority, Since
from pipelines.config.span import Numbers, check_numbers, parse_span


@dataclass(frozen=True)
class LoadOptions:
    """What was asked for; what is left out comes from the configuration.

    Attributes:
        scopes: who is asked, such as venues.
        subjects: about what, such as symbols.
        feeds: none: what is configured, or the source's default of a named subject.
        since: where it begins; half-open with `until`.
        until: None: up to the upstream's now.
        first: where it begins on an axis of numbers; half-open with `end`.
        end: None: up to the highest number.
        again: what was verified is verified once more.
        recordings: a folder of recorded bodies, which are loaded instead of asking.
        archive: a file of items, likewise.
        now: when recordings were fetched that do not say; None: now.
    """

    scopes: Sequence[str] = ()
    subjects: Sequence[str] = ()
    feeds: Sequence[str] = ()
    since: Since | None = None
    until: datetime | None = None
    first: int | None = None
    end: int | None = None
    priority: Priority | None = None
    again: bool = False
    recordings: Path | None = None
    archive: Path | None = None
    now: datetime | None = None

    @classmethod
    def parse(
        cls,
        scopes: Sequence[str] | None = None,
        subjects: Sequence[str] | None = None,
        since: str | None = None,
        until: str | None = None,
        *,
        numbers: Numbers = (None, None),
        feeds: Sequence[str] | None = None,
        priority: Priority | None = None,
        again: bool = False,
    ) -> "LoadOptions":
        """What words say.

        Raises:
            SetupError: a time is not ISO UTC, a number below 0, or the span is empty.
        """
        start, end = parse_span(since or None, until or None)
        check_numbers(*numbers)
        return cls(
            scopes or (),
            subjects or (),
            feeds or (),
            start,
            end,
            *numbers,
            priority,
            again,
        )
