"""What the tests of roles and of `ops` share: to act as a role, and a bronze schema."""

from contextlib import contextmanager

import psycopg

BRONZE = """
create schema bronze_test;
create table bronze_test._dlt_loads (
    load_id text, schema_name text, status bigint, inserted_at timestamptz
);
create table bronze_test.requests (_dlt_load_id text, weight bigint);
create table bronze_test.rows (n integer);
"""


@contextmanager
def acting(parameters, role=None):
    options = f"-c role={role}" if role else ""
    with psycopg.connect(**parameters, options=options, autocommit=True) as connection:
        yield connection


def run(parameters, role, query):
    with acting(parameters, role) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else None
