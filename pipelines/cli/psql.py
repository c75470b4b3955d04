"""psql as `analyst`: gold first on the search path, read only."""

import subprocess

from pipelines import warehouse
from pipelines.local.postgres_distribution import installed
from pipelines.settings import child_environment

OPTIONS = (
    "-c role=analyst -c search_path=gold -c timezone=UTC"
    " -c default_transaction_read_only=on"
)


def run(command: str | None, *, csv: bool) -> int:
    """Open psql, or run `command` in it; psql's exit code.

    Raises:
        SetupError: the warehouse is not there.
    """
    program = str(installed().program("psql"))
    # an operator's own psqlrc could add words to what a script reads
    words = ["--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-c", command] if command else []
    variables = {**warehouse.environment(), "PGOPTIONS": OPTIONS}
    return subprocess.run(
        [program, *(["--csv"] if csv else []), *words],
        env=child_environment(variables),
        check=False,
    ).returncode
