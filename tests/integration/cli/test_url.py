"""The addresses of `bullion url`, and README's lines for clients, by those clients."""

import json
import re
import subprocess
from decimal import Decimal

import psycopg
import pytest
import sqlalchemy
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.local.postgres_distribution import installed
from pipelines.settings import PROJECT_DIR
from pipelines.warehouse import scalar
from tests.contents.roles import acting

RUNNER = CliRunner()
DEFAULTS = ("search_path", "default_transaction_read_only")
EXACT = Decimal("33862.600000000000000001")
GOLD = """
create table gold.fct_candles (
    exchange_id text, symbol text, timeframe text, opened_at timestamptz,
    close numeric(38, 18)
);
insert into gold.fct_candles values
('kraken', 'BTC/USD', '1h', '2024-03-01 12:00+00', 33862.600000000000000001),
('kraken', 'BTC/USD', '1h', '2024-03-01 13:00+00', 2);
create table gold.fct_prices (price numeric);
grant select on all tables in schema gold to analyst;
"""


@pytest.fixture
def gold(database):
    with acting(database, "transformer") as connection:
        connection.execute(GOLD)
    return database


def addresses(*words):
    told = RUNNER.invoke(app, ["url", *words, "--json"])
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)[0]


def test_each_address_reaches_gold_read_only(gold):
    known = addresses()
    program = str(installed().program("psql"))
    told = subprocess.run(
        [program, known["libpq"], "-Atc", "select count(*) from fct_candles"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "2\n"
    engine = sqlalchemy.create_engine(known["sqlalchemy"])
    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("select current_user")) == "analyst"
        with pytest.raises(sqlalchemy.exc.InternalError, match="read-only"):
            connection.execute(sqlalchemy.text("create temporary table t (n int)"))
    assert known["jdbc"].startswith("jdbc:postgresql://127.0.0.1:")
    alone = RUNNER.invoke(app, ["url", "--form", "libpq"]).stdout
    assert alone == f"{known['libpq']}\n"


def test_another_role_does_what_it_may(gold):
    with psycopg.connect(addresses("--role", "operator")["libpq"]) as connection:
        connection.execute("delete from config.thresholds")


def test_the_readme_s_lines_for_clients_answer(gold, monkeypatch):
    known = addresses()
    monkeypatch.setenv("LIBPQ", known["libpq"])
    monkeypatch.setenv("SQLALCHEMY", known["sqlalchemy"])
    readme = (PROJECT_DIR / "README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    said: dict = {}
    exec(lines, said)
    assert len(said["by_pandas"]) == 2
    assert said["by_polars"]["close"].to_list()[0] == EXACT
    assert said["by_duckdb"].fetchall()[0][0] == "BTC/USD"


@pytest.mark.parametrize("roles", ["analyst", "analyst, operator"])
def test_a_person_s_login_has_gold_at_hand_and_a_reader_s_writes_nothing(gold, roles):
    with psycopg.connect(**gold, autocommit=True) as owner:
        owner.execute(f"create role ada login password 'x' in role {roles}")
    try:
        known = {**gold, "user": "ada", "password": "x"}
        reads = roles == "analyst"
        for _ in range(2):  # by the trigger, then by what it left
            with psycopg.connect(**known, autocommit=True) as ada:
                shown = [scalar(ada, f"show {name}") for name in DEFAULTS]
                assert (shown == ["gold", "on"]) == reads
                if reads:
                    assert ada.execute("select * from fct_candles").rowcount == 2
                    ada.execute("discard all")
        own = {**known, "options": "-c search_path=pg_catalog"}
        with psycopg.connect(**own) as ada:
            assert scalar(ada, "show search_path") == "pg_catalog"
    finally:
        with psycopg.connect(**gold, autocommit=True) as owner:
            owner.execute("drop role ada")
