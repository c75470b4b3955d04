"""A warehouse set up: the SQL of `sql/bootstrap/`, and the rows that it begins with.

The words of the configuration are what this release declares, written each time. The
operator's choices begin as the seeds, once:
docs/decisions/0012-the-seeds-are-imported-once.md
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.config import words
from pipelines.config.csv_import import import_once
from pipelines.local import bootstrap, stack
from pipelines.local.service import Say, ServiceStatus, silent
from pipelines.settings import settings
from pipelines.sources import known_words
from pipelines.sources.exchange import manners
from pipelines.warehouse import Connection, process_name


def up(only: Sequence[str] | None = None, say: Say = silent) -> list[ServiceStatus]:
    """As `stack.up`; Postgres is bootstrapped as `apply` does, with the seeds.

    Raises:
        SetupError, UnavailableError, BusyError: as `stack.up`.
        BadDataError: a row of the seeds is refused.
    """
    return stack.up(only, say, partial(fill, seeds=settings().seeds_dir, say=say))


def apply(
    dsn: str = "", *, seeds: Path | None = None, say: Say = silent, **parameters: Any
) -> list[str]:
    """As `bootstrap.apply`, and fill what it made; the seeds where they are named."""
    filled = partial(fill, seeds=seeds, say=say)
    return bootstrap.apply(dsn, fill=filled, say=say, **parameters)


def fill(connection: Connection, *, seeds: Path | None, say: Say) -> None:
    """Write what a warehouse begins with. Idempotent."""
    words.write(connection, known_words())
    manners.write(connection)
    connection.execute(
        "select set_config('application_name', %s, true)", (process_name("up"),)
    )
    if seeds is not None:
        count = import_once(connection, seeds)
        if count is not None:
            say(f"imported the configuration of {seeds}: {count} rows")
