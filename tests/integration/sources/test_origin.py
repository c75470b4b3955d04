"""A warehouse has one origin: what its first load asked, and no other."""

import psycopg
import pytest

from pipelines import warehouse
from pipelines.errors import SetupError
from pipelines.local import stack
from pipelines.sandbox.running import running
from pipelines.settings import stand_ins
from pipelines.sources.origin import REAL, settle_origin

SETTINGS = ("BULLION_KRAKEN_URL", "BULLION_BINANCE_URL", "BULLION_ETHEREUM_RPC_URLS")
SEED_1, SEED_2 = "the simulation of seed 1", "the simulation of seed 2"


@pytest.fixture(scope="module")
def first():
    with running(in_thread=True, seed=1) as started:
        yield started


@pytest.fixture(scope="module")
def second():
    with running(in_thread=True, seed=2) as started:
        yield started


@pytest.fixture(autouse=True)
def unset(database, first, monkeypatch):
    """No setting names an upstream; what a test exports ends with it."""
    for name in first.environment:
        monkeypatch.setenv(name, "")


def leads_to(sandbox, monkeypatch):
    for name in sandbox.environment:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("BULLION_KRAKEN_URL", sandbox.environment["BULLION_KRAKEN_URL"])


def deliver(database, table="ohlcv"):
    with psycopg.connect(**database, autocommit=True) as connection:
        connection.execute(
            "insert into ops.deliveries"
            " (schema_name, load_id, file_id, table_name, rows_count)"
            f" values ('bronze_exchange', '1', '{table}', '{table}', 1)"
        )


def origin():
    with warehouse.connect("loader", "test") as connection:
        return warehouse.scalar(connection, "select origin from ops.origin")


def test_a_simulation_is_remembered_and_asked_for_all_upstreams(first, monkeypatch):
    leads_to(first, monkeypatch)
    settle_origin(print, loads=False)
    assert origin() is None
    settle_origin(print)
    assert origin() == SEED_1
    assert set(stand_ins(SETTINGS)) == set(SETTINGS)


def test_another_simulation_is_refused(database, first, second, monkeypatch):
    leads_to(first, monkeypatch)
    settle_origin(print)
    deliver(database)
    leads_to(second, monkeypatch)
    with pytest.raises(SetupError, match=f"loaded from {SEED_1}; {SEED_2} would be"):
        settle_origin(print, loads=False)


def test_the_real_upstreams_are_refused_and_the_way_back_named(
    database, first, monkeypatch
):
    leads_to(first, monkeypatch)
    settle_origin(print)
    deliver(database)
    for name in first.environment:
        monkeypatch.setenv(name, "")
    with pytest.raises(SetupError, match=f"{REAL} would be.*`bullion up sandbox`"):
        settle_origin(print)


def test_a_simulation_is_refused_where_real_rows_are(database, first, monkeypatch):
    settle_origin(print)
    assert origin() == REAL
    deliver(database)
    leads_to(first, monkeypatch)
    with pytest.raises(SetupError, match=r"unset the BULLION_…_URL settings"):
        settle_origin(print)


def test_its_own_sandbox_is_asked_where_no_setting_is(database, first, monkeypatch):
    leads_to(first, monkeypatch)
    settle_origin(print)
    deliver(database)
    for name in first.environment:
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(stack, "sandbox_address", lambda: first.url)
    said: list[str] = []
    settle_origin(said.append)
    assert said == [f"asking the sandbox that this warehouse is loaded from ({SEED_1})"]
    assert stand_ins(first.environment) == first.environment


def test_a_load_that_brought_nothing_decides_nothing(database, first, monkeypatch):
    settle_origin(print)
    deliver(database, "requests")
    leads_to(first, monkeypatch)
    settle_origin(print)
    assert origin() == SEED_1
