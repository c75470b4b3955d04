"""A warehouse whose listings stand in bronze alone is brought over."""

from pipelines import bootstrap
from tests.contents.roles import run

BEFORE = """
create schema bronze_exchange;
create table bronze_exchange._dlt_loads (
    load_id text, schema_name text, status bigint, inserted_at timestamptz
);
create table bronze_exchange.instruments (
    exchange_id text, symbol text, market_type text, is_active boolean,
    venue_now_ms bigint, origin text, _dlt_load_id text
);
insert into bronze_exchange._dlt_loads values
    ('1.5', '', 0, now()), ('2.5', '', 0, now()), ('3.5', '', 1, now());
insert into bronze_exchange.instruments values
    ('kraken', 'OLD/USD', 'spot', true, 1, 'spot', '1.5'),
    ('kraken', 'BTC/USD', 'spot', true, 2, 'spot', '2.5'),
    ('kraken', 'GONE/USD', 'spot', false, 2, 'spot', '2.5'),
    ('kraken', 'HALF/USD', 'spot', true, 3, 'spot', '3.5');
"""


def test_the_newest_listing_of_a_finished_load_is_what_patterns_match(database):
    run(database, "loader", BEFORE)
    run(database, None, "insert into config.exchanges values ('kraken')")
    bootstrap.apply(**database)
    listed = "select symbol from config.listed_instruments('kraken')"
    assert run(database, "operator", listed) == [("BTC/USD",)]
    bootstrap.apply(**database)
    assert run(database, "operator", listed) == [("BTC/USD",)]
