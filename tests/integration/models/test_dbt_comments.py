"""What a table and its columns are is told by Postgres itself."""

from pipelines import warehouse
from tests.conftest import WAREHOUSE
from tests.contents.transform import manifest

COMMENTS = """
select c.oid::regclass::text, a.attname, d.description
from pg_description as d
inner join pg_class as c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass
left join pg_attribute as a on a.attrelid = c.oid and a.attnum = nullif(d.objsubid, 0)
where c.relkind in ('r', 'v') and c.relnamespace = any(
    array['silver', 'gold', 'reference']::regnamespace[]
)
"""


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
