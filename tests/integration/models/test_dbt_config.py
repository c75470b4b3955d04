"""The configuration's history in gold: what stood when, by whom, what it caused."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from pipelines import warehouse
from pipelines.sources.config_changes.event import ChangeEvent
from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories.candle_histories import MINUTE, SERIES, START, Histories
from tests.histories.config_histories import deliver_changes, key_of
from tests.integration.models.test_dbt_histories import select

AT = datetime.fromtimestamp(START / 1000, UTC)
EXCHANGE = {
    "exchange_id": "binance",
    "is_enabled": True,
    "budget_share": "0.900000",
    "market_types": ["spot"],
}
CHOICE = {
    "exchange_id": "binance",
    "symbol": "BTC/USDT",
    "since": "-P1D",
    "priority": "live",
    "is_enabled": True,
    "feeds": ["candles"],
    "timeframes": ["1m"],
}
UNASKED = """
select symbol, cause, started_at, minutes_count from gold.fct_gaps
where cause in ('not configured', 'our fault') order by 1, 3
"""
COUNTS = """
select symbol, minutes_count, not_configured_count, our_fault_count
from gold.rpt_completeness where not_configured_count + our_fault_count > 0 order by 1
"""


def change(table, op, row, *, minute, lsn, is_gone=False):
    """A change of a row, so many minutes after the start of the histories."""
    return ChangeEvent(
        table=f"config.{table}",
        op=op,
        row_key=key_of(table, row),
        before=row if is_gone else None,
        after=None if is_gone else row,
        transaction_id=lsn,
        lsn=lsn,
        position=1,
        snapshot=None,
        committed_at_us=(START + minute * MINUTE) * 1000,
        captured_at_us=None,
        offset=lsn,
    )


def asked(*spans, series=SERIES[0]):
    """A load that was asked for spans of minutes, and was sent nothing in them."""
    histories, pages = Histories(1), []
    for low, high in spans:
        meta = histories.request(series, START + high * MINUTE)
        span = {"from_ms": START + low * MINUTE, "until_ms": START + high * MINUTE}
        pages.append(
            meta
            | {f"asked_{name}": stamp for name, stamp in span.items()}
            | {f"answered_{name}": stamp for name, stamp in span.items()}
            | {"sends_quiet_minutes": True, "rows_count": 0}
        )
    return {"ohlcv_pages": pages}


def at(minute):
    return AT + timedelta(minutes=minute)


@pytest.fixture
def transform(built_database):
    return Transform(of_candles=True)


def test_changes_are_taken_in_once_by_tables_that_a_load_has_made(database):
    deliver({})
    added = change("exchanges", "c", EXCHANGE, minute=0, lsn=10)
    deliver_changes([added])
    deliver_changes([added, change("exchanges", "u", EXCHANGE, minute=1, lsn=20)])
    assert select("select lsn from bronze_config.exchanges order by 1") == [
        (10,),
        (20,),
    ]


def test_a_minute_that_nobody_asked_for_is_as_the_configuration_of_it_says(transform):
    deliver(asked((0, 5), (30, 35)))
    transform.rerun("run")
    assert select(UNASKED) == []  # without a history nothing is claimed
    exchange = change("exchanges", "c", EXCHANGE, minute=2, lsn=10)
    choice = change("instruments", "c", CHOICE, minute=10, lsn=20)
    gone = change("instruments", "d", CHOICE, minute=20, lsn=30, is_gone=True)
    deliver_changes([exchange, choice, gone])
    transform.rerun("run")
    fault = ("BTC/USDT", "our fault", at(10), 10)
    assert select(UNASKED) == [fault, ("BTC/USDT", "not configured", at(20), 10)]
    assert select(COUNTS) == [("BTC/USDT", 10, 10, 10)]
    # a change that comes late decides on what lies behind it
    other = {**CHOICE, "symbol": "BTC/*"}
    deliver_changes([change("instruments", "c", other, minute=25, lsn=40)])
    transform.rerun("run")
    assert select(UNASKED) == [
        fault,
        ("BTC/USDT", "not configured", at(20), 5),
        ("BTC/USDT", "our fault", at(25), 5),
    ]
    # as does a load that asks for the minutes after all
    deliver(asked((12, 28)))
    transform.rerun("run")
    assert select(UNASKED) == [
        ("BTC/USDT", "our fault", at(10), 2),
        ("BTC/USDT", "our fault", at(28), 2),
    ]
    assert select(COUNTS) == [("BTC/USDT", 26, 0, 4)]


def test_a_day_of_which_all_is_not_configured_is_counted_and_forgotten(transform):
    days = [(low * 1440, low * 1440 + 5) for low in (0, 3)]
    deliver(asked(*days))
    deliver_changes(
        [
            change("exchanges", "c", EXCHANGE, minute=-10, lsn=10),
            change("instruments", "c", CHOICE, minute=-10, lsn=11),
            change("instruments", "d", CHOICE, minute=5, lsn=20, is_gone=True),
        ]
    )
    transform.rerun("run")
    gaps = select(
        "select opened_date::text, minutes_count, not_configured_count, proven_ratio"
        " from gold.rpt_completeness order by 1"
    )
    assert gaps == [
        ("2024-03-31", 5, 115, 0),
        ("2024-04-01", 0, 1440, None),
        ("2024-04-02", 0, 1440, None),
        ("2024-04-03", 5, 1320, 0),
    ]
    # what was inferred of the exchange lies further back: nobody had chosen
    gone = change("exchanges", "d", EXCHANGE, minute=-9, lsn=19, is_gone=True)
    deliver_changes([gone])
    transform.rerun("run")
    dates = select("select opened_date::text from gold.rpt_completeness order by 1")
    assert dates == [("2024-03-31",), ("2024-04-03",)]
    assert select(UNASKED) == []


def test_a_change_of_one_series_touches_no_other(transform):
    symbols = ("BTC/USDT", "NEW/USDT")
    for series in (s for s in SERIES if s.symbol in symbols):
        deliver(asked((0, 5), (30, 35), series=series))
    choices = [{**CHOICE, "symbol": symbol} for symbol in symbols]
    deliver_changes(
        [change("exchanges", "c", EXCHANGE, minute=-1, lsn=10)]
        + [change("instruments", "c", c, minute=-1, lsn=20) for c in choices]
    )
    transform.rerun("run")
    marks = (
        "select max(changed_in) from silver.int_minutes_unasked where symbol = '{}'",
        "select max(changed_in) from gold.fct_gaps where symbol = '{}'",
    )
    before = {s: [select(mark.format(s)) for mark in marks] for s in symbols}
    off = {**choices[0], "is_enabled": False}
    deliver_changes([change("instruments", "u", off, minute=10, lsn=30)])
    transform.rerun("run")
    after = {s: [select(mark.format(s)) for mark in marks] for s in symbols}
    assert after["NEW/USDT"] == before["NEW/USDT"]
    assert all(
        a > b for a, b in zip(after["BTC/USDT"], before["BTC/USDT"], strict=True)
    )


def test_an_analyst_reads_what_was_to_be_collected_at_a_time(transform):
    histories = Histories(3)
    listing = histories.listing(SERIES[0]) | {"is_active": True, "venue_now_ms": START}
    listed = [
        {**listing, "symbol": symbol, "market_type": kind, "is_active": is_active}
        for symbol, kind, is_active in (
            ("BTC/USDT", "spot", True),
            ("ETH/USDT", "spot", True),
            ("OLD/USDT", "spot", False),
            ("BTC/USDT:USDT", "swap", True),
        )
    ]
    deliver({"instruments": listed})
    pattern = {**CHOICE, "symbol": "*/USDT*", "feeds": ["trades"]}
    off = {**EXCHANGE, "is_enabled": False}
    deliver_changes(
        [
            change("exchanges", "c", EXCHANGE, minute=0, lsn=10),
            change("instruments", "c", CHOICE, minute=1, lsn=20),
            change("instruments", "c", pattern, minute=2, lsn=30),
            change("exchanges", "u", off, minute=3, lsn=40),
        ]
    )
    transform.rerun("run")
    query = "select symbol, pattern, feeds from gold.configured_at('{}')"
    with warehouse.connect("analyst", "test") as connection:
        told = [
            connection.execute(query.format(at(minute))).fetchall()
            for minute in (0.5, 1, 2, 3)
        ]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from config.instruments")
    own = ("BTC/USDT", "BTC/USDT", ["candles"])
    assert told == [[], [own], [own, ("ETH/USDT", "*/USDT*", ["trades"])], []]


def test_who_made_a_row_so_and_what_came_of_it_is_in_gold(transform, built_database):
    add = "insert into config.exchanges (exchange_id) values ('binance')"
    with psycopg.connect(
        **built_database, options="-c role=operator", application_name="an editor"
    ) as connection:
        connection.execute(add)
        query = "select pg_current_xact_id()::text::bigint, session_user"
        [(transaction_id, login)] = connection.execute(query).fetchall()
    added = change("exchanges", "c", EXCHANGE, minute=0, lsn=transaction_id)
    deliver_changes([added])
    transform.rerun("run")
    opened = "opened_by_login, opened_by_role, opened_by_application, is_current"
    with warehouse.connect("analyst", "test") as connection:
        query = f"select {opened} from gold.dim_config_exchanges"
        rows = connection.execute(query).fetchall()
        effects = connection.execute(
            "select login, role, application_name, outcome, changes -> 'exchange_id'"
            " from gold.rpt_config_effects"
        ).fetchall()
    who = (login, "operator", "an editor")
    assert rows == [(*who, True)]
    assert effects == [(*who, "waiting", [None, "binance"])]


def test_an_unchanged_row_is_not_written_again(transform):
    deliver_changes([change("exchanges", "c", EXCHANGE, minute=0, lsn=10)])
    transform.rerun("run")
    before = select("select *, ctid from gold.dim_config_exchanges")
    kraken = {**EXCHANGE, "exchange_id": "kraken"}
    deliver_changes([change("exchanges", "c", kraken, minute=1, lsn=20)])
    transform.rerun("run")
    after = select("select *, ctid from gold.dim_config_exchanges order by valid_from")
    assert (after[:1], len(after)) == (before, 2)
