"""A warehouse whose rates have 18 decimals is given 36 by the bootstrap."""

from decimal import Decimal

import psycopg

from pipelines.local import bootstrap

# as the release before declared one of them, and what stood on it
BEFORE = """
set role loader;
create schema bronze_archive;
grant usage on schema bronze_archive to transformer;
create table bronze_archive.funding_rates (funding_rate numeric(38, 18) not null);
grant select on bronze_archive.funding_rates to transformer;
insert into bronze_archive.funding_rates values (0.000000015);
set role transformer;
create view silver.stg_archive__funding_rates as
select funding_rate from bronze_archive.funding_rates;
reset role;
"""
RATES = "select funding_rate from bronze_archive.funding_rates order by 1"


def test_a_rate_keeps_every_decimal_after_the_bootstrap(database):
    small = Decimal("2.3271331254e-19")
    with psycopg.connect(**database, autocommit=True) as connection:
        connection.execute(BEFORE)
        for _ in range(2):
            bootstrap.apply(**database)
        insert = "insert into bronze_archive.funding_rates values (%s)"
        connection.execute(insert, (small,))
        rates = connection.execute(RATES).fetchall()
    assert rates == [(small,), (Decimal("1.5e-8"),)]
