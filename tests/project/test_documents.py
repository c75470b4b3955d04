"""README, CHANGELOG and the decision records: what they list and where they link."""

import re
from typing import Any

import pytest
import yaml

from pipelines.settings import PROJECT_DIR
from tests.contents import query_shapes

README = (PROJECT_DIR / "README.md").read_text(encoding="utf-8")
MARTS_FOLDER = PROJECT_DIR / "dbt" / "models" / "marts"
RECORDS = sorted((PROJECT_DIR / "docs" / "decisions").glob("*.md"))
DOCUMENTS = [
    *PROJECT_DIR.glob("*.md"),
    *(PROJECT_DIR / "docs").rglob("*.md"),
]
MART_COLUMNS = ["mart", "one row is", "questions it answers"]
PARTS = ["Context", "Decision", "Consequences", "What would change our mind"]
SOURCE_COLUMNS = ["source", "tables", "how far behind", "limits"]


def described() -> dict[str, dict[str, Any]]:
    """The marts by name, as the YAML beside them has them."""
    found: dict[str, dict[str, Any]] = {}
    for path in MARTS_FOLDER.glob("*.yml"):
        told = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        found |= {model["name"]: model for model in told.get("models") or ()}
    return found


MARTS = described()
VIEWS = {
    path.stem
    for path in MARTS_FOLDER.glob("*.sql")
    if "materialized='view'" in path.read_text(encoding="utf-8")
}


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def table(columns):
    """The rows of README's table with this header, by the name in its first cell."""
    lines = README.splitlines()
    heads = [i for i, line in enumerate(lines) if cells(line) == columns]
    assert heads, f"README has no table | {' | '.join(columns)} |"
    found = {}
    for line in lines[heads[0] + 2 :]:
        if not line.startswith("|"):
            break
        row = cells(line)
        assert len(row) == len(columns), line
        name = re.match(r"\[?`(\w+)`", row[0])
        assert name, line
        found[name[1]] = row[1:]
    return found


def test_the_readme_lists_every_mart_and_no_other():
    listed = table(MART_COLUMNS)
    assert set(listed) == {path.stem for path in MARTS_FOLDER.glob("*.sql")}
    assert all(all(row) for row in listed.values())


def test_the_readme_lists_every_source_and_no_other():
    folder = PROJECT_DIR / "pipelines" / "sources"
    listed = table(SOURCE_COLUMNS)
    assert set(listed) == {path.parent.name for path in folder.glob("*/__init__.py")}
    assert all(all(row) for row in listed.values())


def test_every_mart_is_described_beside_its_sql():
    assert set(MARTS) == {path.stem for path in MARTS_FOLDER.glob("*.sql")}


@pytest.mark.parametrize("name", sorted(MARTS))
def test_a_mart_is_an_enforced_contract_and_says_what_a_row_is(name):
    project = yaml.safe_load((PROJECT_DIR / "dbt" / "dbt_project.yml").read_text())
    assert project["models"]["bullion"]["marts"]["+contract"] == {"enforced": True}
    mart = MARTS[name]
    assert (mart.get("config") or {}).get("contract", {}).get("enforced", True)
    assert re.match(r"One row is an? \w", " ".join(mart["description"].split()))
    assert all(column["data_type"] for column in mart["columns"])


@pytest.mark.parametrize("name", sorted(set(MARTS) - VIEWS))
def test_a_mart_that_is_a_table_has_a_key_that_postgres_enforces(name):
    mart = MARTS[name]
    kinds = {c["type"]: c for c in mart["constraints"]}
    key = kinds["primary_key"]["columns"]
    columns = {column["name"]: column for column in mart["columns"]}
    assert set(key) <= set(columns)
    for column in key:
        constraints = [c["type"] for c in columns[column]["constraints"]]
        assert "not_null" in constraints
    tested = [
        test["unique_combination"]["arguments"]["columns"]
        for test in mart["data_tests"]
        if "unique_combination" in test
    ]
    assert key in tested


def test_decision_records_are_numbered_without_a_hole_and_named_by_a_claim():
    names = [path.name for path in RECORDS]
    pattern = re.compile(r"(\d{4})(-[a-z0-9]+){3,}\.md")
    assert all(pattern.fullmatch(name) for name in names), names
    numbers = [int(name[:4]) for name in names]
    assert numbers == list(range(1, len(names) + 1))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem[:4])
def test_a_decision_record_has_its_parts_and_fits_a_page(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]}: ")
    parts = re.findall(r"^\*\*(.+?)\.\*\*", text, re.MULTILINE)
    assert parts == PARTS
    assert len(text.split()) < 700


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_of_a_document_lead_somewhere(path):
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
    broken = [link for link in links if not (path.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_a_document_names_are_there(path):
    text = path.read_text(encoding="utf-8")
    ending = r"(?:py|sql|md|ya?ml|csv|toml)"
    named = re.findall(rf"`((?:[\w.-]+/)+[\w.-]+\.{ending})`", text)
    assert [name for name in named if not (PROJECT_DIR / name).exists()] == []


def test_the_readme_of_the_queries_lists_each_once_under_what_it_is_about():
    listed = re.findall(
        r"^\[`(\w+)`\]\(\1\.sql\): (.+)<br>$",
        query_shapes.README.read_text("utf-8"),
        re.MULTILINE,
    )
    paths = query_shapes.paths()
    assert sorted(listed) == [(p.stem, query_shapes.question(p)) for p in paths]
    assert sum(query_shapes.kind(path) == "Market data" for path in paths) >= 20
