"""What a venue sends amiss costs the row, or the answer: the others go on."""

import json
from typing import Any

import pytest

from pipelines.errors import BadDataError, UpstreamError
from pipelines.settings import settings
from pipelines.sources.exchange.client import Answer, VenueClient
from pipelines.sources.exchange.feeds import CANDLES, TRADES
from pipelines.sources.exchange.instruments import fetch_listing
from pipelines.sources.exchange.page import body_reader, parse_page, path_of
from pipelines.sources.exchange.venues import BINANCE_LINEAR, VENUES
from pipelines.upstream import wire
from tests.fakes.listings import listed
from tests.fakes.venue_server import (
    NOW_MS,
    FakeBudget,
    FakeClock,
    Reply,
    configured,
    kline,
    klines,
    venue_server,
)

UNSTORABLE = ["\\u0000", "\\ud83d", "\\udc00x"]


def page_of(venue, feed, text, symbol="BTCUSDT"):
    route: Any = VENUES[venue].route(feed.name)
    path = path_of(route, symbol)
    body = body_reader(route, path)(wire.decode(text))
    return parse_page(route, path, Answer(body, text, "r", "here", NOW_MS, "then"))


@pytest.mark.parametrize("escape", UNSTORABLE)
def test_a_row_with_text_that_can_not_be_stored_is_refused_alone(escape):
    rows = klines(kline(NOW_MS), kline(NOW_MS, close="MARK"), kline(NOW_MS))
    page = page_of("binance", CANDLES, rows.replace("MARK", escape))

    assert page.frame["row"].to_list() == [0, 2]
    (refused,) = page.malformed
    assert "has text with a NUL, or with half of a surrogate pair" in refused.reason


def test_text_that_spells_a_pair_of_surrogates_is_text():
    smile = json.dumps("\U0001f600")
    text = f"[[1,2,3,4,5,{smile},7,8,9,10,11,12]]"
    assert page_of("binance", CANDLES, text).frame["base_volume"][0] == "\U0001f600"


@pytest.mark.parametrize(
    "cell",
    ["[" * 30 + "]" * 30, '{"a":{"a":{}}}', "true", json.dumps(["x"] * 1000)],
    ids=["deep", "mapping", "flag", "long"],
)
def test_a_cell_that_is_no_number_is_refused_with_its_row_alone(cell):
    rows = klines(kline(NOW_MS), kline(NOW_MS, close="MARK")).replace('"MARK"', cell)
    page = page_of("binance", CANDLES, rows)

    assert page.frame["row"].to_list() == [0]
    assert "a cell that is neither a number nor text" in page.malformed[0].reason


@pytest.mark.parametrize("row", ["null", "7", "[]", "{}", '"row"', '{"a":[]}'])
def test_a_row_of_another_shape_is_refused_alone(row):
    good = {"a": 5, "f": 5, "l": 5, "p": "1", "q": "1", "T": NOW_MS, "m": True}
    page = page_of("binance", TRADES, f"[{json.dumps(good)},{row}]")

    assert (page.frame.height, len(page.malformed)) == (1, 1)


@pytest.fixture
def ask(monkeypatch):
    """Ask a venue that answers so for candles, or with `of_listing` for its listing."""

    def asked(reply, spec=VENUES["binance"], *, of_listing=False):
        def respond(path, params):
            return reply if isinstance(reply, Reply) else reply(path)

        with venue_server(respond) as server:
            monkeypatch.setenv(f"BULLION_{spec.exchange_id.upper()}_URL", server.url)
            settings.cache_clear()
            config = configured(attempts=1)
            client = VenueClient(spec, FakeBudget(), FakeClock(), config)
            log: list[dict[str, object]] = []
            try:
                if of_listing:
                    return fetch_listing(client, log), log
                route: Any = spec.route(CANDLES.name)
                pick = body_reader(route, path_of(route, "BTCUSDT"))
                return client.call(route, {}, log, pick=pick), log
            except (UpstreamError, BadDataError) as error:
                return error, log
            finally:
                settings.cache_clear()

    return asked


