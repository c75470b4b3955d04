"""Config tables in bronze and gold: the bootstrap's, and one that is added later."""

import json
import subprocess
import sys

import psycopg
import pytest

from pipelines import warehouse
from pipelines.config.declaration import Declaration, declared_tables
from pipelines.settings import PROJECT_DIR
from pipelines.sources.config_changes.batch import Batch, Landed
from pipelines.sources.config_changes.event import decoded
from pipelines.sources.config_changes.ledger import Ledger
from pipelines.sources.config_changes.replay import replay
from pipelines.sources.config_changes.tables import CONFIG_TABLES, SCHEMA
from tests.contents import added_models
from tests.contents.roles import run
from tests.fakes.memory_source import deliver
from tests.histories.config_histories import PLACE
from tests.integration.models.test_dbt_histories import select

PRODUCTS = Declaration(
    "inventory.products",
    ("id",),
    {"id": "integer", "name": "text", "description": "text", "weight": "real"},
)


def test_what_sources_load_is_known_without_what_they_load_it_with():
    code = (
        "import sys; from pipelines.sources import declared; declared();"
        " print({'ccxt', 'kafka', 'psycopg2'} & set(sys.modules))"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, check=True, capture_output=True, cwd=PROJECT_DIR)
    assert done.stdout.strip() == b"set()"


def test_bronze_of_config_has_a_table_for_each_that_the_bootstrap_makes(database):
    deliver({})
    with psycopg.connect(**database) as connection:
        assert set(declared_tables(connection)) == set(CONFIG_TABLES)
    query = f"select tablename from pg_tables where schemaname = '{SCHEMA}'"
    assert {name for (name,) in run(database, None, query)} == {
        *CONFIG_TABLES,
        *("pages", "quarantine", "mended"),
    }


@pytest.fixture
def products(tmp_path, database):
    columns = {"name": "text", "description": "text", "weight": "double precision"}
    return added_models.project_of(tmp_path, "products", {"id": "integer"}, columns)


def test_recorded_events_of_a_table_added_later_stand_as_they_fold(
    recorded, products, database
):
    path = recorded / "cdc" / "debezium_postgres_events.jsonl"
    lines = path.read_bytes().splitlines()
    found = [decoded(line, PRODUCTS, offset=n) for n, line in enumerate(lines, start=1)]
    events = [event for event in found if event is not None]
    with warehouse.connect("loader", "test") as connection:
        ledger = Ledger(connection)
        ledger.prepare(["products"])
        for torn in (events[9:], events[:12]):  # some of it twice, the end first
            landed = [Landed("products", PLACE, event) for event in torn]
            ledger.append(Batch("recorded", landed=landed))
    added_models.build(products)
    stand = "select id, name, description, weight from gold.dim_config_products"
    rows = [
        dict(zip(PRODUCTS.columns, row, strict=True))
        for row in select(f"{stand} where is_current order by id")
    ]
    assert rows == [json.loads(line) for line in replay(path, PRODUCTS).lines]
    assert len(rows) == 10
    times = (
        "select extract(epoch from valid_from)::numeric * 1000,"
        " extract(epoch from valid_to)::numeric * 1000, opened_op,"
        " opened_transaction_id from gold.dim_config_products where id = {} order by 1"
    )
    assert select(times.format(111)) == [
        (1596010976756, 1596010985627, "c", 605),
        (1596010985627, 1596010988168, "u", 607),
    ]
    assert select(times.format(106)) == [
        (1596001099436, 1596010889629, "r", 601),
        (1596010889629, None, "u", 602),
    ]
