"""The client tells exactly what it heard, tries again where that helps, and stops."""

import json
from datetime import timedelta
from typing import Any

import pytest

from pipelines.errors import BadDataError, UpstreamError
from pipelines.settings import VIRTUAL_CLOCK, settings
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.instruments import fetch_listing
from pipelines.sources.exchange.venues import BINANCE, VENUES
from tests.fakes.venue_server import (
    NOW,
    NOW_MS,
    FakeBudget,
    FakeClock,
    Reply,
    configured,
    kline,
    klines,
    venue_server,
)

PARAMS = {"symbol": "BTCUSDT", "interval": "1m"}
GOOD = klines(kline(NOW_MS))


@pytest.fixture
def ask(monkeypatch):
    """Ask for candles of a venue that gives these replies, the last one for ever."""

    def asked(*replies, spec=BINANCE, clock=None, attempts=3):
        left = list(replies)

        def respond(path, params):
            return left.pop(0) if len(left) > 1 else left[0]

        with venue_server(respond) as server:
            setting = f"BULLION_{spec.exchange_id.upper()}_URL"
            monkeypatch.setenv(setting, f"{server.url}/{spec.exchange_id}")
            settings.cache_clear()
            budget, clock = FakeBudget(), clock or FakeClock()
            client = VenueClient(spec, budget, clock, configured(attempts=attempts))
            journal: list[dict[str, object]] = []
            result: Any = None
            try:
                result = client.call(
                    spec.route("candles"), PARAMS, journal, symbol="BTC/USDT"
                )
            except (UpstreamError, BadDataError) as error:
                result = error
            settings.cache_clear()
            return result, journal, budget, clock, server.asked

    return asked


def test_every_number_arrives_as_the_text_on_the_wire(ask):
    body = "[[1700000000000, 123456789.123456789123, 0.10, 1e-7]]"
    answer, *_ = ask(Reply(body))
    assert answer.body == [["1700000000000", "123456789.123456789123", "0.10", "1e-7"]]
    assert answer.text == body


def test_the_venues_clock_is_its_date_header_and_ours_is_only_when_we_heard(ask):
    skewed = FakeClock(NOW + timedelta(days=3650))
    answer, *_ = ask(Reply(GOOD), clock=skewed)
    assert answer.venue_now_ms == NOW_MS
    assert answer.received_at == skewed.now().isoformat()


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=1)])
def test_an_answer_whose_clock_is_ahead_of_ours_judges_nothing(ask, ahead):
    wrong = Reply(GOOD, date=NOW + ahead)
    answer, journal, budget, *_ = ask(wrong, Reply(GOOD))
    assert answer.venue_now_ms == NOW_MS
    assert "its clock says 2023-11-1" in str(journal[0]["error"])
    assert budget.told == [("failed",), ("succeeded",)]

    error, *_ = ask(wrong)
    assert isinstance(error, UpstreamError)
    assert "are not believed" in str(error)


def test_the_time_endpoint_is_believed_no_further_than_a_date(ask):
    told = Reply(json.dumps({"serverTime": NOW_MS + 10**10}), date=None)
    error, *_ = ask(Reply(GOOD, date=None), told)
    assert isinstance(error, UpstreamError)
    assert "are not believed" in str(error)


def test_a_virtual_clock_is_that_of_a_sandbox(ask):
    headers = {VIRTUAL_CLOCK: "true"}
    answer, *_ = ask(Reply(GOOD, date=NOW + timedelta(days=400), headers=headers))
    assert answer.venue_now_ms == NOW_MS + 400 * 86_400_000


def test_whatever_ccxt_makes_of_an_answer_ends_in_an_error_of_ours(ask):
    # neither a network's error nor an exchange's: ccxt's OperationFailed
    reply = Reply('{"code":-1000,"msg":"An unknown error occurred."}', status=400)
    result, journal, *_ = ask(reply)
    assert isinstance(result, BadDataError)
    assert "An unknown error occurred" in str(result)
    assert journal[-1]["status"] == 400


def test_without_a_date_header_the_time_endpoint_is_asked_before_the_answer(ask):
    told = Reply(json.dumps({"serverTime": NOW_MS - 5}), date=None)
    silent = Reply(GOOD, date=None)
    answer, journal, _, _, asked = ask(silent, told, silent)
    assert answer.venue_now_ms == NOW_MS - 5
    paths = [path for path, _ in asked]
    assert [path.rsplit("/", 1)[1] for path in paths] == ["klines", "time", "klines"]
    assert len(journal) == 3


def test_every_request_is_a_row_with_its_weight_and_what_became_of_it(ask):
    _, journal, budget, _, _ = ask(Reply("oops", status=502), Reply(GOOD))
    assert [row["status"] for row in journal] == [502, 200]
    assert [row["attempt"] for row in journal] == [1, 2]
    assert journal[0]["error"]
    assert journal[1]["error"] is None
    assert journal[1]["bytes_count"] == len(GOOD)
    assert budget.spent == sum(row["weight"] for row in journal) == 4
    assert budget.told == [("failed",), ("succeeded",)]


