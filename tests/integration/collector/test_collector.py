"""The collector takes changes up while it runs, and says what became of each."""

from threading import Event

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.collector.collect import Collected, CollectOptions, collect
from pipelines.collector.history import Pauses
from pipelines.errors import BusyError
from pipelines.settings import settings
from tests.contents.roles import run
from tests.services.collecting import (
    ADD,
    EXCHANGE,
    NEVER,
    ago,
    change,
    coinbase,
    collecting,
    commit,
    effects,
    told,
    wait_for,
)

HELD = """
select upper(r) - lower(r) from unnest((
    select range_agg(int8range(answered_from, answered_until))
    from bronze_exchange.pages where subject = '{}'
)) as r
"""


@pytest.fixture
def venue(database, monkeypatch):
    with coinbase(monkeypatch, "BTC-USD", "ETH-USD") as one:
        commit(database, EXCHANGE, f"{ADD} ('coinbase', 'BTC/USD', '-PT5M')")
        yield one


def added(symbol):
    return ("instruments", ["coinbase", symbol], "c", {"symbol": [None, symbol]})


def removed(symbol):
    return ("instruments", ["coinbase", symbol], "d", {"symbol": [symbol, None]})


def last(database):
    return effects(database)[-1]


def test_a_new_instrument_is_live_at_once_and_its_history_is_planned(database, venue):
    with collecting(every_s=NEVER) as done:
        wait_for(lambda: done.loads_count == 1)
        pages = len(venue.pages("BTC-USD"))
        since = ago(hours=9)
        statement = f"{ADD} ('coinbase', 'ETH/USD', '{since}')"
        change(database, statement, added("ETH/USD"))
        wait_for(lambda: last(database).first_row_at)
        found = last(database)
        print(f"\napplied {found.applied_ms} ms, first row {found.first_row_ms} ms")
        assert (found.outcome, found.reason) == ("applied", None)
        assert "bullion collect" in found.applied_by
        state = "select state from ops.backfill_chunks"
        wait_for(lambda: list(set(run(database, None, state) or [])) == [("done",)])
    (held,) = run(database, None, HELD.format("ETH/USD"))
    assert held[0] >= 9 * 3600 * 1000  # one span without a hole
    first = "select min(d.delivered_at), min(d.load_id) from ops.deliveries as d"
    of_load = f"{first} where d.table_name = 'ohlcv' and d.load_id = %s"
    of_load = of_load.replace("%s", f"'{found.first_load_id}'")
    assert run(database, None, of_load) == [(found.first_row_at, found.first_load_id)]
    assert len(venue.pages("BTC-USD")) == pages  # the other series was left alone


def test_who_does_not_answer_is_named_and_collected_all_the_same(
    database, venue, monkeypatch
):
    begun = []

    def collect(*words):
        begun.append(words)
        return Collected()

    monkeypatch.setattr("pipelines.collector.collect.collect", collect)
    quiet = CliRunner().invoke(app, ["collect"])
    monkeypatch.setenv("BULLION_COINBASE_URL", "http://127.0.0.1:1")
    settings.cache_clear()
    told = CliRunner().invoke(app, ["collect"])
    others = CliRunner().invoke(app, ["collect", "--exchange", "kraken"])
    assert [one.exit_code for one in (quiet, told, others)] == [0, 0, 0]
    assert len(begun) == 3
    assert "does not answer" not in quiet.stderr + others.stderr
    away = "coinbase does not answer: http://127.0.0.1:1 (connection refused)"
    assert told.stderr == f"{away}; asked again until it answers\n"


def test_the_first_row_of_a_series_that_is_quiet_now_comes_with_its_history(
    database, venue
):
    venue.quiet_s["ETH-USD"] = 6 * 3600
    with collecting(every_s=NEVER) as done:
        wait_for(lambda: done.loads_count == 1)
        statement = f"{ADD} ('coinbase', 'ETH/USD', '{ago(hours=9)}')"
        change(database, statement, added("ETH/USD"))
        wait_for(lambda: last(database).first_row_at)
    found = last(database)
    assert found.outcome == "applied"
    # a midnight within its history makes two chunks of it
    of_history = (
        "select load_ids from ops.backfill_chunks"
        " where state = 'done' and rows_count > 0 order by ended_at limit 1"
    )
    assert run(database, None, of_history) == [([found.first_load_id],)]


def test_a_transaction_that_contradicts_itself_is_applied_as_one(database, venue):
    with collecting(every_s=NEVER) as done:
        wait_for(lambda: done.loads_count == 1)
        add = f"{ADD} ('coinbase', 'ETH/USD', '-PT5M')"
        remove = "delete from config.instruments where symbol = 'ETH/USD'"
        at = commit(database, add, remove)
        told(database, at, added("ETH/USD"), removed("ETH/USD"))
        wait_for(lambda: last(database).outcome == "applied")
        again = commit(database, add, remove, add)
        told(database, again, added("ETH/USD"), removed("ETH/USD"), added("ETH/USD"))
        wait_for(lambda: last(database).first_row_at)
    outcomes = [(e.op, e.outcome) for e in effects(database)]
    assert outcomes[:2] == [("c", "overtaken"), ("d", "applied")]
    assert outcomes[2:] == [("c", "overtaken"), ("d", "overtaken"), ("c", "applied")]
    assert len(venue.pages("ETH-USD")) == 1


