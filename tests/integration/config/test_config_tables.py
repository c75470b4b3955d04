"""The config tables as they are declared, and what loads are told of them."""

from dataclasses import replace

import psycopg
import pytest

from pipelines import bootstrap
from pipelines.config.model import Configuration, ExchangeChoice
from pipelines.config.rows import configuration
from pipelines.errors import BadDataError, SetupError
from pipelines.local.postgres import private_server
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.config_changes.tables import CONFIG_TABLES
from tests.contents.roles import acting, run
from tests.histories.config_choices import ADD, CHOICES, bullion, listed, told

SEEDS = PROJECT_DIR / "seeds"


def by_key(known):
    """The choices in the order of the tables."""
    return replace(
        known,
        instruments=sorted(known.instruments, key=lambda c: (c.exchange_id, c.symbol)),
        endpoints=dict(sorted(known.endpoints.items())),
    )


@pytest.fixture
def chosen(database):
    """A warehouse in which two exchanges are chosen; their listings are held."""
    run(database, None, CHOICES)
    listed(database)
    return database


def test_a_table_of_a_later_source_is_declared_by_one_call(database):
    run(
        database,
        None,
        "create table config.funding (symbol text primary key, hours integer);"
        "select config.publish('config.funding');"
        "select config.publish('config.funding')",
    )
    run(database, "operator", "insert into config.funding values ('BTC/USDT:USDT', 8)")
    assert run(database, "cdc", "select hours from config.funding") == [(8,)]
    facts = """
        select c.relreplident::text, p.tablename::text
        from pg_class as c
        inner join pg_publication_tables as p
            on p.pubname = 'bullion_config' and p.tablename = c.relname
        where c.oid = 'config.funding'::regclass
    """
    assert run(database, None, facts) == [("f", "funding")]
    with pytest.raises(psycopg.IntegrityError, match="funding is not truncated"):
        run(database, "operator", "truncate config.funding")
    run(database, None, CHOICES)
    (row,) = told("set", "funding", "BTC/USDT:USDT", "hours=4")
    assert row == {"symbol": "BTC/USDT:USDT", "hours": 4}


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("config.keyless (n integer)", "config.keyless has no primary key"),
        ("config.pages (n integer primary key)", "can not be called pages"),
        ("config.mended (n integer primary key)", "can not be called mended"),
        ("silver.other (n integer primary key)", "no plain table of the schema config"),
    ],
)
def test_a_table_that_can_not_be_streamed_is_not_published(database, table, sentence):
    with acting(database) as connection:
        connection.execute(f"create table {table}")
        with pytest.raises(psycopg.Error, match=sentence):
            connection.execute("select config.publish(%s)", (table.split()[0],))


def test_a_bootstrap_imports_the_seeds_once(database):
    bootstrap.apply(**database, seeds=SEEDS)
    assert configuration() == by_key(configuration(SEEDS))
    authors = "select application_name from ops.config_authors"
    ((author,),) = run(database, None, authors)
    assert author.startswith("bullion up, pid ")
    run(database, "operator", "delete from config.instruments")
    run(database, "operator", "delete from config.exchanges")
    bootstrap.apply(**database, seeds=SEEDS)
    assert not configuration().exchanges


def test_up_imports_the_seeds_of_the_settings(database, tmp_path, monkeypatch):
    (tmp_path / "config_exchanges.csv").write_text("exchange_id\nkraken\n")
    monkeypatch.setenv("BULLION_SEEDS_DIR", str(tmp_path))
    settings.cache_clear()
    said: list[str] = []
    bootstrap.up(["postgres"], said.append)
    assert list(configuration().exchanges) == ["kraken"]
    assert f"imported the configuration of {tmp_path}: 1 rows" in said


