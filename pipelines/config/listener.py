"""The configuration of what runs: one that stays, or one that follows the tables.

The tables are the configuration; the stream of their changes says when to look. They
are read in one statement each time its consumer has committed a batch, so that what
was consumed is always contained, and two changes of one transaction never come apart:
docs/decisions/0008-the-tables-configure-the-stream-tells-when.md
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

import psycopg

from pipelines import warehouse
from pipelines.config.model import Configuration
from pipelines.config.rows import configuration, standing
from pipelines.errors import SetupError
from pipelines.local.service import Say

CHANNEL = "bullion_config"  # ops.register_stream_load notifies it of each batch
PAUSES_S = (0.1, 0.5, 1.0, 2.0, 5.0)  # before it connects again; the last from then on
WAIT_S = 0.2  # how soon `close` is seen
SILENCE_S = 15.0  # after it the connection is tried: its other end may have vanished
CLOSE_S = 10.0

Connection = warehouse.Connection
Read = Callable[[Connection], Configuration]


class ConfigProvider(Protocol):
    """What knows the configuration that counts now."""

    @property
    def current(self) -> Configuration:
        """It; immutable, and cheap to ask for at each request."""
        ...


@dataclass(frozen=True)
class StaticConfig:
    """A configuration that stays as it is."""

    current: Configuration


def config_provider(config: ConfigProvider | Configuration) -> ConfigProvider:
    """What may change, as it is; a configuration, as one that stays."""
    return StaticConfig(config) if isinstance(config, Configuration) else config


def _connect() -> Connection:
    return warehouse.connect("loader", warehouse.process_name("configuration"))


class ConfigListener:
    """The configuration as it stands in the warehouse, read again when it changed.

    A thread of its own listens and reads; it calls `adopted` with each configuration.
    What can not be read leaves the last one in force; `say` gets the reason, and it is
    tried again. After a lost connection it is read in any case: notifications that came
    meanwhile are lost.

    Raises:
        SetupError: no server is named and the embedded one does not run, or it has no
            config tables; of the first reading, as `OperationalError`.
        psycopg.OperationalError: the server does not answer.
    """

    def __init__(
        self,
        read: Read = standing,
        *,
        adopted: Callable[[Configuration], None] = lambda _: None,
        say: Say = lambda _: None,
        connect: Callable[[], Connection] = _connect,
    ) -> None:
        self._read, self._adopted = read, adopted
        self._say, self._connect = say, connect
        self._closing = threading.Event()
        self._last_message = ""
        connection = self._listen()
        try:
            self._current = read(connection)
            adopted(self._current)
        except BaseException:
            connection.close()
            raise
        self._thread = threading.Thread(
            target=self._run, args=(connection,), name="configuration", daemon=True
        )
        self._thread.start()

    @property
    def current(self) -> Configuration:
        """What was read last."""
        return self._current

    def close(self) -> None:
        """Listen no more; the last configuration stays."""
        self._closing.set()
        self._thread.join(CLOSE_S)

    def _listen(self) -> Connection:
        connection = self._connect()
        connection.execute(f"listen {CHANNEL}".encode())
        return connection

    def _run(self, first: Connection) -> None:
        connection: Connection | None = first
        failures = 0
        while not self._closing.is_set():
            try:
                if connection is None:
                    connection = self._listen()
                    self._adopt(connection)
                    self._report("")
                    failures = 0
                self._follow(connection)
            except Exception as error:  # noqa: BLE001  # the last one stays in force
                _close(connection)
                connection = None
                pause = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
                failures += 1
                reason = " ".join(str(error).split()) or repr(error)
                self._report(f"the configuration stays as it was: {reason}")
                self._closing.wait(pause)
        _close(connection)

    def _follow(self, connection: Connection) -> None:
        """Read after each notification; of a burst once."""
        last_message_at = time.monotonic()
        while not self._closing.is_set():
            if any(True for _ in connection.notifies(timeout=WAIT_S, stop_after=1)):
                for _ in connection.notifies(timeout=0):
                    pass
                self._adopt(connection)
            elif time.monotonic() - last_message_at < SILENCE_S:
                continue
            else:
                connection.execute("select 1")
            last_message_at = time.monotonic()

    def _adopt(self, connection: Connection) -> None:
        self._current = self._read(connection)
        self._adopted(self._current)

    def _report(self, message: str) -> None:
        if message and message != self._last_message:
            self._say(message)
        self._last_message = message


def _close(connection: Connection | None) -> None:
    if connection is not None:
        with suppress(psycopg.Error):
            connection.close()


@contextmanager
def listening(
    say: Say = lambda _: None,
    read: Read = standing,
    adopted: Callable[[Configuration], None] = lambda _: None,
) -> Iterator[ConfigProvider]:
    """The configuration that counts while the block runs.

    Where no server runs it is that of the seeds: what was asked for can be checked.

    Raises:
        SetupError: the seeds are wrong.
        psycopg.OperationalError: the server does not answer.
    """
    try:
        listener = ConfigListener(read, adopted=adopted, say=say)
    except SetupError:
        yield StaticConfig(configuration())
        return
    try:
        yield listener
    finally:
        listener.close()
