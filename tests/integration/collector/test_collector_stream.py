"""From `insert into config.instruments` by SQL to the first row, through every process.

Postgres, Kafka, Debezium Server, `bullion config follow` and `bullion collect` are real
and processes of their own; the venue is the sandbox.
"""

import json
import statistics
import subprocess
import sys

import pytest
from psycopg.rows import dict_row

from pipelines.sandbox.running import running as sandbox_running
from pipelines.settings import PROJECT_DIR, child_environment, settings
from tests.services import chain

WAIT_S = 300  # of a machine that other work shares
COLLECT = "from pipelines.cli.main import main; main()"
CHOSEN = """
insert into config.exchanges (exchange_id) values ('binance'), ('coinbase');
insert into config.instruments (exchange_id, symbol, since)
values ('binance', 'BTC/USDT', '-PT5M'), ('coinbase', 'BTC/USD', '-PT5M');
"""
ADD = """
set application_name = 'a test of the stream';
set role operator;
insert into config.instruments (exchange_id, symbol, since)
values ('{}', '{}', '-PT9H')
"""
EFFECTS = """
select * from ops.config_effects where table_name = 'instruments' order by effect_id
"""
LOADED = "select count(*) from ops.loads where schema_name = 'bronze_exchange'"
NEW = [
    ("binance", "ETH/USDT"),
    ("coinbase", "ETH/USD"),
    ("binance", "SOL/USDT"),
    ("coinbase", "SOL/USD"),
    ("binance", "XRP/USDT"),
]
TIMES = ("captured_ms", "consumed_ms", "applied_ms", "first_row_ms")


@pytest.fixture(scope="module")
def link(tmp_path_factory, kafka):
    """The chain, and a collector whose cycles do not come while a test runs."""
    folder = tmp_path_factory.mktemp("collect")
    log = folder / "collect.log"
    with (
        sandbox_running(rate_limit=False) as sandbox,
        chain.running(folder, kafka, CHOSEN) as one,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, url in sandbox.environment.items():
            patch.setenv(name, url)
        settings.cache_clear()
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", COLLECT, "collect", "--every", "3600", "--json"],
                cwd=PROJECT_DIR,
                env=child_environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_for(lambda: one.rows(LOADED)[0][0] >= 2, why=log.read_text)
            yield one, log
            process.terminate()
            assert process.wait(600) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()


def wait_for(is_done, why):
    chain.wait_for(is_done, WAIT_S, why)


def effects(link):
    with link.connect(row_factory=dict_row) as connection:
        return connection.execute(EFFECTS).fetchall()


def test_an_instrument_that_sql_adds_has_its_first_row_and_its_whole_path(link):
    one, log = link
    before = len(effects(one))
    for n, (exchange_id, symbol) in enumerate(NEW, 1):
        one.run(ADD.format(exchange_id, symbol))
        wait_for(
            lambda n=n: (
                len(found := effects(one)) == before + n and found[-1]["first_row_at"]
            ),
            why=lambda: f"{log.read_text()}\n{effects(one)[-1:]}",
        )
    told = effects(one)[before:]
    print()
    for effect in told:
        print(effect["row_key"], {name: float(effect[name]) for name in TIMES})
    first = [float(effect["first_row_ms"]) for effect in told]
    print(f"commit to first row: median {statistics.median(first):.0f} ms")
    for effect, key in zip(told, NEW, strict=True):
        assert json.loads(effect["row_key"]) == list(key)
        assert effect["outcome"] == "applied"
        assert effect["role"] == "operator"
        assert effect["application_name"] == "a test of the stream"
        captured, consumed, applied, first_row = (effect[name] for name in TIMES)
        assert 0 <= captured <= consumed <= applied
        assert consumed <= first_row  # another thread's clock than that of `applied`
    assert max(first) < 30_000  # of a machine that other tests share
    chunks = "select distinct state from ops.backfill_chunks"
    wait_for(lambda: one.rows(chunks) == [("done",)], why=log.read_text)


def test_a_removal_by_sql_is_applied_and_the_series_is_asked_for_no_more(link):
    one, log = link
    one.run("delete from config.instruments where symbol = 'BTC/USDT'")
    wait_for(
        lambda: (
            (found := effects(one)[-1])["op"] == "d" and found["outcome"] == "applied"
        ),
        why=log.read_text,
    )
    assert effects(one)[-1]["first_row_at"] is None
