"""Every command, found, with wrong words, no server, no terminal, and Ctrl-C."""

import json
import signal
from contextlib import contextmanager

import pytest
import typer.testing
from typer.main import get_command

from pipelines.cli.main import app
from pipelines.cli.reference import FILE, reference
from pipelines.errors import UpstreamError
from pipelines.settings import settings

RUNNER = typer.testing.CliRunner()
COMMANDS = get_command(app)
NARROW = 60
PSQL_S = 1  # its exit code of wrong words
SERVER_S = 1.5  # what waits for a server is interrupted then
# they need no server
MADE_HERE = {("up",), ("demo",), ("sandbox", "serve"), ("schedule", "up")}


def commands(group=COMMANDS, words=()):
    """Every command and its words."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield pytest.param(command, (*words, name), id=" ".join((*words, name)))


every_command = pytest.mark.parametrize(("command", "words"), list(commands()))


def wrong(command):
    """A wrong word wherever the command must be given one."""
    for one in command.params:
        if one.required:
            is_word = one.param_type_name == "argument"
            yield "nope" if is_word else f"{one.opts[0]}=nope"


def takes_json(command):
    return any("--json" in one.opts for one in command.params)


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No server answers, nothing was ever started here, and the terminal is narrow."""
    for name in ("PGDATABASE", "PGUSER", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("BULLION_DATA_DIR", str(tmp_path / "bullion"))
    monkeypatch.setenv("BULLION_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("COLUMNS", str(NARROW))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(typer.testing, "_get_command", lambda _: COMMANDS)
    settings.cache_clear()
    yield
    settings.cache_clear()


@contextmanager
def interrupted_after(seconds):
    """A real Ctrl-C for what is still at work then."""

    def interrupt(*_):
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run(*words):
    """What a command said; sentences, whatever became of it."""
    told = RUNNER.invoke(app, words)
    assert "Traceback" not in told.output
    assert told.exception is None or isinstance(told.exception, SystemExit)
    return told


@every_command
def test_each_option_says_what_it_does(command, words):
    assert [one.name for one in command.params if not one.help] == []


def test_the_reference_in_docs_is_the_help():
    again = ".venv/bin/python -m pipelines.cli.reference"
    assert FILE.read_text(encoding="utf-8") == reference(), f"{again} writes it"


@every_command
def test_help_fits_a_narrow_terminal(command, words):
    told = run(*words, "--help")
    assert told.exit_code == 0
    assert [line for line in told.output.splitlines() if len(line) > NARROW] == []


@every_command
def test_an_option_that_is_none_is_named_with_exit_code_2(command, words, capfd):
    told = run(*words, *wrong(command), "--no-such-option")
    assert told.exit_code == (PSQL_S if words == ("sql",) else 2)
    assert "--no-such-option" in told.output + capfd.readouterr().err


@every_command
def test_without_a_server_it_ends_in_a_sentence_and_one_exit_code(
    command, words, capfd
):
    if words == ("sandbox", "serve"):
        pytest.skip("it needs no server, and serves until Ctrl-C")
    asked = ["--json"] if takes_json(command) else []
    with interrupted_after(SERVER_S):
        told = run(*words, *wrong(command), *asked)
    said = told.stderr + capfd.readouterr().err  # psql's own
    assert told.exit_code in {0, 1, 2, 65, 69, 78, 130}
    if told.exit_code > 1 and asked:
        *_, last = (json.loads(line) for line in said.splitlines())
        assert last["exit_code"] == told.exit_code
    if told.exit_code > 1 and "connection" in said:
        assert told.exit_code == UpstreamError.exit_code


@every_command
def test_where_nothing_was_started_it_ends_in_a_sentence(command, words, monkeypatch):
    if words in MADE_HERE:
        pytest.skip("it starts what is not there")
    monkeypatch.delenv("PGHOST")
    monkeypatch.delenv("BULLION_KAFKA")
    settings.cache_clear()
    with interrupted_after(SERVER_S):
        told = run(*words, *wrong(command))
    assert told.exit_code in {0, 1, 65, 69, 78, 130}
    assert told.output.strip()


INTERRUPTED = (KeyboardInterrupt(), 130, "the same command goes on from here")
MISTAKEN = (RuntimeError("x"), 70, "a mistake of Bullion's own: RuntimeError: x")


@pytest.mark.parametrize("stop", [INTERRUPTED, MISTAKEN], ids=["Ctrl-C", "a mistake"])
@every_command
def test_what_stops_it_is_a_sentence(command, words, stop, monkeypatch, tmp_path):
    error, code, sentence = stop

    def stops(**_):
        raise error

    monkeypatch.setattr(command, "callback", stops)
    told = run(*words, *wrong(command))
    assert told.exit_code == code
    assert sentence in told.output
    written = list((tmp_path / "bullion").glob("mistakes/*.txt"))
    assert len(written) == (code == 70)
    assert all("Traceback" in file.read_text() for file in written)
