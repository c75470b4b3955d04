"""Every column that dbt's YAML names has words: its own, or those of a doc block."""

import re
from typing import Any

import pytest
import yaml

from pipelines.settings import PROJECT_DIR

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
    assert [column for column, said in words.items() if not said] == []
    named = {
        block for said in words.values() for block in re.findall(r"\('(\w+)'\)", said)
    }
    assert named <= BLOCKS


def test_every_doc_block_is_used():
    said = "".join(path.read_text(encoding="utf-8") for path in FILES)
    assert {block for block in BLOCKS if f"doc('{block}')" not in said} <= {
        "__overview__"
    }
