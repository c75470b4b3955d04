"""Reads open changes, then the configuration: so what is open is contained in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipelines.collector.events import Adopted
from pipelines.config.model import Configuration
from pipelines.config.rows import standing
from pipelines.config.status import ChangeStatus, open_changes, rowless_changes
from pipelines.sources import adopted_tables, series_tables
from pipelines.warehouse import Connection

ROWLESS_WITHIN = timedelta(days=1)  # an instrument may not trade for hours


@dataclass
class ConfigReader:
    """What a `ConfigListener` reads with; `report` gets each adoption."""

    report: Callable[[Adopted], None]
    _open: Sequence[ChangeStatus] = ()
    _rowless: Sequence[ChangeStatus] = ()

    def __call__(self, connection: Connection) -> Configuration:
        """The configuration; what was open before it is kept for `adopted`."""
        self._open = open_changes(connection, [*series_tables(), *adopted_tables()])
        self._rowless = rowless_changes(
            connection, list(series_tables()), ROWLESS_WITHIN
        )
        return standing(connection)

    def adopted(self, configuration: Configuration) -> None:
        """Report the configuration, which is in force from now on."""
        self.report(Adopted(configuration, self._open, self._rowless))
