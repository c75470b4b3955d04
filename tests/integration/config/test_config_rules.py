"""What the config tables refuse, at once and in a sentence."""

import csv
import threading
import time
from dataclasses import fields
from typing import get_args

import psycopg
import pytest

from pipelines import bootstrap
from pipelines.config.model import MarketType, Priority, Thresholds, Timeframe
from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR
from pipelines.sources import feeds, known_words
from pipelines.sources.exchange.feeds import FEEDS
from pipelines.sources.exchange.tables import INSTRUMENTS
from pipelines.sources.exchange.venues import VENUES
from tests.contents.roles import acting, run
from tests.histories.config_choices import ADD, CHOICES, listed

SEEDS = PROJECT_DIR / "seeds"


@pytest.fixture
def chosen(database):
    """A warehouse in which two exchanges are chosen; their listings are held."""
    run(database, None, CHOICES)
    listed(database)
    return database


def words(database, kind):
    ((found,),) = run(database, None, f"select config.known_words('{kind}')")
    return set(found)


def test_the_words_that_tables_know_are_those_of_the_sources(database):
    assert words(database, "exchange") == set(VENUES)
    of_series = {name for name, feed in feeds().items() if feed.axis.unit != "number"}
    assert words(database, "feed") == of_series
    assert words(database, "market type") == set(get_args(MarketType))
    assert words(database, "priority") == set(get_args(Priority))
    assert words(database, "threshold") == {f.name for f in fields(Thresholds)}
    with (SEEDS / "timeframes.csv").open() as file:
        ladder = {row["timeframe"] for row in csv.DictReader(file)}
    assert words(database, "timeframe") == ladder == set(get_args(Timeframe))


def test_the_listing_is_read_by_the_columns_that_bronze_has():
    read = {"exchange_id", "symbol", "market_type", "is_active", "venue_now_ms"}
    assert read | {"origin"} <= {column.name for column in INSTRUMENTS.columns}


REFUSED = [
    (
        "insert into config.exchanges values ('mtgox')",
        (
            "unknown exchange: 'mtgox'; there are binance, binance_us, bybit, coinbase,"
            " deribit, kraken, kraken_futures, okx"
        ),
    ),
    (
        "insert into config.instruments (exchange_id, symbol) values ('nix', 'A/B')",
        "unknown exchange: 'nix'; config.exchanges has binance, kraken",
    ),
    (
        "update config.exchanges set budget_share = 0 where exchange_id = 'kraken'",
        "budget_share 0.000000 of kraken is not above 0 and at most 1",
    ),
    (
        "update config.exchanges set budget_share = 'NaN' where exchange_id = 'kraken'",
        "budget_share NaN of kraken is not above 0 and at most 1",
    ),
    (
        "update config.exchanges set market_types = '{spot,margin}'",
        "unknown market type: 'margin'; there are spot, swap, future, option",
    ),
    (
        (
            "insert into config.instruments (exchange_id, symbol, timeframes)"
            " values ('kraken', 'BTC/USD', '{1m,7m}')"
        ),
        "unknown timeframe: '7m'; there are 1m, 5m, 15m, 30m, 1h, 4h, 12h, 1d, 1w, 1M",
    ),
    (
        (
            "insert into config.instruments (exchange_id, symbol, timeframes)"
            " values ('kraken', 'BTC/USD', '{1h}')"
        ),
        (
            "timeframes of BTC/USD on kraken are without 1m, from which the longer ones"
            " are made"
        ),
    ),
    (
        (
            "insert into config.instruments (exchange_id, symbol, feeds)"
            " values ('kraken', 'BTC/USD', '{candles,books,null}')"
        ),
        f"unknown feed: 'books', null; there are {', '.join(FEEDS)}",
    ),
    (
        (
            "insert into config.instruments (exchange_id, symbol, feeds)"
            " values ('kraken', 'BTC/USD', '{}')"
        ),
        f"no feed is named; there are {', '.join(FEEDS)}",
    ),
    (
        (
            "insert into config.instruments (exchange_id, symbol, priority)"
            " values ('kraken', 'BTC/USD', 'now')"
        ),
        "unknown priority: 'now'; there are live, history",
    ),
    *(
        (
            (
                "insert into config.instruments (exchange_id, symbol, since)"
                f" values ('kraken', 'BTC/USD', '{since}')"
            ),
            (
                f"since '{since}' is neither a time such as 2024-01-31T00:00Z nor a"
                " span back from now such as -P1D or -PT12H"
            ),
        )
        for since in ("yesterday", "infinity", "-P", "P1D", "2024-02-30", "-P1DT", "")
    ),
    (
        ADD.format("BTC USD"),
        "'BTC USD' is no symbol such as BTC/USDT and no pattern such as */USDT",
    ),
    (
        ADD.format("BTC/USD:USD"),
        "BTC/USD:USD is a swap, and market_types of kraken are spot",
    ),
    (
        ADD.format("*/USDC"),
        "pattern */USDC matches none of the 4 instruments that kraken lists (spot)",
    ),
    (  # an underscore is no wildcard
        ADD.format("B_C/*"),
        None,
    ),
    (
        (
            "insert into config.exchanges (exchange_id) values ('coinbase');"
            "insert into config.instruments (exchange_id, symbol)"
            " values ('coinbase', '*/USD')"
        ),
        "pattern */USD can not be checked: no listing of coinbase is held yet",
    ),
    (
        ADD.format("BTC/USD") + ";" + ADD.format("BTC/*"),
        "BTC/USD on kraken would be chosen twice: by BTC/* and by BTC/USD",
    ),
    (
        ADD.format("*/USD") + ";" + ADD.format("SOL/USD"),
        "SOL/USD on kraken would be chosen twice: by SOL/USD and by */USD",
    ),
    (
        ADD.format("*/USD") + ";" + ADD.format("BTC/*"),
        "BTC/USD on kraken would be chosen twice: by BTC/* and by */USD",
    ),
    (
        ADD.format("*/USD") + ";" + ADD.format("BTC/EUR") + ";"
        "update config.instruments set symbol = 'ETH/USD' where symbol = 'BTC/EUR'",
        "ETH/USD on kraken would be chosen twice: by ETH/USD and by */USD",
    ),
    (
        ADD.format("BTC/USD") + "; delete from config.exchanges",
        "kraken still has instruments: BTC/USD",
    ),
    (
        (
            "insert into config.instruments (exchange_id, symbol)"
            " values ('binance', 'BTC/USDT:USDT');"
            "update config.exchanges set market_types = '{spot}'"
        ),
        "binance would have no market type for its instruments BTC/USDT:USDT",
    ),
    (
        "insert into config.thresholds values ('attempts', -1)",
        "attempts can not be negative: -1",
    ),
    (
        "insert into config.thresholds values ('attempts', 'NaN')",
        "attempts is not a whole number below 1000000000: NaN",
    ),
    (
        "insert into config.thresholds values ('attempts', 1.5)",
        "attempts is not a whole number below 1000000000: 1.5",
    ),
    ("insert into config.thresholds values ('patience', 1)", None),
    (
        "insert into config.endpoints values ('kraken', 'hunter2')",
        "setting of kraken is not the name of a setting such as BULLION_BINANCE_URL",
    ),
    (
        "insert into config.endpoints values ('Kraken URL', 'BULLION_KRAKEN_URL')",
        "an endpoint is named by small letters, digits and _",
    ),
    (
        "truncate config.thresholds",
        (
            "config.thresholds is not truncated, because its history would not say"
            " which rows went"
        ),
    ),
]


