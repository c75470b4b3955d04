"""Every column that dbt's YAML names has words: its own, or those of a doc block.

Those that it does not name are the warehouse's to tell, where the test of its comments
looks at them: `tests/integration/models/test_dbt_comments.py`.
"""

import re
from typing import Any

import pytest
import yaml

from pipelines.settings import PROJECT_DIR
from prefect_flows.column_words import ColumnWords

FILES = [
    path
    for folder in ("dbt", "seeds")
    for path in (PROJECT_DIR / folder).rglob("*.yml")
    if path.stem.startswith("_")
]
BLOCKS = {
    name
    for path in (PROJECT_DIR / "dbt").rglob("*.md")
    for name in re.findall(r"{% docs (\w+) %}", path.read_text(encoding="utf-8"))
}


def tables() -> dict[str, list[dict[str, Any]]]:
    """The columns of each model, seed and source's table."""
    found = {}
    for path in FILES:
        told = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        for kind in ("models", "seeds", "sources"):
            for node in told.get(kind) or ():
                for table in node.get("tables") or [node]:
                    found[f"{kind}.{table['name']}"] = table.get("columns") or []
    return found


TABLES = tables()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_column_has_words(name):
    words = {c["name"]: str(c.get("description", "")).strip() for c in TABLES[name]}
    relation = name.partition(".")[2]
    assert [
        column
        for column, said in words.items()
        if not said and BLOCKS.isdisjoint(ColumnWords.names(relation, column))
    ] == []
    named = {
        block for said in words.values() for block in re.findall(r"\('(\w+)'\)", said)
    }
    assert named <= BLOCKS
