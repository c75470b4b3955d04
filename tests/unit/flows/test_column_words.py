"""Words of columns: a column's own, then those of its name; dbt's page has them all."""

import json

import pytest

from prefect_flows.column_words import ColumnWords, docs_site

BLOCKS = {
    "status": "The HTTP status.",
    "instruments__status": "The venue's word.",
    "int_x__status": "Whether it stands.",
    "priority": "What goes first.",
}


def node(kind, schema, name, columns, **more):
    told = {column: {"description": words} for column, words in columns.items()}
    more["original_file_path"] = f"../{kind}s/{name}"
    return {"resource_type": kind, "schema": schema, "columns": told, **more} | (
        {"identifier": name} if kind == "source" else {"alias": name}
    )


MANIFEST = {
    "nodes": {
        "model.b.m": node("model", "gold", "m", {"status": "Own.\n", "priority": ""}),
        "test.b.t": node("test", "tests", "t", {}),
    },
    "sources": {
        "source.b.s": node("source", "bronze_x", "requests", {}, loader="dlt"),
        "source.b.o": node("source", "ops", "loads", {}, loader=""),
    },
    "docs": {
        f"doc.b.{name}": {"name": name, "block_contents": f"{text}\n"}
        for name, text in BLOCKS.items()
    },
}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (("gold", "m", "status"), "Own."),
        (("gold", "m", "priority"), "What goes first."),
        (("bronze_x", "requests", "status"), "The HTTP status."),
        (("bronze_x", "instruments", "status"), "The venue's word."),
        (("silver", "stg_x__instruments", "status"), "The venue's word."),
        (("silver", "int_x", "status"), "Whether it stands."),
        (
            ("silver", "stg_config__x", "priority_before"),
            "Before the change, null of a row that was added: What goes first.",
        ),
        (("silver", "int_x", "unknown"), None),
        (("silver", "int_x", "unknown_before"), None),
    ],
)
def test_a_column_has_its_own_words_or_the_nearest_of_its_name(place, words):
    assert ColumnWords.of(MANIFEST).of_column(*place) == words


def test_what_neither_dbt_nor_dlt_makes_has_the_comments_of_its_sql():
    assert {*ColumnWords.of(MANIFEST).made} == {"gold", "bronze_x"}


def test_the_page_of_the_docs_has_the_words_of_every_column(tmp_path):
    catalog = {
        "nodes": {
            "model.b.m": {
                "metadata": {"schema": "gold", "name": "m"},
                "columns": {"status": {}, "priority": {}},
            }
        },
        "sources": {
            "source.b.s": {
                "metadata": {"schema": "bronze_x", "name": "requests"},
                "columns": {"status": {}, "</script>": {}},
            }
        },
    }
    for name, part in (("manifest", MANIFEST), ("catalog", catalog)):
        (tmp_path / f"{name}.json").write_text(json.dumps(part))
    page = '<script>["MANIFEST.JSON INLINE DATA","CATALOG.JSON INLINE DATA"]</script>'
    (tmp_path / "index.html").write_text(page)
    site = docs_site(tmp_path).read_text()
    assert site.count("</script>") == 1
    text = site.removeprefix("<script>").removesuffix("</script>")
    manifest, held = json.loads(text)
    assert held == catalog
    assert manifest["nodes"]["model.b.m"]["original_file_path"] == "models/m"
    columns = manifest["nodes"]["model.b.m"]["columns"]
    assert {name: told["description"] for name, told in columns.items()} == {
        "status": "Own.",
        "priority": "What goes first.",
    }
    read = manifest["sources"]["source.b.s"]["columns"]
    assert read["status"] == {"name": "status", "description": "The HTTP status."}
