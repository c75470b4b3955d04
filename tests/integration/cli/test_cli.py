"""`bullion` in a process of its own, from an empty warehouse to an analyst's answer."""

import csv
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from pipelines import warehouse
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, child_environment

NOW = "2024-03-01T12:00:30Z"
LOAD = ("load", "exchange", "--exchange", "binance", "--symbol", "BTC/USDT")
NOBODY = "http://127.0.0.1:1"  # listens there
SECONDS = 60  # that a busy machine may take: tries again take longer
COMMAND = [sys.executable, "-c", "from pipelines.cli.main import main; main()"]


@pytest.fixture(scope="module")
def sandbox():
    with running(in_thread=True, now=NOW, frozen=True, rate_limit=False) as started:
        yield started


@pytest.fixture
def bullion(seeded, sandbox):
    """Runs a command on the warehouse and the sandbox."""

    def run(*words, **urls):
        return subprocess.run(
            [*COMMAND, *words],
            env=environment(sandbox) | urls,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    return run


def environment(sandbox):
    return child_environment({"PYTHONPATH": str(PROJECT_DIR), **sandbox.environment})


def test_from_a_load_to_an_answer_each_command_speaks_json(bullion):
    empty = bullion("list")
    assert empty.returncode == 78
    assert "nothing is built yet" in empty.stderr

    loaded = bullion(*LOAD, "--since", "2024-03-01T11:00:00Z", "--json")
    (facts,) = json.loads(loaded.stdout)
    assert facts["rows_count"] > 61
    assert loaded.stderr == ""  # no bar in a pipe

    built = bullion("transform", "--json")
    (facts,) = json.loads(built.stdout)
    assert facts["nodes_count"] == sum(facts["by_status"].values())
    assert built.stderr == ""

    nothing = bullion("transform", "--select", "fct_candles", "--select", "nope")
    assert nothing.returncode == 78
    assert "'nope' does not match" in nothing.stderr

    (series,) = json.loads(bullion("list", "--json").stdout)
    assert (series["symbol"], series["feed"]) == ("BTC/USDT", "candles")
    assert series["first_at"].startswith("2024-03-01T11:00")
    assert series["last_at"].startswith("2024-03-01T12:00")
    assert (series["rows_count"], series["completeness_pct"]) == (61, "100")

    page = Path(url2pathname(urlsplit(bullion("show").stdout.strip()).path))
    assert "binance BTC/USDT" in page.read_text(encoding="utf-8")
    chart = bullion("show", "--asset", "BTC").stdout.splitlines()
    assert chart[0].endswith("known, 2024-03-01 11:00 to 2024-03-01 11:00 UTC")
    assert "none known" in chart[-1]  # nobody spoke of it

    question = "select count(*) as n from fct_candles where timeframe = '1m'"
    answer = bullion("sql", "-c", question, "--csv")
    assert list(csv.DictReader(io.StringIO(answer.stdout))) == [{"n": "61"}]

    for refused in (
        "delete from fct_candles",
        "select * from silver.int_candles_graded",
    ):
        ended = bullion("sql", "-c", refused)
        assert ended.returncode != 0
        assert ended.stdout == ""


def test_one_symbol_that_is_not_listed_ends_with_the_code_of_bad_data(bullion):
    ended = bullion(*LOAD, "--symbol", "BTC/NOPE", "--since", "2024-03-01T11:50:00Z")
    assert ended.returncode == 65
    assert "failed: BTC/NOPE is not listed on binance" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "loaded" in ended.stdout

    words = (*LOAD, "--symbol", "BTC/NOPE", "--since", "2024-03-01T11:50:00Z")
    spoken = json.loads(bullion(*words, "--json").stderr)
    assert spoken["failed"].startswith("BTC/NOPE is not listed on binance")


def test_an_interrupted_load_says_how_it_goes_on_and_does(bullion, sandbox):
    sandbox.clear_counts()
    words = (*LOAD, "--since", "2022-01-01")
    process = subprocess.Popen(
        [*COMMAND, *words], env=environment(sandbox), stderr=subprocess.PIPE, text=True
    )
    while sandbox.requests_count("binance") < 5:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=300)
    assert process.returncode == 130, told
    assert told.strip().splitlines()[-1].endswith("the same command goes on from here")
    assert "Traceback" not in told
    assert "dlt" not in told

    assert bullion(*LOAD, "--since", "2024-03-01T11:00:00Z").returncode == 0
    with warehouse.connect("loader", "test") as connection:
        doubled = connection.execute(
            "select opened_at_ms from bronze_exchange.ohlcv"
            " group by opened_at_ms, request_id having count(*) > 1"
        ).fetchall()
    assert doubled == []


def test_an_interrupted_load_does_not_wait_for_what_waits_for_the_venue(
    bullion, sandbox
):
    until = "now() + interval '80 seconds'"  # which a load waits out
    with warehouse.connect(None, "test") as connection:
        connection.execute(
            "insert into ops.request_budgets (budget, blocked_until, blocked_for)"
            f" values ('binance', {until}, 'rate limit')".encode()
        )
    process = subprocess.Popen(
        [*COMMAND, *LOAD], env=environment(sandbox), stderr=subprocess.PIPE, text=True
    )
    time.sleep(12)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=300)
    assert (process.returncode, time.monotonic() - began < SECONDS) == (130, True), told


def test_a_load_leads_with_the_venue_that_is_away(bullion):
    words = ("load", "exchange", "--symbol", "BTC/USDT", "--since", "2024-03-01T11:50Z")
    venues = ("--exchange", "kraken", "--exchange", "binance")
    ended = bullion(*words, *venues, BULLION_KRAKEN_URL=NOBODY)
    away = f"kraken does not answer: {NOBODY} (connection refused)"
    assert ended.returncode == 69
    assert ended.stderr.splitlines() == [f"left out: {away}", f"failed: {away}"]
    assert "bronze_exchange" in ended.stdout


@pytest.mark.parametrize(
    ("source", "scope", "setting"),
    [
        ("exchange", "kraken", "BULLION_KRAKEN_URL"),
        ("archive", "binance", "BULLION_ARCHIVE_URL"),
        ("fear_greed", "fear_greed", "BULLION_FEAR_GREED_URL"),
    ],
)
def test_where_nobody_answers_it_is_said_at_once_and_no_table_is_shown(
    bullion, source, scope, setting
):
    venue = ("--exchange", scope) if source == "exchange" else ()
    began = time.monotonic()
    ended = bullion("load", source, *venue, **{setting: NOBODY})
    named = f"{scope} does not answer: {NOBODY} (connection refused)"
    assert (ended.returncode, ended.stdout) == (69, "")
    assert named in ended.stderr
    assert time.monotonic() - began < SECONDS
