"""Every fenced block of README and docs/ is what its info string says, and works.

Found, not listed: a new block is covered by itself. Commands run in this process, in
the order of their page, on a warehouse that is built and a sandbox that stands still.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from pipelines import bootstrap, warehouse
from pipelines.cli.main import app
from pipelines.local.postgres_distribution import installed
from pipelines.sandbox.running import running
from pipelines.settings import PROJECT_DIR, settings
from tests.contents.document_blocks import (
    DOCUMENTS,
    INSIDE,
    blocks,
    command_of,
    mentions,
)

RUNNER = CliRunner()
NOW = "2024-01-02T00:00:30Z"  # the day after the one that README loads
SHELL = ("sh", "console")
# text: a picture, an output, the names of files
KINDS = {*SHELL, "sql", "python", "yaml", "json", "text"}
OPTION = re.compile(r"-\w|--[\w-]+")
ADDED = re.compile(r"(--|#) models/")  # files for dbt: test_writing_a_mart.py adds them
# What is read, and run elsewhere: it starts services, ends by Ctrl-C, or loads much.
ELSEWHERE: Mapping[str, str] = {
    "up kafka debezium": "integration/config/test_config_tables_stream.py",
    "config follow": "integration/config/test_config_tables_stream.py",
    "config add": "integration/config/test_reconfiguration.py",
    "collect": "integration/collector/test_collector.py",
    "doctor": "unit/doctor/test_local_doctor.py",
    "transform": "integration/cli/test_cli.py",
    "explain": "end_to_end/test_demo.py",
    "load archive": "integration/sources/archive",
    # the sandbox's chain is not so long
    "load evm --chain ethereum --from": "integration/sources/evm_node/test_evm_load.py",
    "backfill plan --chain": "integration/sources/evm_node/test_evm_kills.py",
    "backfill apply": "integration/backfill/test_backfill.py",
    "backfill replay": "integration/backfill/test_backfill_replay.py",
}
# what a load of everything takes here
FEW = """
delete from config.instruments
where (exchange_id, symbol) not in (('kraken', 'BTC/USD'), ('binance', 'BTC/USDT'));
update config.instruments set since = '-PT20M', feeds = '{candles}';
update config.chains set since_block = -2 where chain = 'ethereum';
"""


def with_blocks(kind: str) -> list[Path]:
    """The documents that have such."""
    return list(dict.fromkeys(block.path for block in blocks(kind)))


@pytest.fixture(scope="module")
def sandbox():
    with running(in_thread=True, now=NOW, frozen=True, rate_limit=False) as started:
        yield started


@pytest.fixture
def here(built_database, sandbox, tmp_path, monkeypatch):
    """A folder with the files that blocks name, a warehouse, and what it asks."""
    bootstrap.apply(**built_database, seeds=PROJECT_DIR / "seeds")
    with warehouse.connect(None, "test") as connection:
        connection.execute(FEW)
    (tmp_path / "comments.csv").write_text("text\nto the moon\n", encoding="utf-8")
    recorded = tmp_path / "DIR" / "fear_greed"
    recorded.mkdir(parents=True)
    index = '{"data": [{"value": "33", "timestamp": "1678492800"}]}'
    (recorded / "001.json").write_text(index, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name, url in sandbox.environment.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    return built_database


def test_every_block_says_what_it_is():
    assert [f"{b}: {b.kind!r}" for b in blocks() if b.kind not in KINDS] == []


def elsewhere(words: list[str]) -> str | None:
    """The beginning of the command by which it is left to other tests."""
    return next(
        (one for one in ELSEWHERE if words[: len(one.split())] == one.split()), None
    )


def test_what_is_left_to_other_tests_is_in_blocks_and_those_tests_are_there():
    found = {elsewhere(words) for block in blocks(*SHELL) for words in block.commands()}
    assert found - {None} == set(ELSEWHERE)
    assert all((PROJECT_DIR / "tests" / path).exists() for path in ELSEWHERE.values())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_that_a_document_names_are_there_with_their_options(path):
    for words in mentions(path):
        for first in words[0].split("|"):
            command, rest = command_of([first, *words[1:]])
            options = {"--help"}.union(*(one.opts for one in command.params))
            if not command.context_settings.get("ignore_unknown_options"):
                assert {word for word in rest if OPTION.fullmatch(word)} <= options, (
                    words
                )


@pytest.mark.parametrize("block", blocks(*SHELL), ids=str)
def test_every_command_of_a_block_can_be_read(block):
    for words in block.commands():
        command, rest = command_of(words)
        if "[OPTIONS]" not in rest:  # the help's own line
            command.make_context(words[0], rest).close()


def test_every_target_of_make_is_one():
    makes = [s.split() for block in blocks("sh") for s in block.statements()]
    targets = {words[1] for words in makes if words[0] == "make"}
    makefile = (PROJECT_DIR / "Makefile").read_text(encoding="utf-8")
    assert targets
    assert targets <= {*re.findall(r"^(\w+):.*## ", makefile, re.MULTILINE)}


@pytest.mark.parametrize("path", with_blocks("sh"), ids=lambda path: path.name)
def test_what_commands_can_run_here_end_well(path, here):
    del here
    for block in blocks("sh"):
        for statement in block.statements() if block.path == path else ():
            check_ends_well(statement)


def check_ends_well(statement: str) -> None:
    """Run it, but for what other tests do."""
    filled = INSIDE.sub(lambda inside: output(shlex.split(inside[1])[1:]), statement)
    program, *words = shlex.split(filled)
    if Path(program).name == "bullion" and not elsewhere(words):
        output(words)
    if program == "psql":
        subprocess.run([installed().program("psql"), *words], check=True)


def output(words: list[str]) -> str:
    """What the command prints."""
    told = RUNNER.invoke(app, words)
    assert told.exit_code == 0, (words, told.stderr)
    return told.stdout.strip()


@pytest.mark.parametrize(
    "block", [b for b in blocks("sql") if not ADDED.match(b.text)], ids=str
)
def test_a_query_of_a_document_runs(block, built_database):
    del built_database
    # what analysts do not read is for who loads and builds
    is_ours = re.search(r"\b(silver|bronze_\w+)\.", block.text)
    role: warehouse.Role = "transformer" if is_ours else "analyst"
    with warehouse.connect(role, "test") as connection:
        connection.execute(block.text).fetchall()


@pytest.mark.parametrize("path", with_blocks("python"), ids=lambda path: path.name)
def test_the_python_of_a_document_runs(path, here, monkeypatch):
    del here
    known = json.loads(output(["url", "--json"]))[0]
    monkeypatch.setenv("LIBPQ", known["libpq"])
    monkeypatch.setenv("SQLALCHEMY", known["sqlalchemy"])
    said: dict[str, Any] = {}
    for block in blocks("python"):
        if block.path == path:
            exec(block.text, said)


@pytest.mark.parametrize("block", blocks("yaml", "json"), ids=str)
def test_data_of_a_document_can_be_read(block):
    read: Mapping[str, Any] = {"yaml": yaml.safe_load, "json": json.loads}
    assert read[block.kind](block.text)
