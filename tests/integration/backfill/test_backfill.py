"""Backfills on the sandbox: planned, applied, killed, repeated, beside live loads."""

import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import psycopg
import pytest
from typer.testing import CliRunner

from pipelines import bootstrap, warehouse
from pipelines.backfill import ledger, status
from pipelines.backfill.apply import Patience, apply
from pipelines.backfill.plan import plan
from pipelines.backfill.plan_request import parse
from pipelines.bronze.load import LoadFacts
from pipelines.cli.main import app
from pipelines.collector.first_rows import first_row_of
from pipelines.config.rows import configuration
from pipelines.errors import BadDataError, SetupError, UpstreamError
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, child_environment, settings
from pipelines.sources.connectors import connected
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.feed import Key
from pipelines.upstream.options import LoadOptions
from tests.conftest import TEMPLATE, WAREHOUSE, copy_database
from tests.contents.transform import Transform
from tests.services.forks import forks
from tests.soak import moments, times

NOW = "2024-03-04T12:00:30Z"
EDGE = "2024-03-04T06:00Z"  # history lies before it, live loading begins there
SYMBOL = "BTC/USDT"
NOBODY = "http://127.0.0.1:1"  # listens there
KILLS = times(20, 3)
LEDGER = "select to_jsonb(c) from ops.backfill_chunks as c order by chunk_id"
GOLD = ("fct_candles", "fct_gaps", "fct_candle_proofs")


@pytest.fixture(scope="module")
def sandbox():
    with running(in_thread=True, now=NOW, frozen=True, rate_limit=False) as started:
        yield started


@pytest.fixture
def upstream(sandbox, parsed_and_seeded, monkeypatch):
    """The settings point to the sandbox, and it has no faults."""
    for name, url in sandbox.environment.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    yield sandbox
    sandbox.clear_faults()
    sandbox.clear_counts()


def known(**thresholds):
    found = configuration(PROJECT_DIR / "seeds")
    return replace(found, thresholds=replace(found.thresholds, **thresholds))


def planned(since, until=EDGE, exchange="binance", symbol=SYMBOL, feed="candles"):
    (wanted,) = parse(
        known(), [exchange], [symbol], feeds=[feed], since=since, until=until
    )
    with connected(known()) as connectors:
        return plan(wanted, connectors)


def applied(**options):
    with warehouse.connect("loader", "test") as connection:
        plans = ledger.plans(connection)
    with connected(known()) as connectors:
        return apply(connectors, plans, **{"patience": Patience(rest_s=0), **options})


def select(text, role="loader"):
    with warehouse.connect(role, "test") as connection:
        return connection.execute(text).fetchall()


def command(*words):
    return CliRunner().invoke(app, ["backfill", *words])


def states():
    with warehouse.connect("loader", "test") as connection:
        return [chunk["state"] for chunk in status.chunks(connection)]


def test_who_is_away_is_left_out_and_where_nobody_answers_nothing_is_tried(
    upstream, monkeypatch
):
    planned("2024-03-04T03:00Z")
    planned("2024-03-04T03:00Z", exchange="kraken")
    monkeypatch.setenv("BULLION_BINANCE_URL", NOBODY)
    settings.cache_clear()
    away = f"binance does not answer: {NOBODY} (connection refused)"

    rest = command("apply")
    assert rest.exit_code == UpstreamError.exit_code
    assert rest.stderr.splitlines() == [f"left out: {away}", f"failed: {away}"]
    assert sorted(states()) == ["done", "waiting"]

    nothing = command("apply")
    assert (nothing.exit_code, nothing.stdout) == (UpstreamError.exit_code, "")
    assert nothing.stderr.startswith(f"bullion: {away}: ")
    assert sorted(states()) == ["done", "waiting"]


