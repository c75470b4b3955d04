"""Funding settlements: each span is asked for once, each row kept or refused."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from pipelines.settings import settings
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.feeds import FUNDING_RATES
from pipelines.sources.exchange.series import Series
from pipelines.sources.exchange.spans import SpanReader
from pipelines.sources.exchange.venues import DERIVATIVES
from pipelines.upstream.pages import Gap
from tests.fakes.venue_server import (
    NOW_MS,
    FakeBudget,
    FakeClock,
    Reply,
    configured,
    venue_server,
)

HOUR = 3_600_000
SPEC = DERIVATIVES["binance", "linear"]
SERIES = Series("binance", "XRP/USDT:USDT", "XRPUSDT")


def row(at_ms, rate="0.00010000", mark=""):
    return {
        "symbol": "XRPUSDT",
        "fundingTime": at_ms,
        "fundingRate": rate,
        "markPrice": mark,
    }


def served(rows):
    """As Binance answers: ascending from `startTime`, `endTime` included."""

    def respond(_, params):
        start, end = int(params["startTime"]), int(params["endTime"])
        found = [r for r in rows if start <= r["fundingTime"] <= end]
        return Reply(json.dumps(found[: int(params["limit"])]))

    return respond


@pytest.fixture
def read(monkeypatch):
    """Tables of what a span gives, and the requests for it."""

    def reading(rows, *gaps, steps=None):
        named: Any = SPEC.route(FUNDING_RATES.name)
        route = replace(named, page_steps=steps or named.page_steps)
        with venue_server(served(rows)) as server:
            monkeypatch.setenv("BULLION_BINANCE_URL", server.url)
            settings.cache_clear()
            client = VenueClient(
                SPEC, FakeBudget(), FakeClock(), configured(attempts=1)
            )
            reader = SpanReader(client, FUNDING_RATES, route, SERIES)
            found = {r.table.name: r.frame for r in reader.rows(gaps, [])}
            settings.cache_clear()
        return found, [params for _, params in server.asked]

    return reading


@pytest.fixture
def read_of(monkeypatch):
    """Tables of what a venue's answer gives, whatever was asked."""

    def reading(spec, body):
        date = datetime(2025, 7, 12, tzinfo=UTC)
        with venue_server(lambda *_: Reply(body, date=date)) as server:
            monkeypatch.setenv(f"BULLION_{spec.exchange_id.upper()}_URL", server.url)
            settings.cache_clear()
            clock = FakeClock(date)
            client = VenueClient(spec, FakeBudget(), clock, configured(attempts=1))
            route: Any = spec.route(FUNDING_RATES.name)
            series = Series(spec.exchange_id, "BTC/USD:USD", "PF_XBTUSD")
            reader = SpanReader(client, FUNDING_RATES, route, series)
            gap = Gap(0, int(date.timestamp() * 1000))
            found = {r.table.name: r.frame for r in reader.rows([gap], [])}
            settings.cache_clear()
        return found

    return reading


def test_a_settlement_a_few_milliseconds_off_the_hour_is_kept_as_sent(read):
    at = NOW_MS - 8 * HOUR + 17
    found, asked = read([row(at, "-0.00219334")], Gap(at - 17, NOW_MS))
    (kept,) = found["funding_rates"].to_dicts()
    assert (kept["settled_at_ms"], kept["funding_rate"]) == (at, "-0.00219334")
    assert kept["mark_price"] is None
    assert [(p["startTime"], p["endTime"]) for p in asked] == [
        (str(at - 17), str(NOW_MS - 1))
    ]


def test_pages_meet_where_one_ends_and_the_next_begins(read):
    start = NOW_MS - 400 * HOUR
    rows = [row(start + n * 8 * HOUR) for n in range(50)]
    found, asked = read(rows, Gap(start, NOW_MS), steps=8 * HOUR)
    assert found["funding_rates"]["settled_at_ms"].to_list() == [
        r["fundingTime"] for r in rows
    ]
    spans = found["pages"].select("answered_from", "answered_until").rows()
    assert spans[0][0] == start
    assert spans[-1][1] == NOW_MS
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert len(asked) == len(spans) == 50


def test_a_rate_that_is_none_is_refused_and_asked_for_again(read):
    start = NOW_MS - 16 * HOUR
    rows = [row(start, "n/a"), row(start + 8 * HOUR, mark="0.61")]
    found, _ = read(rows, Gap(start, NOW_MS))
    assert found["funding_rates"]["mark_price"].to_list() == ["0.61"]
    (refused,) = found["quarantine"].to_dicts()
    assert "XRP/USDT:USDT on binance: funding rate at" in refused["reason"]
    assert "has funding_rate 'n/a', not a number" in refused["reason"]
    # its stamp alone is not answered for; what lies before begins the answer
    assert found["pages"].select("answered_from", "answered_until").rows() == [
        (start, start),
        (start + 1, NOW_MS),
    ]


def test_a_rate_has_36_decimals_and_is_below_100(read):
    start = NOW_MS - 24 * HOUR
    rates = ["2.3271331254e-19", "-99.5", "100", "1e-37"]
    rows = [row(start + place * HOUR, rate) for place, rate in enumerate(rates)]
    found, _ = read(rows, Gap(start, NOW_MS))
    kept = found["funding_rates"]["funding_rate"].to_list()
    assert kept == ["0.00000000000000000023271331254", "-99.5"]
    reasons = found["quarantine"]["reason"].to_list()
    wanted = ("100 with 3 digits before the point, more than 2", "with 37 decimals")
    assert all(text in said for said, text in zip(reasons, wanted, strict=True))


def test_recorded_settlements_read_the_same(read, recorded):
    with (recorded / "funding" / "binance_XRPUSDT_8h_funding.csv").open() as lines:
        # the recording went through floats; the venue sends eight decimals
        held = [
            (_ms(line["date"]), f"{float(line['open']):.8f}")
            for line in csv.DictReader(lines)
        ]
    rows = [row(at, rate) for at, rate in held]
    found, asked = read(rows, Gap(held[0][0], held[-1][0] + 1))
    assert len(asked) == 1
    kept = found["funding_rates"].select("settled_at_ms", "funding_rate").rows()
    assert kept == held
    rates = [Decimal(rate) for _, rate in kept]
    assert (len(rates), min(rates), max(rates)) == (
        91,
        Decimal("-0.00219334"),
        Decimal("0.00058316"),
    )


def _ms(text):
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_a_recorded_body_of_kraken_futures_gives_the_relative_rate(read_of, recorded):
    folder = recorded / "exchange_samples"
    body = (folder / "kraken_http_futures_historical_funding_rates.json").read_text()
    found = read_of(DERIVATIVES["kraken_futures", "linear"], body)
    rates = found["funding_rates"].sort("settled_at_ms")
    sent = json.loads(body, parse_float=str)["rates"]
    told = sorted((r["timestamp"], r["relativeFundingRate"]) for r in sent)
    kept = [
        (datetime.fromtimestamp(at / 1000, UTC), Decimal(rate))
        for at, rate in rates.select("settled_at_ms", "funding_rate").iter_rows()
    ]
    assert kept == [(datetime.fromisoformat(at), Decimal(rate)) for at, rate in told]
    assert "quarantine" not in found
