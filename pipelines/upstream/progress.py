"""Who watches a load: told how many minutes will be asked for, and what came."""

from typing import Protocol


class Watch(Protocol):
    """Told by the threads of a load, of all series alike."""

    def planned(self, minutes: int) -> None:
        """So many minutes more will be asked for."""

    def answered(self, minutes: int, rows: int) -> None:
        """So many of them have been, with so many rows."""


class Unwatched:
    """Nobody watches."""

    def planned(self, minutes: int) -> None:
        """Nothing to do."""

    def answered(self, minutes: int, rows: int) -> None:
        """Nothing to do."""
