"""dbt in this process, its manifest parsed once for all of a test session's runs."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

from pipelines.settings import PROJECT_DIR, settings

# of a run's Python a tenth was lines of logs that nobody reads
UNREAD = ("--log-level", "none", "--log-level-file", "none")
PROJECT = PROJECT_DIR / "dbt"
QUIET = ("--quiet", "--no-write-json", *UNREAD)


class TransformError(Exception):
    """dbt ended with errors; their texts."""


def places(project: Path = PROJECT) -> list[str]:
    """Where the project lies, and where dbt may write: no two tests in one folder."""
    target = settings().data_dir / "dbt_target"
    folders = {"project-dir": project, "profiles-dir": project, "target-path": target}
    return [word for name, at in folders.items() for word in (f"--{name}", str(at))]


@cache
def manifest(database: str, project: Path = PROJECT) -> Any:
    """The project, with the name of the database in every relation."""
    parsed = dbtRunner().invoke([*QUIET, "parse", *places(project)])
    if parsed.exception or not parsed.success:
        raise TransformError(str(parsed.exception))
    return parsed.result


class Transform:
    """Runs dbt commands of a project on the warehouse that `PG*` names."""

    def __init__(self, project: Path = PROJECT) -> None:
        self._places = places(project)
        self._runner = dbtRunner(manifest=manifest(settings().pgdatabase, project))

    def run(self, *arguments: str) -> Sequence[Any]:
        """The results of `dbt ARGUMENTS`.

        Raises:
            TransformError: a node failed.
        """
        outcome = self._runner.invoke([*QUIET, *arguments, *self._places])
        results = list(getattr(outcome.result, "results", None) or [])
        failed = [
            f"{r.node.name}: {r.message}"
            for r in results
            if r.status not in ("success", "pass", "no-op")
        ]
        if outcome.exception or failed or not outcome.success:
            raise TransformError(f"{outcome.exception or ''} {failed}")
        return results


def build() -> Transform:
    """Silver and gold, built for the first time."""
    transform = Transform()
    transform.run("seed")
    transform.run("run")
    return transform
