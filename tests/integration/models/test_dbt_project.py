"""The dbt project on small warehouses: empty ones, repeats, rebuilds, rights."""

from typing import Any

import psycopg
import pytest

from pipelines import warehouse
from tests.conftest import kept_as, warehouse_of
from tests.contents import query_shapes
from tests.contents.bronze import create_tables
from tests.contents.transform import Transform, TransformError
from tests.fakes.memory_source import deliver
from tests.histories.candle_histories import MINUTE, SERIES, START, Histories, Row
from tests.integration.models.test_dbt_histories import hashes, select

VIEW = """
create schema research;
create view research.closes as
select symbol, opened_at, close from gold.fct_candles where timeframe = '1d';
create view research.highs as select max(close) as highest from research.closes;
"""
LEDGER = """
select (select count(*) from ops.batches), (select count(*) from ops.consumed_batches)
"""


@pytest.fixture
def empty(parsed_database):
    """Bronze tables without a row."""
    with warehouse.connect("loader", "test") as connection:
        create_tables(connection)
    return Transform()


@pytest.fixture(scope="module")
def three_loads(server, built_template, tmp_path_factory):
    """A database to copy: three loads, built."""
    folder = tmp_path_factory.mktemp("three_loads")
    with kept_as("three_loads", server, folder, built_template):
        for load in Histories(1).loads(3):
            deliver(load)
        Transform().run("run")
    return "three_loads"


@pytest.fixture
def built(server, three_loads, tmp_path, monkeypatch):
    with warehouse_of(server, tmp_path, monkeypatch, three_loads):
        yield Transform()


def make_views():
    with warehouse.connect(None, "test") as connection:
        connection.execute(VIEW)


def closes() -> list[tuple[Any, ...]]:
    with warehouse.connect(None, "test") as connection:
        return connection.execute("select count(*) from research.closes").fetchall()


def test_everything_builds_and_every_test_holds_on_empty_bronze(empty):
    results = empty.run("build")
    assert {r.node.resource_type for r in results} >= {"model", "test", "unit_test"}
    assert select("select count(*) from gold.fct_candles") == [(0,)]


def test_every_data_test_holds_on_data(built):
    # random prices and volumes: a vwap of them lies anywhere
    warns = "fct_candles_have_a_vwap_within_their_range"
    assert built.run("test", "--select", "resource_type:test", "--exclude", warns)


def declare(manners: str) -> None:
    """What `ops.venue_manners` says of binance."""
    statement = f"update ops.venue_manners set {manners} where exchange_id = 'binance'"
    with warehouse.connect(None, "test") as connection:
        connection.execute(statement.encode())


def test_what_a_venue_sends_against_its_declaration_fails_what_it_leaves_out_warns(
    built,
):
    said = Histories(1)
    series, until = SERIES[0], START + 200 * MINUTE
    answer = said.request(series, until)

    def minutes(sent: range) -> list[Row]:
        return [said.candle(series, minute, until) | answer for minute in sent]

    rows = minutes(range(0, 200, 2))  # of a venue that is declared to send each
    spans = {
        f"{kind}_{end}_ms": at
        for kind in ("asked", "answered")
        for end, at in (("from", START), ("until", until))
    }
    page = {**answer, **spans, "sends_quiet_minutes": True, "rows_count": len(rows)}
    deliver({"ohlcv": rows, "ohlcv_pages": [page]})
    built.run("run", "--select", "int_manners_measured")
    test = ("test", "--select")
    proven, seeming = (f"venues_{do}answer_as_declared" for do in ("", "seem_to_"))
    named = "select contradictions, suspicions from gold.rpt_venue_manners"
    named += " where exchange_id = 'binance' and market = 'spot'"

    assert select(named) == [(None, "leaves quiet minutes out")]
    assert built.run(*test, proven)
    with pytest.raises(TransformError, match="Got 1 result, configured to warn"):
        built.run(*test, seeming)

    declare("sends_quiet_minutes = false")
    assert select(named) == [(None, None)]
    assert built.run(*test, proven, seeming)

    quiet = [row | {"base_volume": "0"} for row in minutes(range(200))]
    deliver({"ohlcv": quiet, "ohlcv_pages": [page]})
    built.run("run", "--select", "int_manners_measured")
    assert select(named) == [("sends quiet minutes", None)]
    with pytest.raises(TransformError, match="Got 1 result, configured to fail"):
        built.run(*test, proven)


def test_a_run_with_nothing_new_changes_nothing_and_leaves_no_batch(built):
    before, ledger = hashes(), select(LEDGER)
    built.run("run")
    assert hashes() == before
    assert select(LEDGER) == ledger


def test_batches_that_every_consumer_has_consumed_are_forgotten(built):
    built.run("run")
    assert select(LEDGER) == [(0, 0)]
    built.run("run")  # forgotten loads are not taken for new ones
    assert select(LEDGER) == [(0, 0)]


def test_a_repeat_of_known_data_stops_at_the_first_model(built):
    before = select("select max(changed_in) from gold.fct_candles")
    deliver(Histories(1).loads(3)[0])
    built.run("run")
    assert select("select max(changed_in) from gold.fct_candles") == before


def test_a_full_refresh_that_would_drop_a_foreign_view_lists_it_and_stops(built):
    make_views()
    with pytest.raises(TransformError, match=r"research\.closes .*research\.highs"):
        built.run("run", "--full-refresh")
    assert closes()
    built.run("run", "--full-refresh", "--select", "fct_gaps")  # not below a view
    built.run("run")  # nor does an incremental run drop it
    assert closes()


def test_a_full_refresh_told_to_go_on_drops_foreign_views(built):
    make_views()
    built.run("run", "--full-refresh", "--vars", "drop_dependents: true")
    with pytest.raises(psycopg.errors.UndefinedTable):
        closes()


def test_analysts_read_gold_alone_and_still_do_after_a_rebuild(built):
    built.run("run", "--full-refresh")
    with warehouse.connect("analyst", "test") as connection:
        assert connection.execute("select count(*) from gold.fct_candles").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from silver.int_candles_graded")


def test_the_keys_and_checks_are_postgres_own(built):
    with warehouse.connect("transformer", "test") as connection:
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(
                "insert into gold.fct_candles select * from gold.fct_candles limit 1"
            )
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("update gold.fct_candles set high = low - 1")


@pytest.mark.parametrize("path", query_shapes.paths(), ids=lambda p: p.stem)
def test_the_queries_open_with_their_question_and_answer_as_their_readme_says(
    built, path
):
    text = path.read_text()
    assert text.startswith("-- ")
    assert text.splitlines()[0].endswith("?")
    with warehouse.connect("analyst", "test") as connection:
        columns = query_shapes.shape(connection, path)
    assert query_shapes.entry(path, columns) in query_shapes.README.read_text()
