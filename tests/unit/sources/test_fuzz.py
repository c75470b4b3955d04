"""Thousands of spoilt answers, files and listings: none raises what is not ours.

Every row that comes is loaded, in quarantine, or refused with its answer, and counted.
A case is spoilt by its own seed, which a failure names.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest

from pipelines.bronze.delivery import Rows, write
from pipelines.errors import BadDataError, BullionError, UpstreamError
from pipelines.sources.archive import listing, zips
from pipelines.sources.exchange.client import Answer
from pipelines.sources.exchange.feeds import CANDLES, FUNDING_RATES, TRADES
from pipelines.sources.exchange.instruments import fetch_listing
from pipelines.sources.exchange.listings import listed
from pipelines.sources.exchange.series import Series
from pipelines.sources.exchange.spans import SpanPage, rows_of
from pipelines.sources.exchange.trade_rules import check_trades
from pipelines.sources.exchange.venues import BINANCE_LINEAR, VENUES
from pipelines.sources.exchange.walks import WalkReader
from pipelines.upstream import wire
from pipelines.upstream.decoding import decoding
from pipelines.upstream.pages import Gap
from tests.fakes import listings, trade_venues
from tests.fakes.archive_rows import DAY, agg_trade, kline, read_tables
from tests.fakes.archive_server import csv, zipped
from tests.fakes.mutations import XML, spoilt, spoilt_bytes, spoilt_lines, spoilt_tokens
from tests.fakes.venue_server import NOW_MS, Respond
from tests.fakes.venue_server import kline as sent_kline

LONGEST_S = 5.0  # of one case
MINUTE = 60_000
START = NOW_MS - NOW_MS % MINUTE - 10 * MINUTE
ASKS = 4  # of one walk


class SpoiltVenue:
    """A client whose every answer is this text; it gives up after some."""

    def __init__(self, spec: Any, content: bytes) -> None:
        self.spec = spec
        self.text = content.decode("utf-8", "replace").strip()
        self.asked = 0

    def call(self, route: Any, params: Any, log: Any, *, pick: Any, **_: Any) -> Answer:
        self.asked += 1
        if self.asked > ASKS:
            raise UpstreamError("asked too often")
        with decoding("a body that can not be read"):
            body = pick(wire.decode(self.text))
        return Answer(body, self.text, "r", "here", NOW_MS, "2023-11-14T22:13:20Z")


@contextmanager
def case(kind: str, number: int) -> Iterator[random.Random]:
    """A case's chance; whatever goes wrong says its seed."""
    seed = f"{kind} {number}"
    began = time.process_time()
    try:
        yield random.Random(seed)
        assert time.process_time() - began < LONGEST_S, "it took too long"
    except BaseException as error:
        raise AssertionError(
            f"seed {seed!r}: {type(error).__name__} {error}"
        ) from error


def stored(tmp_path, tables: list[Rows]) -> dict[str, int]:
    """How many rows are in each table; what is written is text that Postgres holds."""
    counts: dict[str, int] = {}
    for rows in tables:
        path = write(rows, "1.5", tmp_path)
        text = path.read_bytes()
        path.unlink()
        assert b"\0" not in text
        text.decode("utf-8")
        counts[rows.table.name] = counts.get(rows.table.name, 0) + rows.frame.height
    return counts


