"""Liquidity by an independent computation, whatever order, repetition and lateness."""

import json
import random
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from pipelines import warehouse
from tests.contents.transform import Transform
from tests.fakes.memory_source import deliver
from tests.histories.book_histories import BookHistories
from tests.histories.recorded_sessions import bodies, events
from tests.oracles import liquidity_oracle
from tests.oracles.liquidity_oracle import HOUR_MS
from tests.soak import seeds, times

CASES = seeds(__name__, times(10, 1))
MODELS = (
    "silver.int_order_books_measured",
    "gold.fct_liquidity",
    "silver.int_snapshots_counted",
)
SELECTED = ("run", "--select", "int_order_books_measured+")
FIGURES = ", ".join(liquidity_oracle.Measured._fields)
QUALITY = """
select scope, subject, hour_at, expected_count, held_count, broken_count,
    anomalies_count
from gold.rpt_data_quality where feed = 'order_books' order by 1, 2, 3
"""


def select(query):
    with warehouse.connect("transformer", "test") as connection:
        return connection.execute(query).fetchall()


def held():
    """Every row but for the batch that made it."""
    row = "to_jsonb(t) - 'changed_in'"
    return [select(f"select {row} from {name} as t order by 1") for name in MODELS]


def compare(rows):
    """All of gold against the oracle."""
    told = liquidity_oracle.liquidity(rows)
    found = {
        (venue, symbol, round(at.timestamp() * 1000)): figures
        for venue, symbol, at, *figures in select(
            f"select exchange_id, symbol, snapshot_at, {FIGURES}"
            " from gold.fct_liquidity"
        )
    }
    assert found.keys() == told.keys()
    for key, figures in found.items():
        pairs = zip(told[key]._fields, figures, told[key], strict=True)
        wrong = [(n, g, t) for n, g, t in pairs if not liquidity_oracle.is_as(g, t)]
        assert wrong == [], key


def quality(loads):
    """Each hour in which a series was asked about: its minutes, and what is amiss."""
    books = liquidity_oracle.liquidity(
        [row for load in loads for row in load["order_books"]]
    )
    asked, answered = defaultdict(set), defaultdict(set)
    for page in (page for load in loads for page in load["book_pages"]):
        series = page["exchange_id"], page["symbol"]
        asked[series].add(page["asked_from_ms"])
        if page["answered_until_ms"] > page["answered_from_ms"]:
            answered[series].add(page["asked_from_ms"])
    for series, minutes in sorted(asked.items()):
        for hour_ms in sorted({ms // HOUR_MS * HOUR_MS for ms in minutes}):
            hour = range(hour_ms, hour_ms + HOUR_MS)
            due = range(max(min(minutes), hour_ms), max(minutes) + 1, 60_000)
            flaws = [
                book.excluded_for
                for (*of, at), book in books.items()
                if at in hour and (*of,) == series
            ]
            yield (
                *(*series, datetime.fromtimestamp(hour_ms / 1000, UTC)),
                sum(ms in hour for ms in due),
                len(answered[series].intersection(hour)),
                flaws.count("crossed") if flaws else None,
                len(flaws) - flaws.count(None) if flaws else None,
            )


@pytest.mark.slow
@pytest.mark.parametrize("seed", CASES)
def test_any_order_repetition_or_lateness_gives_what_the_rows_say(built_database, seed):
    print(f"seed {seed}")
    histories, rng = BookHistories(seed), random.Random(seed)
    transform = Transform()
    loads = histories.loads(rng.randint(4, 8))
    for load in loads:
        deliver(load)
        if rng.random() < 0.7:
            transform.rerun(*SELECTED)
    transform.rerun(*SELECTED)
    compare([row for load in loads for row in load["order_books"]])
    assert select(QUALITY) == [*quality(loads)]
    incremental = held()
    transform.rerun(*SELECTED)
    assert held() == incremental
    transform.run(*SELECTED, "--full-refresh")
    assert held() == incremental


def test_recorded_books_are_measured_as_they_were(built_database, recorded):
    asked = [
        event
        for event in events(recorded, "BINANCE_US")
        if event["t"] == "http" and "/api/v3/depth" in event["url"]
    ]
    symbols = {"COMPUSDT": "COMP/USDT", "OMGBUSD": "OMG/BUSD"}
    symbols |= {"CRVUSDT": "CRV/USDT", "ZRXUSDT": "ZRX/USDT"}
    rows = []
    for event in asked:
        book = json.loads(event["data"])
        name = event["url"].partition("symbol=")[2].partition("&")[0]
        at_ms = int(event["ts"] * 1000)
        rows.append(
            {
                "exchange_id": "binance_us",
                "symbol": symbols[name],
                "snapshot_at_ms": at_ms,
                "update_id": str(book["lastUpdateId"]),
                "changed_at_ms": None,
                "bids": json.dumps(book["bids"]),
                "asks": json.dumps(book["asks"]),
                "venue_now_ms": at_ms,
                "request_id": name,
                "origin": event["url"],
                "received_at": datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(),
            }
        )
    assert len(rows) == len(bodies(recorded, "BINANCE_US", "/api/v3/depth")) == 4
    deliver({"order_books": rows})
    Transform().rerun(*SELECTED)
    compare(rows)
    assert select("select distinct excluded_for from gold.fct_liquidity") == [(None,)]
    ((spread, bid, ask),) = select(
        "select spread_bps, bid, ask from gold.fct_liquidity where symbol = 'COMP/USDT'"
    )
    best_ask = json.loads(asked[0]["data"])["asks"][0][0]
    assert (str(bid)[:6], float(ask)) == ("296.58", float(best_ask))
    assert 0 < spread < 100
