"""dbt in this process, its manifest parsed once for all of a test session's runs."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from dbt.cli.main import dbtRunner

from pipelines.settings import PROJECT_DIR, settings

PLACES = ("--project-dir", str(PROJECT_DIR / "dbt"), "--profiles-dir")
QUIET = ("--quiet", "--no-write-json", "--no-use-colors", "--log-level-file", "none")


class TransformError(Exception):
    """dbt ended with errors; their texts."""


@cache
def _manifest(database: str) -> Any:  # names the database of every relation
    parsed = dbtRunner().invoke([*QUIET, "parse", *PLACES, str(PROJECT_DIR / "dbt")])
    if parsed.exception or not parsed.success:
        raise TransformError(str(parsed.exception))
    return parsed.result


class Transform:
    """Runs dbt commands on the warehouse that `PG*` names."""

    def __init__(self) -> None:
        self._runner = dbtRunner(manifest=_manifest(settings().pgdatabase))

    def run(self, *arguments: str) -> Sequence[Any]:
        """The results of `dbt ARGUMENTS`.

        Raises:
            TransformError: a node failed.
        """
        place = [*PLACES, str(PROJECT_DIR / "dbt")]
        outcome = self._runner.invoke([*QUIET, *arguments, *place])
        results = list(getattr(outcome.result, "results", None) or [])
        failed = [
            f"{r.node.name}: {r.message}"
            for r in results
            if r.status not in ("success", "pass", "no-op")
        ]
        if outcome.exception or failed or not outcome.success:
            raise TransformError(f"{outcome.exception or ''} {failed}")
        return results
