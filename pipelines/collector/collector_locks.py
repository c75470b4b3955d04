"""The locks of a collector: what it was told to collect, and the chains it follows."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg

from pipelines import warehouse
from pipelines.bronze.load import Say
from pipelines.warehouse import Connection

WORK = "collect"
LOCK_S = 20.0  # for a lock that a process which died still holds


@dataclass
class CollectorLocks:
    """The locks, and the connection that holds them; a lost one is made anew.

    Attributes:
        names: of venues, chains and sources that it was told to collect; none: all.
        say: what is told of a connection that is lost, and once of who else follows a
            chain.
    """

    names: Sequence[str]
    say: Say
    _followed: set[str] = field(default_factory=set)
    _elsewhere: set[str] = field(default_factory=set)
    _connection: Connection | None = None
    _holding: ExitStack = field(default_factory=ExitStack)

    @property
    def is_open(self) -> bool:
        """Whether the warehouse answered last."""
        return self._connection is not None

    def connection(self) -> Connection:
        """The connection, made anew where it was lost.

        Raises:
            BusyError: another process collects by one of the names.
            psycopg.OperationalError: the warehouse does not answer.
        """
        if self._connection is None:
            keys = [_key(name) for name in self.names] or [WORK]
            locked = warehouse.locked(keys, WORK, wait_s=LOCK_S)
            self._connection = self._holding.enter_context(locked)
        return self._connection

    def follows(self, chain: str) -> bool:
        """Whether it is this collector that follows the chain: one does at a time."""
        if chain in self._followed or self._connection is None:
            return chain in self._followed
        try:
            if warehouse.try_lock(self._connection, _key(chain)):
                self._followed.add(chain)
                self._elsewhere.discard(chain)
            elif chain not in self._elsewhere:
                self._elsewhere.add(chain)
                holder = warehouse.holder(self._connection, _key(chain))
                held = f"{_key(chain)} is held by {holder}"
                self.say(f"{held}; taken over once it is free")
        except psycopg.OperationalError as error:
            self.lost(error)
        return chain in self._followed

    def lost(self, error: Exception) -> None:
        """The warehouse did not answer: what was locked is free."""
        if self._connection is not None:
            self.close()
            self.say(f"the warehouse did not answer: {error}")

    def close(self) -> None:
        """Free all."""
        self._followed.clear()
        self._connection = None
        self._holding.close()


def _key(name: str) -> str:
    return f"{WORK} {name}"