def candle_bodies() -> dict[str, bytes]:
    stamps = range(START, START + 6 * MINUTE, MINUTE)
    kraken = [[s // 1000, *["10.5"] * 4, "10.5", "1.25", 7] for s in stamps]
    coinbase = [[s // 1000, 9, 12.5, 10, 11, 5.5] for s in stamps]
    bodies = {
        "binance": [sent_kline(stamp) for stamp in stamps],
        "kraken": {"error": [], "result": {"XXBTZUSD": kraken, "last": START // 1000}},
        "coinbase": coinbase,
    }
    return {venue: json.dumps(body).encode() for venue, body in bodies.items()}


def trade_bodies() -> dict[str, bytes]:
    stamps = [(START + i * 7_000) * 1_000_000 for i in range(6)]
    trades = [
        trade_venues.Trade(100 + i, at, "10.5", "0.25", is_buy=i % 2 == 0)
        for i, at in enumerate(stamps)
    ]
    asked = {"limit": "9", "count": "9", "since": "0"}
    shapes: dict[str, Callable[[list[trade_venues.Trade]], Respond]]
    shapes = {"binance": trade_venues.binance, "kraken": trade_venues.kraken}
    shapes["coinbase"] = trade_venues.coinbase
    return {
        venue: shape(trades)("/trades", asked).body.encode()
        for venue, shape in shapes.items()
    }


SYMBOLS = {"binance": "BTCUSDT", "kraken": "XXBTZUSD", "coinbase": "BTC-USD"}
token_faults = partial(spoilt, how=spoilt_tokens)
line_faults = partial(spoilt, how=spoilt_lines)


def spans_of(spec, feed, content, tmp_path, symbol):
    """What an answer about a span makes; None: it is refused as a whole."""
    route: Any = spec.route(feed.name)
    series = Series(spec.exchange_id, "BTC/USD", symbol)
    client: Any = SpoiltVenue(spec, content)
    try:
        page = series.ask(client, route, {}, [])
    except UpstreamError:
        return None
    span = SpanPage((0, NOW_MS + 2 * MINUTE), page)
    counts = stored(tmp_path, list(rows_of(feed, route, series, [span])))
    others = sum(map(len, page.answer.body.others.values()))
    came = page.sent_count + others
    return came, counts.get(feed.table.name, 0) + counts.get("quarantine", 0)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("venue", SYMBOLS)
def test_no_answer_about_candles_is_more_than_rows_and_refusals(venue, tmp_path):
    body = candle_bodies()[venue]
    kept = 0
    for number in range(200):
        with case(f"candles {venue}", number) as rng:
            content = token_faults(body, rng) if number else body
            found = spans_of(VENUES[venue], CANDLES, content, tmp_path, SYMBOLS[venue])
            if found:
                came, counted = found
                kept += 1
                assert came == counted
    assert kept > 50


@pytest.mark.timeout(300)
def test_no_answer_about_funding_is_more_than_rows_and_refusals(tmp_path):
    rows = [
        {"symbol": "BTCUSDT", "fundingTime": START + i, "fundingRate": "-0.0001"}
        | {"markPrice": ""}
        for i in range(6)
    ]
    body = json.dumps(rows).encode()
    for number in range(200):
        with case("funding", number) as rng:
            content = token_faults(body, rng) if number else body
            found = spans_of(
                BINANCE_LINEAR, FUNDING_RATES, content, tmp_path, "BTCUSDT"
            )
            if found:
                came, counted = found
                assert came == counted


@pytest.mark.timeout(300)
@pytest.mark.parametrize("venue", SYMBOLS)
def test_no_answer_about_trades_is_more_than_rows_and_refusals(venue, tmp_path):
    spec = VENUES[venue]
    route: Any = spec.route(TRADES.name)
    series = Series(venue, "BTC/USD", SYMBOLS[venue])
    body = trade_bodies()[venue]
    for number in range(150):
        with case(f"trades {venue}", number) as rng:
            content = token_faults(body, rng) if number else body
            client: Any = SpoiltVenue(spec, content)
            reader = WalkReader(client, TRADES, route, series)
            start = (START - MINUTE) * 1_000_000
            tables: list[Rows] = []
            with suppress(UpstreamError):
                tables.extend(reader.rows([Gap(start, NOW_MS * 1_000_000)], []))
            stored(tmp_path, tables)
            trades_are_counted(spec, route, series, content)


def trades_are_counted(spec, route, series, content) -> None:
    client: Any = SpoiltVenue(spec, content)
    try:
        page = series.ask(client, route, {}, [])
    except UpstreamError:
        return
    assert page.frame.height + len(page.malformed) >= page.sent_count
    ids = [n for n in ("first_trade_id", "last_trade_id") if n not in route.layout]
    frame = page.frame.with_columns(page.frame["trade_id"].alias(name) for name in ids)
    checked = check_trades(frame, str(series), route.stamp, NOW_MS)
    copies = frame.height - checked.kept.height - checked.refused.height
    rows = {*checked.kept["row"], *checked.refused["row"]}
    repeated = frame.filter(~frame["row"].is_in(list(rows)))
    assert copies == repeated.height >= 0
    assert copies <= frame.height - frame["trade_id"].n_unique()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("venue", SYMBOLS)
def test_no_listing_is_more_than_markets_and_refusals(venue, tmp_path):
    body = json.dumps(listings.listed(venue, {})).encode()
    kept = 0
    for number in range(100):
        with case(f"listing {venue}", number) as rng:
            content = token_faults(body, rng) if number else body
            client: Any = SpoiltVenue(VENUES[venue], content)
            try:
                found = fetch_listing(client, [])
            except UpstreamError:
                continue
            kept += 1
            counts = stored(tmp_path, list(found.rows))
            came = listed(VENUES[venue].listing, wire.decode(client.text))
            assert sum(counts.values()) == len(came)
    assert kept > 20


FILES = {
    "klines": [kline(DAY + i * MINUTE) for i in range(12)],
    "agg_trades": [
        agg_trade(DAY + i * 7_000, id=i, first=i, last=i) for i in range(12)
    ],
    "trades": [f"{i},1.5,2,3.0,{DAY + i},true,true" for i in range(12)],
    "funding_rates": [f"{DAY + i},8,-0.0001" for i in range(12)],
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("feed", FILES)
def test_no_file_is_more_than_rows_and_refusals(feed, tmp_path):
    symbol = "BTC/USDT:USDT" if feed == "funding_rates" else "BTC/USDT"
    kept = 0
    for number in range(200):
        with case(f"file {feed}", number) as rng:
            content = csv(FILES[feed])
            content = line_faults(content, rng) if number else content
            try:
                tables, counts = read_tables(
                    tmp_path, content, feed=feed, symbol=symbol
                )
            except BadDataError:
                continue
            kept += 1
            assert len(tables.get(feed, [])) == counts.rows
            assert len(tables.get("quarantine", [])) == counts.refused
            lines = [line for line in content.split(b"\n") if line.rstrip(b"\r")]
            assert counts.rows + counts.refused + counts.has_header == len(lines)
            assert not counts.refused or tables["refused_spans"]
    assert kept > 50


@pytest.mark.timeout(300)
def test_no_zip_is_more_than_its_file_or_a_refusal(tmp_path):
    good = zipped("a.csv", csv(FILES["klines"]))
    path = tmp_path / "a.zip"
    for number in range(1600):
        with case("zip", number) as rng:
            content = good
            for _ in range(rng.randint(1, 3) if number else 0):
                content = spoilt_bytes(content, rng)
            path.write_bytes(content)
            try:
                zips.unpacked(path, "a.csv", tmp_path / "a.csv")
            except BullionError:
                continue
            assert (tmp_path / "a.csv").read_bytes() == csv(FILES["klines"])


@pytest.mark.timeout(300)
def test_no_listing_of_files_is_more_than_entries_or_a_refusal():
    entry = (
        b"<Contents><Key>data/%d.zip</Key><Size>7</Size>"
        b"<LastModified>2024-06-01T03:04:05.000Z</LastModified></Contents>"
    )
    entries = b"".join(entry % i for i in range(5))
    good = b"<ListBucketResult><IsTruncated>false</IsTruncated>%b</ListBucketResult>"
    parsed = 0
    for number in range(2000):
        with case("listing of files", number) as rng:
            content = good % entries
            for _ in range(rng.randint(1, 3) if number else 0):
                content = spoilt_bytes(content, rng, XML)
            try:
                page = listing.parse(content)
            except ValueError:
                continue
            parsed += 1
            assert all(0 <= one.bytes_count < 10**15 for one in page.entries)
    assert parsed > 50