def test_a_plan_says_what_it_will_take_and_fetches_nothing(upstream):
    found = planned("2024-01-30")
    asked = {row["path"].split("?")[0] for row in upstream.counts()}
    assert not any(path.endswith((".zip", ".CHECKSUM", "/klines")) for path in asked)
    assert (found.chunks_count, found.files_count) == (4, 6)
    assert (found.held_steps, found.not_had_steps) == (0, 0)
    assert found.steps == 34 * 1440 + 360
    assert found.seconds > 0
    assert states() == ["waiting"] * 4

    done = applied()

    assert done.failures == []
    assert done.rows_count == found.steps
    # a chunk of REST that finds no listing held asks for it, and two run at once
    assert 0 <= done.requests_count - found.requests_count <= 2
    assert abs(done.bytes_count - found.bytes_count) < 0.1 * found.bytes_count
    again = planned("2024-01-30")
    assert (again.plan_id, again.chunks_count) == (found.plan_id, 0)
    assert again.held_steps == again.steps


def test_a_chunk_tells_what_it_brought_and_the_files_checksum(upstream):
    planned("2024-03-03", "2024-03-04T02:00Z")
    applied()
    day, hours = select(
        "select route, rows_count, requests_count, bytes_count, sha256, load_ids"
        " from ops.backfill_chunks order by from_value"
    )
    (file,) = select("select sha256, bytes_count from bronze_archive.files")
    assert day[:5] == ("archive", 1440, 2, file[1], file[0])
    assert hours[:2] == ("rest", 120)
    assert len(hours[4]) == 64
    finished = {row[0] for row in select("select load_id from ops.loads")}
    assert {*day[5], *hours[5]} == finished


def test_a_checksum_of_rest_is_of_the_values_whatever_the_loads_were(upstream):
    planned("2024-03-04", "2024-03-04T02:00Z")
    applied()
    ((whole,),) = select("select sha256 from ops.backfill_chunks")
    with warehouse.connect(None, "test") as connection:
        connection.execute("truncate ops.backfills cascade")
        connection.execute("truncate bronze_exchange.ohlcv, bronze_exchange.pages")
    # the same minutes in two loads, the later ones first
    planned("2024-03-04", "2024-03-04T02:00Z")
    with warehouse.connect("loader", "test") as connection:
        loads = []
        for since, until in (("01:00", "02:00"), ("00:00", "01:00")):
            spans = (f"2024-03-04T{since}Z", f"2024-03-04T{until}Z")
            options = LoadOptions.parse(["binance"], [SYMBOL], *spans)
            facts = load(ExchangeSource(known(reread_candles=0), options))
            assert facts
            loads.append(facts.load_id)
        connection.execute("update ops.backfill_chunks set load_ids = %s", (loads,))
    done = applied()
    assert done.rows_count == 120
    assert select("select sha256 from ops.backfill_chunks") == [(whole,)]


def test_repeated_it_changes_nothing_and_asks_nobody(upstream):
    planned("2024-03-01")
    first = applied()
    assert first.chunks_count == 2
    before = select(LEDGER)
    upstream.clear_counts()

    again = applied()

    assert (again.chunks_count, again.failures) == (0, [])
    assert upstream.requests_count() == 0
    assert select(LEDGER) == before


def test_a_wider_span_widens_the_plan_and_keeps_what_is_done(upstream):
    first = planned("2024-03-03", "2024-03-04T01:00Z")
    applied()
    wider = planned("2024-03-02", "2024-03-04T02:00Z")
    assert wider.plan_id == first.plan_id
    assert (wider.chunks_count, wider.held_steps) == (2, 1440 + 60)
    assert applied().rows_count == 1440 + 60
    assert states() == ["done"] * 4


