"""What the last transform left: `ops.transforms`, and what has come to wait since.

A run of dbt forgets it as it starts; it is remembered when all was built without an
error. So a killed or failed run, one of another project, and dbt by itself are followed
by a transform of everything.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from importlib.metadata import version
from typing import Any, Literal, LiteralString

from pipelines.settings import PROJECT_DIR
from pipelines.warehouse import Connection

Tests = Literal["none", "bounded", "all"]

PARTS = ("dbt_project.yml", "models", "macros", "tests")
READ: LiteralString = """
select project_hash, tests, relations, warned
from ops.transforms
where not exists (
    select from unnest(relations) as r (name) where to_regclass(r.name) is null
)
"""
REMEMBER: LiteralString = """
insert into ops.transforms (project_hash, tests, relations, warned)
values (%s, %s, %s, %s)
"""
REGISTER: LiteralString = """
select ops.register_loads(feed)
from (select distinct feed from ops.consumers) as feeds
where starts_with(feed, 'bronze_')
"""
WAITING: LiteralString = """
select distinct consumer from ops.waiting_batches
where relation = any(%s) order by consumer
"""


@dataclass(frozen=True)
class LastTransform:
    """All that a project has is built, and its tests of this kind have passed.

    Attributes:
        relations: what it has, as `schema.name`.
        warned: tests that warned, and would again.
    """

    project_hash: str
    tests: str
    relations: list[str]
    warned: list[str]

    @classmethod
    def read(cls, connection: Connection) -> "LastTransform | None":
        """What stands; none where one of its relations is gone."""
        row = connection.execute(READ).fetchone()
        return cls(*row) if row else None

    @classmethod
    def of(
        cls, results: Sequence[Any], tests: Tests, before: "LastTransform | None"
    ) -> "LastTransform":
        """After a run of everything, or of what waited since `before`."""
        made = [r.node for r in results if r.node.resource_type in ("model", "seed")]
        relations = [f"{node.schema}.{node.alias}" for node in made]
        warned = {r.node.name for r in results if str(r.status) == "warn"}
        if before and tests == "none":
            warned |= set(before.warned)
        tables = before.relations if before else sorted(relations)
        return cls(project_hash(), tests, tables, sorted(warned))

    def serves(self, tests: Tests) -> bool:
        """Whether only what has come to wait is left to do."""
        return self.project_hash == project_hash() and tests in ("none", self.tests)

    def waiting(self, connection: Connection, tests: Tests) -> list[str]:
        """dbt's selection of what to build, and to test again."""
        connection.execute(REGISTER)
        rows = connection.execute(WAITING, (self.relations,)).fetchall()
        again = self.warned if tests != "none" else []
        return [f"{name}+" for (name,) in rows] + again

    def remember(self, connection: Connection) -> None:
        """Let the next transform know."""
        with connection.transaction():
            connection.execute("delete from ops.transforms")
            connection.execute(REMEMBER, astuple(self))


def project_hash() -> str:
    """What decides on the models' text: dbt's files, the seeds, dbt's versions."""
    hashed = hashlib.sha256()
    for package in ("dbt-core", "dbt-postgres"):
        hashed.update(version(package).encode())
    places = [*(PROJECT_DIR / "dbt" / part for part in PARTS), PROJECT_DIR / "seeds"]
    for place in places:
        for path in sorted([place, *place.rglob("*")]):
            if path.is_file():
                hashed.update(str(path.relative_to(PROJECT_DIR)).encode())
                hashed.update(hashlib.sha256(path.read_bytes()).digest())
    return hashed.hexdigest()
