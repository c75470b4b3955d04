"""A table of a version before gains what a later one has more, under its views."""

from dataclasses import replace

from pipelines import warehouse
from pipelines.bronze import ddl
from pipelines.sources.exchange.tables import TRADES

COLUMNS = """
select column_name, data_type, is_nullable from information_schema.columns
where table_schema = 'bronze_exchange' and table_name = 'trades' order by column_name
"""


def test_columns_come_and_what_need_not_be_there_may_be_missing(database):
    before = replace(
        TRADES,
        columns=tuple(
            replace(c, nullable=c.nullable and c.name != "base_amount")
            for c in TRADES.columns
            if c.name != "liquidation"
        ),
    )
    with warehouse.connect("loader", "test") as connection:
        ddl.declare(connection, {"bronze_exchange": [before]})
        connection.execute(
            "create view bronze_exchange.seen as select * from bronze_exchange.trades"
        )
        for _ in range(2):
            ddl.declare(connection, {"bronze_exchange": [TRADES]})
        grown = connection.execute(COLUMNS).fetchall()
        connection.execute("drop schema bronze_exchange cascade")
        ddl.declare(connection, {"bronze_exchange": [TRADES]})
        assert grown == connection.execute(COLUMNS).fetchall()
    assert ("liquidation", "text", "YES") in grown
