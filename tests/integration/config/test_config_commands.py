"""`bullion config`: rows are read, written, brought from files and compared."""

import json
import threading

import pytest

from pipelines.config.csv_import import Imported, import_folder
from pipelines.config.edit import change
from pipelines.config.rows import configuration
from pipelines.config.table import table
from pipelines.settings import PROJECT_DIR
from tests.contents.roles import acting, run
from tests.histories.config_choices import ADD, CHOICES, bullion, listed, told

SEEDS = PROJECT_DIR / "seeds"
AUTHORS = "select split_part(application_name, ',', 1) from ops.config_authors"


ROWS = {
    "chain_endpoints": 1,
    "chains": 9,
    "endpoints": 9,
    "exchanges": 8,
    "instruments": 11,
    "sentiment_feeds": 20,
    "thresholds": 14,
}


@pytest.fixture
def chosen(database):
    """A warehouse in which two exchanges are chosen; their listings are held."""
    run(database, None, CHOICES)
    listed(database)
    return database


def test_two_operators_who_turn_different_columns_both_have_their_way(chosen):
    def turn(columns):
        key = {"exchange_id": "kraken", "symbol": "BTC/USD"}
        with acting(chosen, "operator") as connection:
            change(connection, table(connection, "instruments"), key, columns)

    run(chosen, "operator", ADD.format("BTC/USD"))
    work = [
        threading.Thread(target=turn, args=(columns,))
        for columns in ({"since": "-P9D"}, {"priority": "history"})
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    (row,) = told("get", "instruments", "kraken", "BTC/USD")
    assert (row["since"], row["priority"]) == ("-P9D", "history")


def test_what_will_become_of_an_added_instrument_is_told_at_once(chosen):
    unlisted = bullion("add", "instruments", "kraken", "FOO/BAR")
    assert "kraken does not list FOO/BAR" in unlisted.stderr
    followed = bullion("add", "instruments", "kraken", "BTC/USD")
    assert "nobody collects now: `bullion collect`" in followed.stderr


def test_an_import_leaves_what_an_operator_changed_unless_told(database):
    told("import")
    told("set", "instruments", "kraken", "BTC/USD", "since=-P7D")
    told("remove", "instruments", "kraken", "BTC/USDT")
    told("add", "instruments", "kraken", "ETH/USD", "feeds=trades")
    kept = {row["table"]: row for row in told("import")}
    assert kept["instruments"]["added_count"] == 0
    differing = json.loads(bullion("diff", "--json").stdout)
    assert {(d["key"], d["warehouse"], d["folder"]) for d in differing} >= {
        ("kraken BTC/USD", "-P7D", "-P1D"),
        ("kraken BTC/USDT", None, "-P1D"),
        ("kraken ETH/USD", "trades", None),
    }
    done = {row["table"]: row for row in told("import", "--replace")}["instruments"]
    assert [done[f"{n}_count"] for n in ("added", "changed", "removed")] == [1, 1, 1]
    again = {row["table"]: row for row in told("import", "--replace")}["instruments"]
    assert [again[f"{n}_count"] for n in ("added", "changed", "removed")] == [0, 0, 0]
    assert bullion("diff").exit_code == 0


def test_two_imports_at_once_bring_each_row_once(database):
    def work_once():
        with acting(database, "operator") as connection:
            done.extend(import_folder(connection, SEEDS, replace=False))

    done: list[Imported] = []
    work = [threading.Thread(target=work_once) for _ in range(3)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert len(done) == 3 * len(ROWS)
    assert sum(table.added_count for table in done) == sum(ROWS.values())
    assert bullion("diff").exit_code == 0


def test_an_import_that_is_refused_brings_nothing(database, tmp_path):
    for path in SEEDS.glob("config_*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / "config_instruments.csv"
    path.write_text(path.read_text() + "kraken,ETH/USD,soon,live,true,candles,1m\n")
    done = bullion("import", str(tmp_path))
    assert done.exit_code == 65
    assert "since 'soon' is neither" in done.stderr
    assert run(database, None, "select count(*) from config.exchanges") == [(0,)]
    path.write_text(path.read_text().replace("soon,live,true", "-P1D,live,perhaps"))
    done = bullion("import", str(tmp_path))
    assert done.exit_code == 65
    assert "config_instruments.csv line 13" in done.stderr
    assert "perhaps" in done.stderr


def test_what_is_exported_is_read_as_seeds_and_imported_again(database, tmp_path):
    told("import")
    told("set", "exchanges", "kraken", "budget_share=0.123456")
    told("export", str(tmp_path))
    assert configuration(tmp_path).exchanges["kraken"].budget_share == 0.123456
    assert bullion("diff", str(tmp_path)).exit_code == 0
    told("import", "--replace")
    told("import", str(tmp_path), "--replace")
    assert configuration().exchanges["kraken"].budget_share == 0.123456


@pytest.mark.parametrize(
    ("command", "exit_code", "sentence"),
    [
        ("set thresholds attempts amount=-1", 65, "attempts can not be negative: -1"),
        ("set thresholds attempts amount=abc", 65, "invalid input syntax for type"),
        ("set thresholds attempts", 78, "say what to set"),
        ("set thresholds attempts price=1", 78, "no column price to set"),
        ("set instruments kraken", 78, "named by EXCHANGE_ID SYMBOL"),
        ("set instruments kraken NO/PE since=-P1D", 78, "has no row kraken NO/PE"),
        ("add instruments kraken BTC/USD", 65, "has a row kraken BTC/USD"),
        ("remove instruments kraken NO/PE", 78, "has no row kraken NO/PE"),
        ("remove exchanges kraken", 65, "kraken still has instruments"),
        ("get nothing x", 78, "no config table is called nothing"),
        ("history instruments kraken BTC/USD", 78, "no change of config.instruments"),
    ],
)
def test_a_command_is_refused_in_a_sentence(database, command, exit_code, sentence):
    told("import")
    done = bullion(*command.split())
    assert done.exit_code == exit_code
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr + done.stdout


def test_an_import_of_what_is_filled_says_that_the_rows_are_kept(database):
    told("import")
    done = bullion("import", "--json")
    assert "every table holds rows, and keeps them" in done.stderr
    kept = {row["table"]: row["kept_count"] for row in json.loads(done.stdout)}
    assert kept == ROWS


def test_the_tables_are_listed_with_how_many_rows_they_have(database):
    told("import")
    assert {row["table"]: row["rows_count"] for row in told("list")} == ROWS
    assert len(told("list", "instruments")) == ROWS["instruments"]


def test_a_threshold_may_be_written_with_decimals(database):
    told("import")
    told("set", "thresholds", "attempts", "amount=6.0")
    assert configuration().thresholds.attempts == 6


def test_what_is_so_already_is_not_written(database):
    told("import")
    xmin = "select xmin::text from config.thresholds where threshold = 'attempts'"
    before = run(database, None, xmin)
    done = bullion("set", "thresholds", "attempts", "amount=5.0")
    assert "nothing to change" in done.stderr
    assert run(database, None, xmin) == before


def test_what_changes_nothing_is_not_waited_for(database):
    told("import")
    done = bullion("set", "thresholds", "attempts", "amount=5.0", "--wait")
    assert done.exit_code == 0
    assert "nothing to wait for" in done.stderr
    assert run(database, None, AUTHORS) == [("bullion config import",)]
    assert told("import", "--wait") == []
    assert told("effects") == []


def test_steps_that_do_not_run_are_named_with_what_starts_them(database):
    told("import")
    words = ("set", "thresholds", "attempts", "amount=6", "--wait", "--wait-s", "0.1")
    done = bullion(*words)
    assert done.exit_code == 69
    sentence = " ".join(done.stderr.split())
    assert "1 of 1 changes: not captured: Debezium does not read" in sentence
    assert "`bullion up kafka debezium` starts it" in sentence
    assert "not consumed: `bullion config follow` does not run" in sentence
    (row,) = told("get", "thresholds", "attempts")
    assert row["amount"] == "6"


def test_who_writes_shows_in_the_connections_name(database, monkeypatch):
    told("import")
    run(
        database,
        None,
        "create table public.who (name text, role text); create function public.note()"
        " returns trigger language plpgsql security definer as $$ begin insert into"
        " public.who values (current_setting('application_name'),"
        " current_setting('role')); return new; end $$;"
        "create trigger note after update on config.thresholds"
        " for each row execute function public.note()",
    )
    told("set", "thresholds", "attempts", "amount=6")
    ((name, role),) = run(database, None, "select * from public.who")
    assert name.startswith("bullion config set, pid ")
    assert role == "operator"
