"""Order books: levels stay the text that was sent, or the book is refused whole."""

import json
from dataclasses import replace

import pytest

from pipelines.settings import settings
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.feeds import ORDER_BOOKS, TICKERS
from pipelines.sources.exchange.routes import Depth, SnapshotRoute
from pipelines.sources.exchange.series import Series
from pipelines.sources.exchange.snapshots import SnapshotReader
from pipelines.sources.exchange.venues import DERIVATIVES, VENUES
from pipelines.upstream.progress import NO_PROGRESS
from tests.fakes.venue_server import (
    NOW_MS,
    FakeBudget,
    FakeClock,
    Reply,
    configured,
    venue_server,
)
from tests.histories.recorded_sessions import bodies

BOOK = (
    '{"lastUpdateId":7,"bids":[["2.0","3.50"],["1.9","1e-2"]],'
    '"asks":[["2.10","1"],["2.2","4"]]}'
)


@pytest.fixture
def read(monkeypatch):
    """Tables of what a snapshot gives when this is the body."""

    def reading(body, spec=VENUES["binance_us"], feed=ORDER_BOOKS, levels=100):
        series = Series(spec.exchange_id, "A/B", "AB")
        route = spec.route(feed.name)
        assert isinstance(route, SnapshotRoute)
        with venue_server(lambda *_: Reply(body)) as server:
            monkeypatch.setenv(f"BULLION_{spec.exchange_id.upper()}_URL", server.url)
            settings.cache_clear()
            budget = FakeBudget()
            client = VenueClient(spec, budget, FakeClock(), configured(attempts=1))
            reader = SnapshotReader(
                client, feed, route.at_depth(levels), series, lambda _: {"AB": "A/B"}
            )
            found = {r.table.name: r.frame for r in reader.rows([], NO_PROGRESS)}
            settings.cache_clear()
        return found, [params for _, params in server.asked]

    return reading


def test_levels_are_the_text_that_was_sent(read):
    found, asked = read(BOOK)
    (book,) = found["order_books"].to_dicts()
    assert book["bids"] == '[["2.0","3.50"],["1.9","1e-2"]]'
    assert book["asks"] == '[["2.10","1"],["2.2","4"]]'
    assert (book["update_id"], book["snapshot_at_ms"]) == ("7", NOW_MS)
    assert asked == [{"symbol": "AB", "limit": "100"}]


def test_numbers_that_are_no_text_stay_so_with_every_digit(read):
    body = '{"time":"2023-11-14T22:13:20.1Z","sequence":3,"bids":[[2.10,3e1,4]],'
    found, _ = read(body + '"asks":[[2.2,0.10,1]]}', VENUES["coinbase"])
    (book,) = found["order_books"].to_dicts()
    assert (book["bids"], book["asks"]) == ("[[2.10,3e1,4]]", "[[2.2,0.10,1]]")
    assert book["snapshot_at_ms"] == NOW_MS + 100


def test_a_book_that_does_not_say_when_it_was_sent_has_the_venues_clock(read):
    found, _ = read(BOOK.replace("lastUpdateId", "sequence"), VENUES["coinbase"])
    (book,) = found["order_books"].to_dicts()
    assert book["snapshot_at_ms"] == NOW_MS


@pytest.mark.parametrize(
    ("levels", "asked", "weight"), [(1, 100, 5), (101, 500, 25), (9000, 5000, 250)]
)
def test_the_least_depth_is_asked_for_that_holds_what_is_wanted(levels, asked, weight):
    route = VENUES["binance"].route(ORDER_BOOKS.name)
    assert isinstance(route, SnapshotRoute)
    deep = route.at_depth(levels)
    assert (deep.fixed["limit"], deep.weight, deep.levels) == (asked, weight, levels)
    share = "order_book_budget_pct"
    assert deep.weights == {"weight": weight, share: weight}


def test_no_more_levels_are_kept_than_are_wanted(read):
    found, _ = read(BOOK, levels=1)
    (book,) = found["order_books"].to_dicts()
    assert (book["bids"], book["asks"]) == ('[["2.0","3.50"]]', '[["2.10","1"]]')


