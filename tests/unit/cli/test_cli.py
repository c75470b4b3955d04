"""The command line without a warehouse: help, refusals, exit codes, what is shown."""

import json
import math
import resource
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import cast

import psycopg
import pytest
from psycopg.pq.abc import PGresult
from rich.console import Console
from typer.main import get_command
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.cli.refusals import exit_code_of
from pipelines.errors import BadDataError, BusyError, SetupError, UpstreamError
from pipelines.local import stack
from pipelines.settings import settings
from pipelines.terminal import report
from pipelines.terminal.progress import load_bar, node_bar

RUNNER = CliRunner()
MAIN = "from pipelines.cli.main import main"
SLOW_TO_IMPORT = {"pydantic", "psycopg", "dlt", "polars", "requests", "ccxt", "prefect"}


def commands(group=None, words=()):
    """Every command's words."""
    group = group or get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name)


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """A data directory in which nothing was ever started, and no server named."""
    for name in ("PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BULLION_DATA_DIR", str(tmp_path / "bullion"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_has_an_example_in_its_help(words):
    told = RUNNER.invoke(app, [*words, "--help"])
    assert told.exit_code == 0
    assert f"bullion {' '.join(words)}" in told.output.partition("Example:")[2]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["load", "exchange", "--exchange", "mtgox"], "unknown exchange mtgox; known:"),
        (["load", "exchange", "--symbol", "BTC/GOLD"], "BTC/GOLD"),
        (["load", "exchange", "--since", "yesterday"], "is not an ISO 8601 time"),
        (
            ["load", "exchange", "--since", "2024-01-02", "--until", "2024-01-01"],
            "is not after",
        ),
        (["load", "exchange", "--exchange", "kraken"], "bullion up"),
        (["list"], "bullion up"),
        (["transform"], "bullion up"),
        (["sql", "-c", "select 1"], "bullion up"),
        (["up", "mainframe"], "no service is called mainframe"),
        (["sandbox", "urls"], "bullion up sandbox"),
    ],
)
def test_what_can_not_be_done_is_one_sentence_and_exit_code_78(words, sentence):
    told = RUNNER.invoke(app, words)
    assert told.exit_code == SetupError.exit_code == 78
    assert sentence in told.output
    assert told.output.startswith("bullion: ")
    assert "Traceback" not in told.output
    assert len(told.output.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UpstreamError("no answer"), 69),
        (BadDataError("high below low"), 65),
        (BusyError("held by another"), 75),
        (psycopg.OperationalError("connection refused"), 69),
        (KeyboardInterrupt(), 130),
    ],
)
def test_what_goes_wrong_has_an_exit_code_of_its_kind(monkeypatch, error, code):
    def fails():
        raise error

    monkeypatch.setattr(stack, "status", fails)
    told = RUNNER.invoke(app, ["status"])
    assert told.exit_code == code
    assert (str(error) or "the same command goes on") in told.output


def test_a_server_that_does_not_answer_is_one_sentence(monkeypatch):
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    settings.cache_clear()
    told = RUNNER.invoke(app, ["list"])
    assert told.exit_code == UpstreamError.exit_code
    assert "the warehouse does not answer" in told.output


def test_bad_data_wants_a_person_and_an_outage_another_try():
    assert exit_code_of([UpstreamError("x"), BadDataError("y")]) == 65
    assert exit_code_of([UpstreamError("x")]) == 69


@pytest.mark.parametrize("command", ["status", "doctor", "down"])
def test_json_parses_where_nothing_runs(command):
    told = RUNNER.invoke(app, [command, "--json"])
    assert json.loads(told.stdout)


def test_numbers_are_shown_exactly_and_counts_in_words():
    assert report.plain(Decimal("1200.000000000000000000")) == "1200"
    assert report.plain(Decimal("0.000000010000000000")) == "0.00000001"
    assert report.plain({"success": 20, "pass": 3}) == "20 success, 3 pass"
    assert json.loads(report.as_json([{"n": Decimal("0.10"), "by": {"a": 1}}])) == [
        {"n": "0.1", "by": {"a": 1}}
    ]


