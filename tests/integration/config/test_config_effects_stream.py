"""From a writer's commit to its effect, through Debezium and Kafka, and its proof."""

import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from pipelines import warehouse
from pipelines.cli.main import app
from pipelines.config import status
from pipelines.local.debezium_properties import DEAD_LETTERS_TOPIC, PREFIX
from pipelines.settings import settings
from pipelines.sources.config_changes.broker import KafkaLog
from pipelines.sources.config_changes.follow import follow
from tests.conftest import warehouse_of
from tests.contents.roles import acting, run
from tests.histories.config_choices import bullion, told
from tests.services import stream

KEY = ("instruments", "kraken", "BTC/USD")
PASSWORD = "correct-horse-battery"
WHO = """
select e.row_key, e.op, e.login, e.role, e.application_name
from ops.config_effects as e where e.table_name = %s order by e.effect_id
"""
THINGS = """
create table config.things (id integer primary key, name text);
select config.publish('config.things');
"""


@pytest.fixture(scope="module")
def chain(server, kafka, tmp_path_factory):
    """A warehouse whose config tables are streamed; the seeds' rows are imported."""
    folder = tmp_path_factory.mktemp("effects")
    with (
        pytest.MonkeyPatch.context() as environment,
        warehouse_of(server, folder, environment) as database,
    ):
        for name, value in stream.given(kafka.access).items():
            environment.setenv(name, value)
        environment.setenv("BULLION_CDC_PASSWORD", PASSWORD)
        settings.cache_clear()
        run(database, None, THINGS)
        with stream.streaming(folder / "debezium", database, kafka):
            told("import")
            yield database


@pytest.fixture
def followed(chain, kafka):
    """`chain`, followed by a consumer."""
    with following(kafka):
        yield chain


@contextmanager
def following(kafka):
    stop = threading.Event()
    consumer = threading.Thread(
        target=follow,
        args=(lambda: KafkaLog(kafka.access, DEAD_LETTERS_TOPIC), PREFIX, stop),
    )
    consumer.start()
    try:
        yield
    finally:
        stop.set()
        consumer.join()


@contextmanager
def configured(become):
    """Who is configured: `become` is told each time of a connection and what is open.

    It applies what was left open before it, as a process that starts does.
    """

    def work():
        with listener, warehouse.connect("loader", "bullion collect, test") as writer:
            while not stop.is_set():
                if opened := status.open_changes(writer):
                    become(writer, opened)
                for _ in listener.notifies(timeout=0.1, stop_after=1):
                    pass

    stop = threading.Event()
    listener = warehouse.connect("loader", "bullion collect, test")
    listener.execute("listen bullion_config")
    status.applied(listener, status.open_changes(listener), "start")
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def applying(connection, opened):
    status.applied(connection, opened, "a test")


def loading(connection, opened):
    """Apply it, and load its first row a moment later."""
    applying(connection, opened)
    time.sleep(0.2)
    status.first_row(connection, opened, "1.5", datetime.now(UTC))


@contextmanager
def login(database, name):
    """libpq's parameters of a person's login in the role `operator`."""
    named = sql.Identifier(name)
    with acting(database) as connection:
        made = sql.SQL("create role {} login password {} in role operator")
        connection.execute(made.format(named, PASSWORD))
    try:
        yield {**database, "user": name, "password": PASSWORD}
    finally:
        with acting(database) as connection:
            connection.execute(sql.SQL("drop role {}").format(named))


def who(database, table, count):
    """Who made the changes of a table, once there are as many."""
    deadline = time.monotonic() + 300
    with acting(database, "transformer") as connection:
        while True:
            found = connection.execute(WHO, (table,)).fetchall()
            if len(found) >= count:
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.05)


@pytest.mark.slow
def test_plain_sql_of_a_persons_login_is_shown_with_its_name_and_program(followed):
    with (
        login(followed, "alice") as alice,
        psycopg.connect(**alice, application_name="psql") as connection,
    ):
        connection.execute("insert into config.things values (1, 'one')")
        connection.execute("update config.things set id = 2 where id = 1")
        connection.commit()
        connection.execute("set role operator")
        connection.execute("set application_name = 'notebook'")
        connection.execute("delete from config.things where id = 2")
    assert who(followed, "things", 4) == [
        ("[1]", "c", "alice", None, "psql"),
        ("[1]", "d", "alice", None, "psql"),
        ("[2]", "c", "alice", None, "psql"),
        ("[2]", "d", "alice", "operator", "notebook"),
    ]
    (added, removed) = told("history", "things", "1")
    assert (added["who"], removed["who"]) == ("alice, psql", "alice, psql")
    assert [c["happened"] for c in (added, removed)] == ["added", "removed"]
    assert added["outcome"] == "overtaken"


@pytest.mark.slow
def test_each_row_of_a_copy_has_its_effect(followed):
    before = len(who(followed, "things", 0))
    rows = "".join(f"{number}\tcopied\n" for number in range(1000, 2000))
    with (
        psycopg.connect(
            **followed, options="-c role=operator", application_name="loading"
        ) as connection,
        connection.cursor() as cursor,
        cursor.copy("copy config.things from stdin") as copy,
    ):
        copy.write(rows)
    found = who(followed, "things", before + 1000)[before:]
    assert len({key for key, *_ in found}) == len(found) == 1000
    assert {tuple(rest) for _, *rest in found} == {
        ("c", followed["user"], "operator", "loading")
    }