@pytest.mark.parametrize(
    ("level", "reason"),
    [
        (["0", "1"], "level 2 has price 0, not above 0"),
        (["-1", "1"], "level 2 has price -1, not above 0"),
        (["1", "-1"], "level 2 has negative amount -1"),
        (["1"], "level 2 is no list of a price and an amount"),
        ({"p": 1}, "level 2 is no list of a price and an amount"),
        (["NaN", "1"], "level 2 has 'NaN', not a number"),
        (["1", "1e-19"], "level 2 has 1e-19 with 19 decimals, more than 18"),
    ],
)
def test_a_book_with_a_broken_level_is_refused_and_speaks_for_nothing(
    read, level, reason
):
    body = {"lastUpdateId": 7, "bids": [["2", "1"], level], "asks": []}
    found, _ = read(json.dumps(body))
    assert "order_books" not in found
    (refused,) = found["quarantine"].to_dicts()
    assert (
        "A/B on binance_us: order book at 2023-11-14T22:13:20.000Z has bids of"
        in (refused["reason"])
    )
    assert reason in refused["reason"]
    assert json.loads(refused["raw"]) == body
    (page,) = found["pages"].to_dicts()
    assert page["answered_from"] == page["answered_until"]


def test_crossed_locked_and_empty_books_are_kept(read):
    for bids, asks in (([["2", "1"]], [["1", "1"]]), ([["2", "1"]], [["2", "1"]])):
        found, _ = read(json.dumps({"lastUpdateId": 7, "bids": bids, "asks": asks}))
        assert found["order_books"].height == 1
    found, _ = read('{"lastUpdateId":7,"bids":[],"asks":[]}')
    assert found["order_books"]["bids"].to_list() == ["[]"]


def test_a_book_without_a_side_is_no_book(read):
    found, _ = read('{"lastUpdateId":7,"bids":[]}')
    assert "order_books" not in found
    (refused,) = found["quarantine"].to_dicts()
    assert "has no 'asks'" in refused["reason"]


def test_contracts_say_when_a_book_was_sent_and_when_it_changed(read):
    body = json.loads(BOOK) | {"E": NOW_MS + 1, "T": NOW_MS - 500}
    found, _ = read(json.dumps(body), DERIVATIVES["binance", "linear"])
    (book,) = found["order_books"].to_dicts()
    assert (book["snapshot_at_ms"], book["changed_at_ms"]) == (NOW_MS + 1, NOW_MS - 500)


def test_a_recorded_book_is_kept_level_by_level(read, recorded):
    books = bodies(recorded, "BINANCE_US", "/api/v3/depth")
    assert len(books) == 4
    for body in books:
        found, _ = read(body, levels=1000)
        (book,) = found["order_books"].to_dicts()
        sent = json.loads(body)
        assert f'"bids":{book["bids"]},"asks":{book["asks"]}' in body
        assert (len(sent["bids"]), len(sent["asks"])) == (
            len(json.loads(book["bids"])),
            len(json.loads(book["asks"])),
        )
        assert book["update_id"] == str(sent["lastUpdateId"])


def test_a_ticker_of_one_instrument_is_asked_of_a_venue_without_one_for_all(read):
    body = '{"bid":"1.5","ask":"1.6","price":"1.55","volume":"20.10","trade_id":1}'
    found, _ = read(body, VENUES["coinbase"], TICKERS)
    (ticker,) = found["tickers"].to_dicts()
    assert (ticker["bid"], ticker["last_price"], ticker["base_volume"]) == (
        *("1.5", "1.55"),
        "20.10",
    )


def test_what_lacks_a_place_that_its_route_names_is_refused(read):
    spec = VENUES["kraken"]
    kept = '"AB":{"a":["2","1","1.0"],"b":["1","1","1.0"],"c":["1","1"],"v":["1","2"]}'
    found, _ = read(f'{{"error":[],"result":{{{kept},"X":{{}}}}}}', spec, TICKERS)
    (ticker,) = found["tickers"].to_dicts()
    assert (ticker["ask"], ticker["ask_amount"], ticker["base_volume"]) == (
        *("2", "1.0"),
        "2",
    )
    assert "has no 'b'" in found["quarantine"]["reason"][0]


def test_a_venue_whose_depth_is_not_asked_for_is_trimmed():
    route = VENUES["coinbase"].route(ORDER_BOOKS.name)
    assert isinstance(route, SnapshotRoute)
    assert replace(route, depth=Depth()).at_depth(5).levels == 5
    assert route.at_depth(5).fixed == {"level": 2}
