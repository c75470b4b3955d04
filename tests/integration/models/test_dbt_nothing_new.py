"""A transform builds what waits, and nothing else; what waits is never missed."""

from threading import Event

import pytest

from pipelines import warehouse
from pipelines.sources.load import load
from prefect_flows import dbt_run
from prefect_flows.dbt_run import TransformFacts, arguments, run_dbt
from prefect_flows.following import follow
from tests.conftest import kept_as, warehouse_of
from tests.contents.transform import Transform
from tests.fakes.memory_source import Memory, deliver, pages
from tests.histories.candle_histories import Histories
from tests.integration.models.test_dbt_histories import hashes, select
from tests.soak import some

LOADS = Histories(1).loads(4)
NOTHING: dict[str, object] = {}
OF_LISTINGS = 9  # models that read listings, or stand on those
HOOKS = 6  # of the project, which dbt counts among what it ran
EMPTIED = "select count(*) from ops.waiting_batches"


def transform(tests="none") -> TransformFacts:
    return run_dbt(arguments(tests=tests))


@pytest.fixture(scope="module")
def transformed_template(server, parsed, built_template, tmp_path_factory):
    """A database to copy, with two loads that a transform of everything built."""
    folder = tmp_path_factory.mktemp("transformed")
    with kept_as("transformed", server, folder, built_template, parsed=parsed):
        for rows in LOADS[:2]:
            deliver(rows)
        transform()
    return "transformed"


@pytest.fixture
def transformed(server, transformed_template, parsed, tmp_path, monkeypatch):
    """Two loads, built; the transform of everything is remembered."""
    database = warehouse_of(
        server, tmp_path, monkeypatch, transformed_template, parsed=parsed
    )
    with database:
        yield LOADS


def test_with_nothing_new_dbt_is_not_started_and_would_have_changed_nothing(
    transformed, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr("prefect_flows.dbt_run._invoke", None)
        assert transform().by_status == NOTHING
    before, batches = hashes(), select("select count(*) from ops.batches")
    Transform().run("run")
    assert hashes() == before
    assert select("select count(*) from ops.batches") == batches


def test_a_load_wakes_the_models_that_read_its_tables_and_what_stands_on_them(
    transformed,
):
    deliver({"instruments": transformed[2]["instruments"]})
    woken = transform()
    # versions, listings, what they have seen and lack; lives, their mart, and gaps; how
    # good trades are, and all feeds, which are views on these
    assert woken.by_status["success"] == HOOKS + OF_LISTINGS
    deliver(transformed[3])
    assert transform().nodes_count > woken.nodes_count
    assert select(EMPTIED) == [(0,)]
    before = hashes()
    Transform().run("run", "--full-refresh")
    assert hashes() == before


def test_a_pause_of_a_venue_wakes_its_health_alone(transformed):
    with warehouse.connect(None, "test") as connection:
        connection.execute(
            "select ops.note_budget_event('kraken linear', 'pause', now() + '1 s', '')"
        )
    assert transform().by_status["success"] == HOOKS + 1
    paused = "select exchange_id, sum(paused_seconds) from gold.fct_exchange_health"
    ((exchange_id, seconds),) = select(f"{paused} group by exchange_id")
    assert exchange_id == "kraken"
    assert 0 < seconds <= 1
    assert select(EMPTIED) == [(0,)]
    assert transform().by_status == NOTHING


def test_answers_of_another_feed_wake_no_model_of_candles(transformed):
    answers = pages({"ohlcv_pages": transformed[2]["ohlcv_pages"]})
    load(Memory({"pages": [row | {"feed": "global_accounts"} for row in answers]}))
    assert transform().by_status == NOTHING
    load(Memory({"pages": answers}))
    assert transform().nodes_count > HOOKS


def test_a_load_that_ends_late_under_a_low_number_is_not_missed(transformed):
    deliver(transformed[2])
    newest = "max(load_id::numeric)"
    with warehouse.connect(None, "test") as connection:
        kept = connection.execute(
            f"delete from bronze_exchange._dlt_loads where load_id::numeric = (select"
            f" {newest} from bronze_exchange._dlt_loads) returning *"
        ).fetchall()
        connection.execute(
            f"delete from ops.batches where load_id::numeric = (select {newest}"
            " from ops.loads)"
        )
        connection.execute(
            f"delete from ops.loads where load_id::numeric = (select {newest}"
            " from ops.loads)"
        )
    deliver(transformed[3])
    transform()
    assert transform().by_status == NOTHING
    with warehouse.connect(None, "test") as connection:
        for row in kept:
            connection.execute(
                "insert into bronze_exchange._dlt_loads values (%s, %s, %s, %s, %s)",
                row,
            )
    assert transform().nodes_count > 0
    before = hashes()
    Transform().run("run", "--full-refresh")
    assert hashes() == before


@pytest.mark.parametrize(
    "harm",
    some(
        __name__,
        [
            "drop view gold.rpt_candle_evidence",
            "delete from ops.transforms",  # as a run that was killed leaves it
            "update ops.transforms set project_hash = 'of another tree'",
        ],
        1,
    ),
)
def test_after_anything_else_everything_is_built(transformed, harm):
    with warehouse.connect(None, "test") as connection:
        connection.execute(harm)
    assert transform().nodes_count > len(select("select from gold.rpt_config_effects"))
    assert select("select count(*) from gold.rpt_candle_evidence") != [(0,)]
    assert transform().by_status == NOTHING


def test_a_table_that_a_later_release_declares_is_made_before_dbt_reads_it(transformed):
    with warehouse.connect(None, "test") as connection:
        connection.execute("drop table bronze_exchange.funding_rates cascade")
    transform()
    assert select("select count(*) from silver.stg_exchange__funding_rates") == [(0,)]


def test_followed_each_load_is_built_by_a_project_that_is_parsed_once(
    transformed, monkeypatch
):
    ended, invoke, stop = [], dbt_run._invoke, Event()

    def heard(words, *options):
        outcome = invoke(words, *options)
        ended.append(words[0])
        return outcome

    def built(facts):
        counts.append(facts.by_status["success"] - HOOKS)
        if len(counts) == 2:
            stop.set()
        else:
            deliver({"instruments": transformed[3]["instruments"]})

    monkeypatch.setattr(dbt_run, "_invoke", heard)
    counts: list[int] = []
    deliver({"instruments": transformed[2]["instruments"]})
    follow(stop, "none", built, say=pytest.fail)
    assert counts == [OF_LISTINGS] * 2
    assert ended == ["parse", "build", "build"]