def test_a_warehouse_of_an_earlier_release_is_filled_by_the_next_bootstrap(database):
    # which had the tables, and took the seeds while no exchange was chosen in them
    run(database, None, "drop table ops.config_first_import")
    run(database, "operator", "insert into config.thresholds values ('attempts', 2)")
    bootstrap.apply(**database, seeds=SEEDS)
    seeds = by_key(configuration(SEEDS))
    assert configuration() == replace(
        seeds, thresholds=replace(seeds.thresholds, attempts=2)
    )


def test_what_was_chosen_in_an_earlier_release_stays(chosen):
    run(chosen, None, "drop table ops.config_first_import")
    before = configuration()
    bootstrap.apply(**chosen, seeds=SEEDS)
    bootstrap.apply(**chosen, seeds=SEEDS)
    assert configuration() == before
    assert not before.instruments


def test_seeds_that_are_refused_leave_the_warehouse_as_it_was(database, tmp_path):
    (tmp_path / "config_exchanges.csv").write_text("exchange_id\nmtgox\n")
    with pytest.raises(BadDataError, match="unknown exchange: 'mtgox'"):
        bootstrap.apply(**database, seeds=tmp_path)
    bootstrap.apply(**database, seeds=SEEDS)
    assert configuration() == by_key(configuration(SEEDS))


def test_a_warehouse_without_config_tables_says_what_makes_them(database):
    run(database, None, "drop schema config cascade")
    with pytest.raises(SetupError, match="run `bullion up postgres`"):
        configuration()


def test_an_import_changes_nothing_of_what_loads_are_told(database):
    told("import")
    found, seeds = configuration(), configuration(SEEDS)
    assert found.exchanges == seeds.exchanges
    assert found.thresholds == seeds.thresholds
    assert found.endpoints == seeds.endpoints
    assert sorted(found.instruments, key=str) == sorted(seeds.instruments, key=str)
    assert bullion("diff").exit_code == 0


def test_what_the_tables_say_is_what_loads_are_told(chosen):
    run(chosen, "operator", "insert into config.thresholds values ('attempts', 2)")
    run(chosen, "operator", ADD.format("*/USD"))
    found = configuration()
    assert isinstance(found, Configuration)
    assert found.exchanges["binance"] == ExchangeChoice(
        "binance", is_enabled=True, budget_share=0.9, market_types=("spot", "swap")
    )
    assert [c.symbol for c in found.instruments] == ["A_C/USD", "BTC/USD", "ETH/USD"]
    assert found.thresholds.attempts == 2
    assert found.thresholds.patience_seconds == 90  # no row: its default


def test_a_pattern_follows_the_listing(chosen):
    run(chosen, "operator", ADD.format("*/USD"))
    later = 1_700_086_400_000
    listed(chosen, {"kraken": ["BTC/USD", "SOL/USD"]}, later)
    assert [c.symbol for c in configuration().instruments] == ["BTC/USD", "SOL/USD"]


def test_a_series_that_two_patterns_come_to_mean_is_loaded_once(chosen):
    run(chosen, "operator", ADD.format("*/EUR"))
    run(chosen, "operator", ADD.format("ETH/*"))
    listed(chosen, {"kraken": ["ETH/EUR", "BTC/EUR"]}, 1_700_086_400_000)
    assert [c.symbol for c in configuration().instruments] == ["BTC/EUR", "ETH/EUR"]
    # nor does it stand in the way of a change of another row
    run(chosen, "operator", ADD.format("BTC/USD"))


def test_a_warehouse_that_does_not_answer_is_no_reason_to_take_the_seeds(
    database, monkeypatch
):
    monkeypatch.setenv("PGPORT", "1")
    settings.cache_clear()
    with pytest.raises(psycopg.OperationalError):
        configuration()


def test_a_server_without_logical_wal_has_the_tables_all_the_same(tmp_path):
    with private_server(tmp_path / "plain", ("wal_level = replica",)) as plain:
        known = dict(plain)
        bootstrap.apply(**known)
        run(known, "operator", CHOICES)
        published = "select count(*) from pg_publication_tables"
        assert run(known, None, published) == [(len(CONFIG_TABLES),)]