@pytest.mark.slow
def test_a_change_is_waited_for_until_it_is_applied(followed):
    with configured(applying):
        done = CliRunner().invoke(app, ["config", "set", *KEY, "since=-P7D", "--wait"])
    assert done.exit_code == 0, done.output
    assert "applied" in done.stdout
    with configured(applying):
        (path,) = told("set", *KEY, "since=-P8D", "--wait")
    assert path["what"] == "since -P7D → -P8D"
    assert (path["table"], path["key"]) == ("instruments", "kraken BTC/USD")
    assert path["outcome"] == "applied"
    steps = [path[f"{step}_ms"] for step in ("captured", "consumed", "applied")]
    assert 0 < steps[0] <= steps[1] <= steps[2] < 30_000
    assert path["first_row_ms"] is None
    print(f"captured, consumed, applied after {steps} ms")
    last = told("history", *KEY)[-1]
    assert (last["outcome"], last["what"]) == ("applied", path["what"])
    assert last["who"].startswith(f"{followed['user']} as operator, bullion config set")
    assert last["consumed_at"] < last["applied_at"]


@pytest.mark.slow
def test_an_added_instrument_is_waited_for_until_its_first_row(followed):
    with configured(loading):
        (path,) = told("add", "instruments", "kraken", "ETH/USD", "--wait")
        assert path["applied_ms"] + 200 <= path["first_row_ms"]
        (path,) = told("remove", "instruments", "kraken", "ETH/USD", "--wait")
        assert path["first_row_ms"] is None or path["outcome"] == "applied"
    with configured(applying):
        done = bullion(
            *("add", "instruments", "kraken", "ETH/USD", "--wait", "--wait-s", "10")
        )
        assert done.exit_code == 69
        assert "its first row has not come yet" in sentence(done)
        told("set", "exchanges", "kraken", "is_enabled=false", "--wait")
        told("add", "instruments", "kraken", "LTC/USD", "--wait")


@pytest.mark.slow
def test_what_is_rejected_is_told_with_its_reason_at_once(followed):
    def reject(connection, opened):
        status.rejected(connection, opened, "kraken does not list NO/PE")

    began = time.monotonic()
    with configured(reject):
        done = bullion("add", "instruments", "kraken", "NO/PE", "--wait")
    assert time.monotonic() - began < 20
    assert done.exit_code == 65
    assert (
        "instruments kraken NO/PE is rejected: kraken does not list NO/PE"
        in sentence(done)
    )
    (effect,) = told("effects", "--open", "--table", "instruments")
    assert (effect["outcome"], effect["key"]) == ("rejected", "kraken NO/PE")
    assert told("history", "instruments", "kraken", "NO/PE")[0]["reason"]


@pytest.mark.slow
def test_what_another_changes_first_is_told(followed):
    def overtake(_connection, opened):
        if any(e.table_name == "thresholds" for e in opened):
            run(
                followed,
                "operator",
                "update config.thresholds set amount = amount + 1"
                " where threshold = 'attempts' and amount < 8",
            )

    with configured(overtake):
        done = bullion("set", "thresholds", "attempts", "amount=7", "--wait")
    assert done.exit_code == 1
    assert "thresholds attempts: changed again before it took effect" in sentence(done)


@pytest.mark.slow
def test_the_step_that_is_missing_is_named_with_its_remedy(chain, kafka):
    waited = ("set", "thresholds", "patience_seconds", "--wait", "--wait-s")
    done = bullion(*waited, "3", "amount=91")
    assert done.exit_code == 69
    assert "not consumed: `bullion config follow` does not run" in sentence(done)
    with following(kafka):
        with configured(applying):  # the consumer has come as far as this one
            told(*waited, "60", "amount=92")
        done = bullion(*waited, "10", "amount=93")
        assert done.exit_code == 69
        told_of = "thresholds patience_seconds: not applied: `bullion collect` does not"
        assert told_of in sentence(done)
        with warehouse.connect("loader", "bullion collect, test"):
            done = bullion(*waited, "10", "amount=94")
        assert "though bullion collect, test, since" in sentence(done)


@pytest.mark.slow
def test_an_import_is_waited_for_in_all_its_tables(followed, tmp_path):
    told("export", str(tmp_path))
    path = tmp_path / "config_thresholds.csv"
    path.write_text(path.read_text().replace("holes_per_load,", "holes_per_load,1"))
    path = tmp_path / "config_exchanges.csv"
    path.write_text(path.read_text().replace("binance_us,false", "binance_us,true"))
    with configured(applying):
        found = told("import", str(tmp_path), "--replace", "--wait")
    assert {(e["table"], e["key"]) for e in found} == {
        ("thresholds", "holes_per_load"),
        ("exchanges", "binance_us"),
    }
    assert {e["outcome"] for e in found} == {"applied"}


@pytest.mark.slow
def test_a_table_of_a_later_source_is_streamed_without_a_restart(followed):
    declared = """
        create table config.funding (symbol text primary key, hours integer);
        select config.publish('config.funding');
    """
    run(followed, None, declared)
    done = CliRunner().invoke(app, ["stream", "prepare", "--json"])
    # the consumer looks for new tables, too: it may have been first
    assert json.loads(done.stdout) in ([], [{"topic": "bullion.config.funding"}])
    with configured(applying):
        (path,) = told("add", "funding", "BTC/USDT:USDT", "hours=8", "--wait")
        assert path["outcome"] == "applied"
        told("set", "funding", "BTC/USDT:USDT", "hours=4", "--wait")
    added, changed = told("history", "funding", "BTC/USDT:USDT")
    assert (added["happened"], changed["what"]) == ("added", "hours 8 → 4")
    assert changed["who"].startswith(f"{followed['user']} as operator, bullion config")


def sentence(done):
    return " ".join(done.stderr.split())