def test_an_unknown_symbol_is_rejected_and_applied_once_it_is_listed(database, venue):
    with collecting(every_s=1.0, after_s=0, refused=Pauses(0.1, 0.1)) as done:
        wait_for(lambda: done.loads_count >= 1)
        statement = f"{ADD} ('coinbase', 'ETH/USDX', '-PT5M')"
        change(database, statement, added("ETH/USDX"))
        wait_for(lambda: last(database).attempts_count >= 2)
        found = last(database)
        assert found.outcome == "rejected"
        said = "ETH/USDX is not listed on coinbase; alike: ETH/USD"
        assert found.reason.startswith(said)
        row = "select count(*) from config.instruments where symbol = 'ETH/USDX'"
        assert run(database, None, row) == [(1,)]  # nothing is undone
        venue.listed.append("ETH-USDX")
        wait_for(lambda: last(database).first_row_at)
        assert last(database).outcome == "applied"
        assert last(database).reason is None


def test_a_venue_that_does_not_answer_leaves_a_change_waiting(database, venue):
    commit(database, "insert into config.thresholds values ('attempts', 1)")
    with collecting(every_s=1.0, after_s=0) as done:
        wait_for(lambda: done.loads_count >= 1)
        venue.fails = True
        statement = f"{ADD} ('coinbase', 'ETH/USD', '-PT5M')"
        change(database, statement, added("ETH/USD"))
        wait_for(lambda: last(database).attempts_count >= 2)
        assert last(database).outcome == "waiting"
        assert "500" in last(database).reason
        venue.fails = False
        wait_for(lambda: last(database).first_row_at)


def test_a_removed_series_ends_after_its_page_and_its_history_rests(database, venue):
    venue.seconds_a_page = 0.2
    commit(database, f"{ADD} ('coinbase', 'ETH/USD', '{ago(days=30)}')")
    chunks = "select state from ops.backfill_chunks where state <> 'done'"
    with collecting(every_s=NEVER):
        wait_for(lambda: len(venue.pages("ETH-USD")) > 3)
        statement = "delete from config.instruments where symbol = 'ETH/USD'"
        change(database, statement, removed("ETH/USD"))
        wait_for(lambda: last(database).outcome == "applied")
        asked = len(venue.pages("ETH-USD"))
        wait_for(lambda: {("waiting",)} == set(run(database, None, chunks)))
        assert len(venue.pages("ETH-USD")) == asked
    pages = "select count(distinct request_id) from bronze_exchange.pages"
    noted = run(database, None, f"{pages} where subject = 'ETH/USD'")
    assert noted == [(asked,)]  # what came so far is delivered, and noted as pages


def test_other_tables_are_applied_when_adopted_and_unknown_ones_are_left(
    database, venue
):
    with collecting(every_s=NEVER) as done:
        wait_for(lambda: done.loads_count == 1)
        statement = "insert into config.thresholds values ('attempts', 3)"
        change(
            database,
            statement,
            ("funding", ["BTC"], "c", {}),
            ("thresholds", ["attempts"], "c", {"amount": [None, "3"]}),
        )
        wait_for(lambda: last(database).outcome == "applied")
        statement = (
            "insert into config.endpoints values ('coinbase', 'BULLION_NO_SUCH', true)"
        )
        change(database, statement, ("endpoints", ["coinbase"], "c", {}))
        wait_for(lambda: last(database).outcome == "rejected")
    assert "BULLION_NO_SUCH is no setting of an address" in last(database).reason
    assert effects(database)[0].outcome == "waiting"


def test_two_collectors_do_not_run_at_once(database, venue, monkeypatch):
    monkeypatch.setattr("pipelines.collector.collector_locks.LOCK_S", 0.1)
    with collecting(every_s=NEVER) as done:
        wait_for(lambda: done.loads_count == 1)
        with pytest.raises(BusyError, match="collect is held by bullion collect, pid"):
            collect(Event(), CollectOptions())


def test_collectors_of_all_and_of_a_venue_take_turns(database, venue):
    every_second = {"every_s": 1, "after_s": 0}
    with collecting(**every_second) as of_all:
        wait_for(lambda: of_all.loads_count)
        with collecting(scopes=["coinbase"], **every_second) as of_venue:
            wait_for(lambda: of_venue.loads_count > 1)
            before = of_all.loads_count
            wait_for(lambda: of_all.loads_count > before)