@pytest.mark.parametrize("status", [200, 500, 400])
@pytest.mark.parametrize("body", ["\0", '{"msg":"\\u0000 \\ud800"}', "[" * 5000, "{"])
def test_an_error_is_told_in_text_that_can_be_stored(ask, status, body):
    error, (row,) = ask(Reply(body, status=status))

    assert isinstance(error, (UpstreamError, BadDataError))
    assert "\0" not in str(error) + str(row["error"])
    str(row["error"]).encode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "9" * 400},
        {"Retry-After": "Mon, 01 Jan 9999 00:00:00 -2359"},
        {"Retry-After": "\xb2"},
        {"Date": "Fri, 31 Dec 9999 23:59:59 -1200"},
        {"Date": "Mon, 01 Jan 0001 00:00:00 +1400"},
        {"Date": "Fri, 01 Mar 20240000000000000 12:00:00 GMT"},
    ],
)
@pytest.mark.parametrize("status", [200, 429])
def test_no_header_is_more_than_an_error(ask, headers, status):
    reply = Reply(klines(kline(NOW_MS)), status=status, headers=headers)
    result, _ = ask(
        reply if "Date" not in headers else Reply(**vars(reply) | {"date": None})
    )

    assert isinstance(result, (Answer, UpstreamError))


LISTING_FLAWS: dict[str, dict[str, Any]] = {
    "binance": {
        "quotePrecision": 10**19,
        "baseAssetPrecision": "1e9",
        "filters": [{"filterType": "PRICE_FILTER", "tickSize": "1e-1000000000"}],
        "status": "\0",
        "baseAsset": ["x"],
        "symbol": None,
        "permissions": 5,
    },
    "kraken": {
        "pair_decimals": 10**19,
        "fees": [[0, "1e1000000000"]],
        "fees_maker": {"a": 1},
        "altname": "\ud800",
        "base": {},
        "lot_decimals": "x",
    },
    "coinbase": {"base_increment": "1e-99999999999", "id": "BTC", "status": "\0"},
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("venue", "name", "value"),
    [
        (venue, *flaw)
        for venue, flaws in LISTING_FLAWS.items()
        for flaw in flaws.items()
    ],
)
def test_a_market_that_ccxt_can_not_read_costs_itself_alone(ask, venue, name, value):
    text = json.dumps(listed(venue, {name: value}))
    result, _ = ask(Reply(text), VENUES[venue], of_listing=True)

    assert "ETH/USD" in {symbol[:7] for symbol in result.venue_symbols}
    counts = [rows.frame.height for rows in result.rows]
    assert sum(counts) == 2  # one of them may be no worse for it
    for rows in result.rows[1:]:
        assert f" on {venue}: " in rows.frame["reason"][0]


def test_a_contract_that_expires_beyond_time_costs_itself_alone(ask):
    market = {
        "symbol": "BTCUSDT",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "contractType": "PERPETUAL",
        "status": "TRADING",
        "filters": [],
    }
    odd = market | {
        "symbol": "ODDUSDT",
        "contractType": "CURRENT_QUARTER",
        "deliveryDate": 10**18,
    }
    text = json.dumps({"symbols": [odd, market]})
    result, _ = ask(Reply(text), BINANCE_LINEAR, of_listing=True)

    assert list(result.venue_symbols) == ["BTC/USDT:USDT"]
    assert result.rows[1].frame["reason"][0].startswith("ODDUSDT on binance: ccxt can")


@pytest.mark.timeout(60)
def test_a_page_of_too_many_rows_is_refused_by_their_number(ask):
    error, _ = ask(Reply("[" + "[1]," * 100_000 + "[1]]"))
    assert isinstance(error, UpstreamError)
    assert "100001 rows, more than 100000" in str(error)


@pytest.mark.timeout(60)
def test_a_page_of_broken_rows_alone_costs_each_its_own():
    deep = "[" * 29 + "]" * 29
    rows = ",".join([f"[{deep},2,3,4,5,6,7,8,9,10,11,12]"] * 20_000)
    page = page_of("binance", CANDLES, f"[{rows}]")
    assert len(page.malformed) == 20_000


def test_the_origin_of_an_answer_is_who_gave_it(ask):
    def respond(path):
        if path == "/moved":
            return Reply(klines(kline(NOW_MS)))
        return Reply("", status=302, headers={"Location": "/moved?a=1"})

    answer, _ = ask(respond)
    assert answer.origin.endswith("/moved")


def test_a_venue_that_sends_elsewhere_is_not_followed(ask):
    error, _ = ask(Reply("", status=302, headers={"Location": "http://localhost:1/"}))
    assert isinstance(error, UpstreamError)
    assert "sends to http://localhost:1, which is not followed" in str(error)
