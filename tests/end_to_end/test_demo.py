"""The README's first command, run twice: the second run changes nothing that closed."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from urllib.request import ProxyHandler, build_opener

import pytest

from pipelines.settings import PROJECT_DIR, child_environment

OWN = build_opener(ProxyHandler({}))  # it is on this machine
# as a browser: Prefect has pages for it alone
OWN.addheaders = [("Accept", "text/html")]
CI = os.environ.get("CI")  # noqa: TID251
CLOSED = """
select exchange_id, symbol, timeframe, opened_at, open, high, low, close, base_volume,
    quote_volume, trades_count, taker_buy_base, taker_buy_quote, vwap, minutes_count,
    is_complete, evidence_grade
from fct_candles where timeframe = '1m' and evidence_grade <> 'provisional'
"""
GRADES = ("provisional", "closed", "confirmed", "sealed")
KEY = ("exchange_id", "symbol", "timeframe", "opened_at")
TABLES = (
    *("latest price", "How far apart", "complete", "proven", "absent"),
    *("What does each contract pay", "BTC/USD:BTC", "kraken_futures"),
    *("How full are blocks", "Which tokens moved most often"),
)


@pytest.fixture(scope="module")
def said():
    """What each command told beside its output, the last one last."""
    return []


@pytest.fixture(scope="module")
def bullion(tmp_path_factory, said):
    """Runs a command of `bullion` on an embedded warehouse of its own."""
    folder = tmp_path_factory.mktemp("demo")
    environment = child_environment({"BULLION_DATA_DIR": str(folder / "bullion")})
    for name in [n for n in environment if n.startswith("PG") or n.endswith("_URL")]:
        del environment[name]

    def run(*words):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "from pipelines.cli.main import main; main()",
                *words,
            ],
            cwd=PROJECT_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        said.append(done.stderr)
        return done.stdout

    yield run
    run("down", "--delete")


def closed(bullion):
    rows = list(csv.DictReader(io.StringIO(bullion("sql", "-c", CLOSED, "--csv"))))
    found = {tuple(row[k] for k in KEY): row for row in rows}
    assert len(found) == len(rows), "a candle stands twice"
    return found


BLOCKS = """
select block_number, block_hash, transactions_count, logs_count from fct_blocks
order by block_number
"""


def blocks(bullion):
    """Each block of the chain, as gold has it; none is missing between two others."""
    rows = list(csv.reader(io.StringIO(bullion("sql", "-c", BLOCKS, "--csv"))))[1:]
    numbers = [int(row[0]) for row in rows]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    return rows


def address(shown, name):
    """The address that closes the demo under this name."""
    (found,) = re.findall(f"^{name}: (\\S+)$", shown, re.MULTILINE)
    return found


def opened(shown, name):
    """What a browser gets there."""
    with OWN.open(address(shown, name)) as answer:
        return answer.read().decode()


@pytest.mark.slow(170)
def test_a_second_demo_changes_no_closed_candle_and_lowers_no_grade(bullion, said):
    shown = bullion("demo")
    for title in TABLES:
        assert title in shown
    if "no change of the configuration is shown" not in said[-1] or CI:
        for step in ("captured", "consumed", "applied", "first row"):
            assert step in shown
        assert "Its first candle in gold" in shown
    assert "kraken BTC/USD" in opened(shown, "Gold in pictures")
    assert "model.bullion.fct_candles" in opened(shown, "Its tables and lineage")
    run = address(shown, "The run in Prefect")
    assert "<html" in opened(shown, "The run in Prefect").lower()
    with OWN.open(run.replace("/runs/flow-run/", "/api/flow_runs/")) as answer:
        told = json.load(answer)
    assert (told["state_type"], told["deployment_id"]) == ("COMPLETED", None)
    for symbol in ("WETH", "USDC", "MKR"):  # as their contracts answered
        assert symbol in shown
    chain = blocks(bullion)
    assert len(chain) >= 300
    bullion("config", "set", "instruments", "binance", "SOL/USDT", "priority=history")
    chosen = bullion("config", "get", "instruments", "binance", "SOL/USDT", "--json")
    before = closed(bullion)
    assert {key[0] for key in before} == {"binance", "coinbase", "kraken"}

    bullion("demo")

    kept = bullion("config", "get", "instruments", "binance", "SOL/USDT", "--json")
    assert kept == chosen
    assert blocks(bullion)[: len(chain)] == chain
    assert len(blocks(bullion)) > len(chain)
    moved = "select count(*) from fct_token_transfers"
    assert int(bullion("sql", "-c", moved, "--csv").split()[-1]) > 1_000
    after = closed(bullion)
    assert before.keys() <= after.keys()
    for key, row in before.items():
        grades = row.pop("evidence_grade"), after[key].pop("evidence_grade")
        assert GRADES.index(grades[0]) <= GRADES.index(grades[1])
        # what a venue does not give is filled once the minute's trades prove it
        assert {k: v for k, v in row.items() if v} == {
            k: after[key][k] for k, v in row.items() if v
        }
    assert "sealed, from a file of the venue's archive" in shown
    assert "proof: proven complete" in shown
    sealed = "select count(*) from fct_candles where evidence_grade = 'sealed'"
    assert int(bullion("sql", "-c", sealed, "--csv").split()[-1]) >= 1440
    confirmed = "select count(*) from fct_candles where evidence_grade = 'confirmed'"
    assert int(bullion("sql", "-c", confirmed, "--csv").split()[-1]) > 0
