"""How far a load is: how many minutes will be asked for, and what came."""

from typing import Protocol


class Progress(Protocol):
    """Called by the threads of a load, for all series alike."""

    def planned(self, minutes: int) -> None:
        """So many minutes more will be asked for."""

    def answered(self, minutes: int, rows: int) -> None:
        """So many of them have been, with so many rows."""


class NoProgress:
    """Shows nothing."""

    def planned(self, minutes: int) -> None: ...

    def answered(self, minutes: int, rows: int) -> None: ...


NO_PROGRESS = NoProgress()