@pytest.mark.parametrize(("statements", "sentence"), REFUSED)
def test_what_is_wrong_is_refused_with_a_sentence(chosen, statements, sentence):
    with acting(chosen, "operator") as connection:
        *before, last = statements.split(";")
        for statement in before:
            connection.execute(statement)
        with pytest.raises(psycopg.IntegrityError) as refused:
            connection.execute(last)
    if sentence is not None:
        assert refused.value.diag.message_primary == sentence


def test_the_owner_can_not_truncate_either(chosen):
    with pytest.raises(psycopg.IntegrityError, match="is not truncated"):
        run(chosen, None, "truncate config.exchanges, config.instruments")


def test_what_was_given_for_a_settings_name_is_not_repeated(chosen):
    with pytest.raises(psycopg.IntegrityError) as refused:
        run(chosen, "operator", "insert into config.endpoints values ('a', 'hunter2')")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "since", ["-P1D", "-P2W", "-PT12H", "-P1DT6H30M", "2024-01-31", "2024-01-31T05:00Z"]
)
def test_a_since_that_is_taken_is_understood_by_loads(chosen, since):
    run(chosen, "operator", ADD.format("BTC/USD"))
    run(chosen, "operator", f"update config.instruments set since = '{since}'")
    assert configuration().instruments[0].since.from_ms(1_800_000_000_000)


def test_of_two_operators_who_choose_one_series_the_second_is_refused(chosen):
    said = []

    def second():
        try:
            run(chosen, "operator", ADD.format("*/USD"))
        except psycopg.IntegrityError as error:
            said.append(error.diag.message_primary)

    with psycopg.connect(**chosen, options="-c role=operator") as first:
        first.execute(ADD.format("BTC/USD"))
        thread = threading.Thread(target=second)
        thread.start()
        waiting = "select count(*) from pg_locks where not granted"
        deadline = time.monotonic() + 300
        while run(chosen, None, waiting) == [(0,)]:
            assert time.monotonic() < deadline
        assert not said
        first.commit()
        thread.join()
    assert said == ["BTC/USD on kraken would be chosen twice: by */USD and by BTC/USD"]


def test_a_snapshot_that_would_not_see_the_other_operator_is_refused(chosen):
    with psycopg.connect(**chosen) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(psycopg.NotSupportedError, match="repeatable read"):
            connection.execute(ADD.format("BTC/USD"))


def test_without_the_words_of_a_release_nothing_is_written(chosen):
    run(chosen, None, "delete from ops.config_words")
    with pytest.raises(psycopg.Error, match="no feed is known") as refused:
        run(chosen, "operator", ADD.format("BTC/USD"))
    assert "bullion up postgres" in str(refused.value.diag.message_hint)


def test_a_word_that_a_source_declares_is_known_after_the_next_bootstrap(
    chosen, monkeypatch
):
    books = ADD.replace("symbol)", "symbol, feeds)").replace(
        "'{}'", "'{}', '{{books}}'"
    )
    with pytest.raises(psycopg.Error, match="'books'; there are candles, trades"):
        run(chosen, "operator", books)
    declared = {**known_words(), "feed": ["candles", "trades", "books"]}
    monkeypatch.setattr(bootstrap, "known_words", lambda: declared)
    bootstrap.apply(**chosen)
    run(chosen, "operator", books)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(chosen, "operator", "insert into ops.config_words values ('feed', 'x', 9)")
