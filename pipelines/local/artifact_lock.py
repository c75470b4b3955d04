"""Writes the locks of `maven/`: what each jgo.toml resolves to, with the sums.

To run after a version was changed: `python -m pipelines.local.artifact_lock`. It
downloads into a folder of its own, so that a sum is never taken from an old file.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

from jgo.env import EnvironmentSpec, LockFile, compute_spec_hash
from jgo.maven import Dependency, MavenContext
from jgo.parse import Coordinate

from pipelines.local.artifact_download import Downloads, repositories
from pipelines.local.artifacts import FOLDER

WHOLE = {"tar.gz", "zip"}  # a distribution holds what it needs


def write(folder: Path) -> LockFile:
    """Resolve `jgo.toml` of `folder` and write `jgo.lock.toml` beside it."""
    spec = EnvironmentSpec.load(folder / "jgo.toml")
    with tempfile.TemporaryDirectory() as cache:
        context = MavenContext(
            resolver=Downloads({}, lambda *_: None),
            repo_cache=Path(cache),
            remote_repos=repositories(),
        )
        dependencies = [
            context.create_dependency(_parsed(text)) for text in spec.coordinates
        ]
        lock_file = LockFile.from_resolved_dependencies(
            _resolved(context, dependencies),
            environment_name=spec.name,
            spec_hash=compute_spec_hash(folder / "jgo.toml"),
        )
    lock_file.save(folder / "jgo.lock.toml")
    return lock_file


def _parsed(text: str) -> Coordinate:
    """The coordinate; jgo takes the packaging of a distribution for a classifier."""
    coordinate = Coordinate.parse(text)
    if coordinate.classifier in WHOLE:
        return replace(coordinate, classifier=None, packaging=coordinate.classifier)
    return coordinate


def _resolved(
    context: MavenContext, dependencies: list[Dependency]
) -> list[Dependency]:
    if all(dependency.artifact.packaging in WHOLE for dependency in dependencies):
        return dependencies
    given, others = context.resolver.resolve(dependencies)
    return [*given, *others]


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*/jgo.toml")):
        write(path.parent)