def test_the_bar_knows_the_share_that_is_done_and_grows_with_the_plan():
    console = Console(force_terminal=True, width=120)
    with console.capture() as captured, load_bar(console) as bar:
        bar.planned(1000)
        bar.answered(300, 250)
        bar.planned(1000)
        bar.answered(700, 650)
    assert (bar.minutes_planned, bar.rows) == (2000, 900)
    assert "50%" in captured.get()
    assert "900 rows" in captured.get()
    assert "rows/s" in captured.get()


@pytest.mark.parametrize("shown", [load_bar, node_bar])
def test_a_pipe_sees_no_bar(shown):
    console = Console(force_terminal=False)
    with console.capture() as captured, shown(console):
        pass
    assert captured.get().strip() == ""


def test_the_node_that_dbt_builds_is_shown():
    console = Console(force_terminal=True, width=120)
    with console.capture() as captured, node_bar(console) as seen:
        seen("incremental model gold.fct_candles", 7, 12)
    assert "7 of 12: incremental model gold.fct_candles" in captured.get()


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_symbols_and_times_stay_in_one_piece(width):
    at = datetime(2024, 3, 1, 12, 30, tzinfo=UTC)
    rows = [
        {
            "exchange_id": "kraken_futures",
            "symbol": "BTC/USDT:USDT-240329",
            "feed": "candles",
            "first_at": at,
            "last_at": at,
            "rows_count": count,
            "completeness_pct": Decimal("95.91"),
            "cause": "quiet, unproven",
        }
        for count in (1382, 7)
    ]
    console = Console(width=width)
    with console.capture() as captured:
        report.show(rows, "series", console)
    lines = captured.get().splitlines()
    assert max(map(len, lines)) <= width
    words = ("kraken_futures", "BTC/USDT:USDT-240329", "2024-03-01 12:30", "1382")
    assert all(any(word in line for line in lines) for word in words)


class Answer:
    """What Postgres answered: a number, a text that looks like one, a null."""

    nfields, ntuples = 3, 1

    def fname(self, column):
        return (b"open", b"version", b"none")[column]

    def ftype(self, column):
        return (1700, 25, 25)[column]

    def get_value(self, _, column):
        return (b"33862.600000000000000000", b"1.10", None)[column]


def test_csv_has_numbers_without_padding_and_texts_as_they_are(capsys):
    report.write_csv(cast("PGresult", Answer()))
    assert capsys.readouterr().out == "open,version,none\n33862.6,1.10,\n"


def test_help_needs_no_more_than_its_words():
    """What is slow to import waits for the command that needs it."""
    script = (
        "import sys; from pipelines.cli.main import app; from typer.main import"
        " get_command; get_command(app).main(['--help'], standalone_mode=False);"
        " print(*sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert "Usage" in told
    assert SLOW_TO_IMPORT & set(told.split()) == set()


def test_help_takes_little_more_than_the_library_that_prints_it():
    """Under half a second of CPU on an idle core, of which the library takes 0.35."""
    scripts = (
        f"import sys; sys.argv[1:] = ['--help']; {MAIN}; main()",
        "import typer, typer.rich_utils",
    )
    # in turns, the least of each: others who use the machine add to it, and never take
    ours = library = math.inf
    for _ in range(10):
        ours, library = (
            min(least, cpu_s(script))
            for least, script in zip((ours, library), scripts, strict=True)
        )
    assert ours < 1.8 * library


def cpu_s(script):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_up_starts_what_its_help_says():
    told = " ".join(
        RUNNER.invoke(app, ["up", "--help"]).output.replace("│", "").split()
    )
    assert f"{', '.join(stack.SERVICES)}; the first two by default" in told
    assert tuple(stack.SERVICES)[:2] == stack.BY_DEFAULT


def test_the_version_is_the_packages():
    told = RUNNER.invoke(app, ["--version"])
    assert (told.exit_code, told.output) == (0, f"bullion {version('bullion')}\n")