@pytest.mark.parametrize(
    "bad",
    [
        Reply(GOOD[: len(GOOD) // 2]),
        Reply(
            GOOD, headers={"Content-Length": str(len(GOOD) + 10), "Connection": "close"}
        ),
        Reply("<html>busy</html>", status=503),
        Reply("<html>busy</html>"),
        Reply(""),
    ],
    ids=["truncated", "cut off", "5xx", "no JSON", "empty"],
)
def test_a_broken_answer_is_asked_for_again(ask, bad):
    answer, journal, *_ = ask(bad, Reply(GOOD))
    assert answer.body
    assert len(journal) == 2


def test_it_stops_after_its_attempts_and_backs_off_between_them(ask):
    error, journal, _, clock, _ = ask(Reply("", status=500), attempts=4)
    assert isinstance(error, UpstreamError)
    assert "BTC/USDT on binance" in str(error)
    assert len(journal) == 4
    assert len(clock.slept) == 3
    assert all(0 <= s <= 0.5 * 2 ** (i + 1) for i, s in enumerate(clock.slept))


@pytest.mark.parametrize(
    ("headers", "silence_s"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30),
        ({}, 10),
    ],
)
@pytest.mark.parametrize("status", [429, 418])
def test_the_silence_that_a_venue_asks_for_is_shared(ask, headers, silence_s, status):
    limited = Reply('{"code":-1003,"msg":"too much"}', status=status, headers=headers)
    _, _, budget, _, _ = ask(limited, Reply(GOOD))
    assert budget.told == [("pause", silence_s), ("succeeded",)]


def test_krakens_limit_inside_a_good_status_is_a_limit(ask):
    limited = Reply('{"error":["EAPI:Rate limit exceeded"]}')
    good = Reply('{"error":[],"result":{"XXBTZUSD":[],"last":0}}')
    _, journal, budget, _, _ = ask(limited, good, spec=VENUES["kraken"])
    assert budget.told == [("pause", 10.0), ("succeeded",)]
    assert len(journal) == 2


def test_an_answer_with_a_key_twice_is_refused_by_the_keys_name(ask):
    body = '{"error":[],"result":{"XXBTZUSD":[[1]],"XXBTZUSD":[],"last":0}}'
    error, journal, *_ = ask(Reply(body), spec=VENUES["kraken"])
    assert isinstance(error, UpstreamError)
    assert "BTC/USDT on kraken: " in str(error)
    assert "the key 'XXBTZUSD' twice in one mapping" in str(error)
    assert "XXBTZUSD" in str(journal[-1]["error"])


def test_a_question_that_a_venue_refuses_is_not_asked_again(ask):
    refusal = Reply('{"code":-1121,"msg":"Invalid symbol."}', status=400)
    error, journal, *_ = ask(refusal)
    assert isinstance(error, BadDataError)
    assert "Invalid symbol" in str(error)
    assert len(journal) == 1


def test_a_dead_proxy_is_not_asked_for_loopback(ask, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    answer, journal, *_ = ask(Reply(GOOD))
    assert answer.body
    assert len(journal) == 1


def test_a_live_venue_is_reached_through_the_proxy_of_the_environment(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    monkeypatch.delenv("BULLION_BINANCE_URL", raising=False)
    settings.cache_clear()
    client = VenueClient(BINANCE, FakeBudget(), FakeClock(), configured())
    assert client.exchange.session.trust_env
    found = client.exchange.session.merge_environment_settings(
        "https://api.binance.com/api/v3/time", {}, None, None, None
    )
    assert found["proxies"]["https"] == "http://proxy.invalid:3128"
    settings.cache_clear()


@pytest.mark.parametrize("spec", VENUES.values(), ids=VENUES)
def test_every_address_of_a_venue_moves_and_its_paths_stay(spec, monkeypatch):
    monkeypatch.setenv(f"BULLION_{spec.exchange_id.upper()}_URL", "http://h.test/v/")
    settings.cache_clear()
    exchange = VenueClient(spec, FakeBudget(), FakeClock(), configured()).exchange
    assert all(
        url.startswith("http://h.test/v") for url in exchange.urls["api"].values()
    )
    assert not exchange.enableRateLimit
    settings.cache_clear()


LISTED = {
    "id": "BTC-USD",
    "base_currency": "BTC",
    "quote_currency": "USD",
    "quote_increment": "0.01",
    "base_increment": "0.00000001",
    "min_market_funds": "1",
    "status": "online",
}


def test_a_listing_keeps_the_venues_json_and_quarantines_what_it_can_not_read(
    monkeypatch,
):
    odd = LISTED | {"id": "ODD-USD", "base_increment": "1e-19"}
    body = json.dumps([LISTED, odd]).replace('"1"', "1.0")
    with venue_server(lambda path, params: Reply(body)) as server:
        monkeypatch.setenv("BULLION_COINBASE_URL", server.url)
        settings.cache_clear()
        client = VenueClient(
            VENUES["coinbase"], FakeBudget(), FakeClock(), configured()
        )
        instruments, quarantine = fetch_listing(client, []).rows
        settings.cache_clear()
    (row,) = instruments.frame.to_dicts()
    assert (row["symbol"], row["venue_symbol"], row["status"]) == (
        "BTC/USD",
        "BTC-USD",
        "online",
    )
    assert row["amount_increment"] == "0.00000001"
    assert '"min_market_funds":1.0' in row["raw"]
    (refused,) = quarantine.frame.to_dicts()
    assert "has amount_increment 1e-19 with 19 decimals" in refused["reason"]


def test_a_symbol_that_is_not_listed_is_refused_with_what_is_alike(monkeypatch):
    body = json.dumps([LISTED])
    with venue_server(lambda path, params: Reply(body)) as server:
        monkeypatch.setenv("BULLION_COINBASE_URL", server.url)
        settings.cache_clear()
        client = VenueClient(
            VENUES["coinbase"], FakeBudget(), FakeClock(), configured()
        )
        listing = fetch_listing(client, [])
        settings.cache_clear()
    with pytest.raises(
        BadDataError, match="BTC/USDT is not listed on coinbase; alike: BTC/USD"
    ):
        listing.venue_symbol("BTC/USDT")
