"""What a table and its columns are is told by Postgres itself."""

import pytest

from pipelines import warehouse
from prefect_flows.column_words import ColumnWords
from tests.conftest import WAREHOUSE
from tests.contents.transform import manifest
from tests.project.test_column_words import FILES

COMMENTS = """
select c.oid::regclass::text, a.attname, d.description
from pg_description as d
inner join pg_class as c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass
left join pg_attribute as a on a.attrelid = c.oid and a.attnum = nullif(d.objsubid, 0)
where c.relkind in ('r', 'v') and c.relnamespace = any(
    array['silver', 'gold', 'reference']::regnamespace[]
)
"""
COLUMNS = """
select n.nspname, c.relname, a.attname, col_description(c.oid, a.attnum)
from pg_attribute as a
inner join pg_class as c on a.attrelid = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid
where n.nspname = any(%s) and c.relkind in ('r', 'v') and a.attnum > 0
    and not a.attisdropped
"""


@pytest.fixture
def words():
    return ColumnWords.of(
        manifest(WAREHOUSE).writable_manifest().to_dict(omit_none=False)
    )


def columns_of(words):
    """Those of every model, seed and source: schema, relation, column, comment."""
    with warehouse.connect(None, "test") as connection:
        found = connection.execute(COLUMNS, ([*words.own],)).fetchall()
    return [place for place in found if place[1] in words.own[place[0]]]


def test_every_description_is_the_comment_of_its_table_or_column(built_database):
    described = {}
    for node in manifest(WAREHOUSE).nodes.values():
        if node.resource_type in ("model", "seed"):
            name = f"{node.schema}.{node.alias}"
            described[name, None] = node.description
            for column in node.columns.values():
                described[name, column.name] = column.description
    with warehouse.connect(None, "test") as connection:
        rows = connection.execute(COMMENTS).fetchall()
    found = {(table, column): text for table, column, text in rows}
    assert found == {place: text for place, text in described.items() if text}
    assert ("gold.fct_candles", "vwap") in found


def test_every_column_has_words_and_every_doc_block_a_column(built_database, words):
    columns = [place for *place, _ in columns_of(words)]
    assert {(schema, relation) for schema, relation, _ in columns} == {
        (schema, one) for schema, relations in words.own.items() for one in relations
    }
    assert [place for place in columns if not words.of_column(*place)] == []

    speaking = {
        next((one for one in words.names(*place) if one in words.blocks), "")
        for schema, *place in columns
        if place[1] not in words.own[schema][place[0]]
    }
    said = "".join(path.read_text(encoding="utf-8") for path in FILES)
    named = {block for block in words.blocks if f"doc('{block}')" in said}
    assert {*words.blocks} - named - speaking == {"__overview__"}


def test_a_column_without_a_description_is_commented_with_the_words_of_its_name(
    built_database, words
):
    assert words.persist() > 0
    told = {(*place,): text for *place, text in columns_of(words)}
    assert told["silver", "stg_evm__logs", "topic1"] == words.blocks["topic1"]
    assert {
        place: words.of_column(*place) for place in told if place[0] in words.made
    } == {
        place: (text or "").strip()
        for place, text in told.items()
        if place[0] in words.made
    }
    assert words.persist() == 0