def test_two_applies_at_once_share_the_chunks(upstream):
    planned("2024-02-25")
    planned("2024-02-25", exchange="coinbase", symbol="BTC/USD")
    count = len(states())
    done = []
    both = [threading.Thread(target=lambda: done.append(applied())) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sum(one.chunks_count for one in done) == count
    tries = select("select distinct attempts_count, state from ops.backfill_chunks")
    assert tries == [(1, "done")]


def test_a_chunk_that_fails_is_reported_and_the_others_go_on(upstream):
    planned("2024-01-01", "2024-03-01")
    path = "BTCUSDT-1m-2024-01.zip"
    upstream.inject("archive_checksum", probability=1.0, path=path)

    done = applied()

    assert done.chunks_count == 1
    (failure,) = done.failures
    assert isinstance(failure, BadDataError)
    assert path in str(failure)
    assert states() == ["failed", "done"]
    ((reason,),) = select(
        "select reason from ops.backfill_chunks where state <> 'done'"
    )
    assert path in reason
    upstream.clear_faults()
    assert applied().failures == []
    assert states() == ["done", "done"]


def test_an_outage_is_tried_a_bounded_number_of_times(upstream):
    planned("2024-03-04")
    upstream.inject("server_error", probability=1.0, path="klines")
    patience = Patience(attempts=2, rest_s=0)
    with warehouse.connect("loader", "test") as connection:
        plans = ledger.plans(connection)
    with connected(known(attempts=1)) as connectors:
        done = apply(connectors, plans, patience=patience)
    assert len(done.failures) == 1
    assert select("select state, attempts_count from ops.backfill_chunks") == [
        ("failed", 2)
    ]


def test_what_kraken_does_not_give_is_named_in_the_plan(upstream):
    found = planned("2024-03-03", exchange="kraken", symbol="BTC/USD")
    assert found.not_had_steps > 1440
    assert "--feed trades" in (found.not_had or "")
    assert found.chunks_count == 1


def test_a_plan_of_nothing_is_refused(upstream):
    with pytest.raises(SetupError, match="nothing lies between"):
        planned("2025-01-01", "2025-01-02")
    with pytest.raises(SetupError, match="unknown exchange nowhere"):
        planned("2024-01-01", exchange="nowhere")
    with pytest.raises(SetupError, match="there is no plan 7"):
        ledger_plans(7)


def ledger_plans(*plan_ids):
    with warehouse.connect("loader", "test") as connection:
        return ledger.plans(connection, plan_ids)


CLI = "from pipelines.cli.main import main; main()"


def test_ctrl_c_ends_what_is_under_way_and_the_same_command_goes_on(upstream):
    planned("2024-01-01")
    count = len(states())
    # until it has heard the signal no chunk that is a file can be done
    upstream.inject("server_error", probability=1.0, path=".zip")
    command = [sys.executable, "-c", CLI, "backfill", "apply", "--parallel", "1"]
    process = subprocess.Popen(
        command,
        cwd=PROJECT_DIR,
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 300
    while "running" not in states():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it did not begin"
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.stdout
    told = ""
    while "stopping" not in told:
        line = process.stdout.readline()
        assert line, told
        told += line
    upstream.clear_faults()
    told += process.stdout.read()
    assert process.wait(300) == 130, told
    assert "the same command goes on from here" in told
    assert "Traceback" not in told
    left = states()
    assert "running" not in left, told
    assert left.count("waiting") >= 1
    assert applied().failures == []
    assert states() == ["done"] * count


@contextmanager
def live(loads):
    """Loads of the newest minutes, one after the other, until the block ends."""
    stop = threading.Event()
    wrong = []

    def run():
        while not stop.is_set():
            source = live_source()
            try:
                loads.append(load(source))
            except Exception as error:  # noqa: BLE001  # told below
                wrong.append(error)
            wrong.extend(source.failures)
            stop.wait(0.2)

    loading = threading.Thread(target=run)
    loading.start()
    try:
        yield
    finally:
        stop.set()
        loading.join()
    assert wrong == []


def live_source():
    options = LoadOptions.parse(["binance"], [SYMBOL], EDGE)
    return ExchangeSource(known(), options)


def hashes():
    """A hash of each mart but for the batch that made a row."""
    row = "(to_jsonb(t) - 'changed_in')::text"
    return {
        name: select(
            f"select count(*), md5(string_agg({row}, '|' order by {row}))"
            f" from gold.{name} as t",
            "transformer",
        )
        for name in GOLD
    }


@contextmanager
def another_warehouse(server, monkeypatch, tmp_path):
    """A fresh one in the place of the first; the settings point to it."""
    with psycopg.connect(**server, autocommit=True) as connection:
        connection.execute(f"drop database {WAREHOUSE} with (force)")
    copy_database(server, TEMPLATE, WAREHOUSE)
    with monkeypatch.context() as patched:
        patched.setenv("BULLION_DATA_DIR", str(tmp_path / "clean"))
        settings.cache_clear()
        bootstrap.apply(**{**server, "dbname": WAREHOUSE})
        yield
    settings.cache_clear()


def built():
    transform = Transform()
    transform.run("seed")
    transform.rerun("run")
    return hashes()


def work():
    """Applies every plan as an operator would."""

    def run():
        with warehouse.connect("loader", "test") as connection:
            plans = ledger.plans(connection)
        with connected(configuration()) as connectors:
            apply(connectors, plans)

    return run


def test_the_first_row_is_found_that_a_file_brought(upstream):
    planned("2024-03-01", "2024-03-03")
    done = []
    began = datetime.now(UTC)
    apply_told = applied(finished=lambda plan, load_ids: done.append((plan, load_ids)))
    assert apply_told.failures == []
    assert {plan.subject for plan, _ in done} == {SYMBOL}
    load_ids = [load_id for _, found in done for load_id in found]
    delivered = (
        "select load_id, min(delivered_at) from ops.deliveries"
        " where table_name = 'klines' group by load_id order by 2"
    )
    keys = [Key("binance", SYMBOL, feed) for feed in ("history", "candles")]
    with warehouse.connect("loader", "test") as connection:
        (first, *others) = connection.execute(delivered).fetchall()
        assert {load_id for load_id, _ in (first, *others)} == set(load_ids)
        other = Key("binance", "ETH/USDT", "candles")
        for key in keys:
            assert first_row_of(connection, [key], began, load_ids) == first
            assert first_row_of(connection, [key], began, []) is None
            late = datetime.now(UTC)
            assert first_row_of(connection, [key], late, None) is None
        assert first_row_of(connection, [other], began, None) is None


@pytest.mark.slow(120)
def test_killed_over_and_over_among_faults_and_live_loads_gold_is_one_clean_load(
    upstream, server, monkeypatch, tmp_path
):
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    earlier = (f"{2024 - n // 12}-{12 - n % 12:02}-01" for n in count(12))
    since = "2024-01-01"
    planned(since)
    archive, rest = "BTCUSDT-1m-2024-0", "klines"
    upstream.inject("archive_checksum", next_requests=2, path=f"{archive}1")
    upstream.inject("archive_truncated", next_requests=1, path=f"{archive}2")
    upstream.inject("server_error", probability=0.05, path=rest)
    upstream.inject("duplicate", probability=0.1, path=rest)
    upstream.inject("truncated", probability=0.05, path=rest)
    loads: list[LoadFacts | None] = []
    with live(loads), forks("tests.integration.backfill.test_backfill:work") as applies:
        kills, pauses = 0, moments(chance, 1.2, KILLS)
        while kills < KILLS:
            applying = applies.start()
            time.sleep(next(pauses))
            if applying.kill():
                kills += 1
            else:  # all is done: there is more to kill in a wider span
                since = next(earlier)
                planned(since)
        upstream.clear_faults()
        assert applied().failures == []
    assert len(loads) > 1
    load(live_source())
    assert set(states()) == {"done"}
    before = select(LEDGER)
    assert applied().chunks_count == 0
    assert select(LEDGER) == before
    # a kill loses a file's row or brings it whole; none stands twice in one load
    doubled = select(
        "select _dlt_load_id, path from bronze_archive.files where status = 'loaded'"
        " group by 1, 2 having count(*) > 1"
    )
    assert doubled == []
    found = built()

    with another_warehouse(server, monkeypatch, tmp_path):
        planned(since)
        assert applied().failures == []
        for _ in range(2):
            load(live_source())
        assert built() == found
    candles_count, _ = found["fct_candles"][0]
    assert candles_count > 90_000
