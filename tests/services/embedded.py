"""What the tests of the embedded Postgres share: to start it, to ask it, its data."""

import psycopg

from pipelines import bootstrap
from pipelines.local import place, postgres


def up(**options):
    return bootstrap.up(["postgres"], **options)[0]


def connect():
    return psycopg.connect(**postgres.connection(), autocommit=True)


def one(connection, query):
    return connection.execute(query).fetchone()[0]


def data_folder(home):
    return place.existing_state_folder(home, "postgres") / "data"
