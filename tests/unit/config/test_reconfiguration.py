"""The rules of re-configuration that need no warehouse."""

from dataclasses import replace

import pytest

from pipelines.collector import targets
from pipelines.collector.history import Pauses
from pipelines.collector.schedule import Cycles
from pipelines.collector.targets import is_meant
from pipelines.config.model import (
    Configuration,
    EndpointChoice,
    InstrumentChoice,
    Since,
    parse_since,
)
from pipelines.config.rows import configuration
from pipelines.errors import EndedError, SetupError
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.connectors import Chosen, connected
from pipelines.sources.exchange.choices import (
    chosen,
    is_collected,
    live_since_ms,
)
from pipelines.sources.exchange.client import VenueClient
from pipelines.sources.exchange.endpoints import address
from pipelines.sources.exchange.feeds import FEEDS
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.exchange.venues import VENUES
from pipelines.upstream.clock import EndingClock
from pipelines.upstream.feed import Key
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.running_tasks import RunningTasks
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

SEEDS = configuration(PROJECT_DIR / "seeds")
BTC = ("kraken", "BTC/USD")
PARAMS = {"symbol": "BTCUSDT", "interval": "1m"}


@pytest.fixture
def urls(monkeypatch):
    monkeypatch.setenv("BULLION_KRAKEN_URL", "http://kraken.test/")
    monkeypatch.setenv("BULLION_COINBASE_URL", "http://coinbase.test")
    monkeypatch.setenv("BULLION_CDC_PASSWORD", "a secret")
    settings.cache_clear()
    yield
    settings.cache_clear()


def targets_of(known, *chosen):
    with connected(known) as connectors:
        return targets.targets_of(connectors, known, Chosen(*chosen))


def with_endpoint(setting, *, is_enabled=True):
    endpoint = EndpointChoice("kraken", setting, is_enabled=is_enabled)
    return replace(SEEDS, endpoints={"kraken": endpoint})


def with_instruments(*choices: InstrumentChoice) -> Configuration:
    return replace(SEEDS, instruments=list(choices))


def instrument(exchange_id="kraken", symbol="BTC/USD", **fields):
    since = Since()
    return InstrumentChoice(
        exchange_id, symbol, since, "live", is_enabled=True, **fields
    )


def test_the_row_of_a_venue_says_which_setting_holds_its_address(urls):
    assert address(replace(SEEDS, endpoints={}), "kraken") == "http://kraken.test"
    moved = with_endpoint("BULLION_COINBASE_URL")
    assert address(moved, "kraken") == "http://coinbase.test"
    assert address(with_endpoint("BULLION_BINANCE_URL"), "kraken") is None  # live


@pytest.mark.parametrize("setting", ["BULLION_NO_SUCH_URL", "BULLION_CDC_PASSWORD"])
def test_a_name_that_is_no_setting_of_an_address_is_named_and_never_its_value(
    urls, setting
):
    with pytest.raises(SetupError, match=f"endpoint kraken: {setting} is no") as told:
        address(with_endpoint(setting), "kraken")
    assert "secret" not in str(told.value)
    assert "BULLION_KRAKEN_URL" in str(told.value)


def test_a_venue_whose_endpoint_is_disabled_is_not_asked(urls):
    known = with_endpoint("BULLION_KRAKEN_URL", is_enabled=False)
    with pytest.raises(SetupError, match="kraken is not asked"):
        address(known, "kraken")
    assert not is_collected(known, *BTC, "candles")
    left = {choice.exchange_id for choice in chosen(known, LoadOptions())}
    assert left == {"binance", "coinbase"}


def test_a_series_is_collected_while_it_its_feed_and_its_exchange_are_enabled():
    assert is_collected(SEEDS, *BTC, "trades")
    assert not is_collected(SEEDS, "kraken", "BTC/USDT", "trades")
    assert not is_collected(SEEDS, "kraken", "ETH/USD", "candles")
    assert not is_collected(SEEDS, "binance_us", "BTC/USDT", "candles")  # disabled
    off = with_instruments(replace(instrument(), is_enabled=False))
    assert not is_collected(off, *BTC, "candles")


def test_a_configured_series_that_can_not_be_collected_leaves_the_others_alone():
    bad = instrument(symbol="BTC/USD:BTC")
    refused: list[Exception] = []
    found = chosen(with_instruments(instrument(), bad), LoadOptions(), refused)
    assert [choice.symbol for choice in found] == ["BTC/USD"]
    assert "BTC/USD:BTC: inverse contracts are not collected" in str(refused[0])
    told = targets_of(with_instruments(instrument(), bad))
    assert set(told.series) == {BTC}
    # nor has the seeds' chain an address
    assert set(told.refused) == {("kraken", "BTC/USD:BTC"), ("ethereum", "")}


def test_a_live_series_asks_for_its_own_feeds():
    choice = instrument(feeds=("candles", "trades"))
    source = ExchangeSource(SEEDS, live=[choice])
    feeds = ("candles", "trades")
    assert source.lock_keys() == [f"kraken BTC/USD {feed}" for feed in feeds]


@pytest.mark.parametrize(
    ("since", "feed", "minutes"),
    [
        ("-P30D", "candles", 300),
        ("-P30D", "trades", 5),
        ("-PT2H", "candles", 120),
        ("-PT2H", "trades", 5),
        ("-PT1M", "candles", 5),
        ("2999-01-01", "candles", 5),
    ],
)
def test_live_begins_a_request_before_now_and_no_earlier_than_wanted(
    since, feed, minutes
):
    found = live_since_ms(parse_since(since), FEEDS[feed], NOW_MS)
    assert found == NOW_MS - minutes * 60_000


@pytest.mark.parametrize(
    ("symbol", "pattern", "is_one"),
    [
        ("BTC/USD", "BTC/USD", True),
        ("BTC/USD", "*/USD", True),
        ("BTC/USDT", "*/USD", False),
        ("BTC/USDT", "*/USD*", True),
        ("BTC/USD", "BTC/*", True),
        ("ABA", "A*A", True),
        ("A", "A*A", False),
        ("BTC/USD", "*", True),
        ("B.C/USD", "B*D", True),
        ("BxC", "B.C", False),
        ("abcabc", "a*b*c", True),
        ("acb", "a*b*c", False),
    ],
)
def test_a_star_stands_for_anything_and_all_else_for_itself(symbol, pattern, is_one):
    assert is_meant(symbol, pattern) == is_one


def test_what_is_collected_is_told_apart_by_series_and_keys():
    told = targets_of(SEEDS, ["kraken"])
    assert set(told.series) == {BTC, ("kraken", "BTC/USDT")}
    assert targets_of(SEEDS, ["kraken"], ["exchange"]).series == told.series
    assert not targets_of(SEEDS, ["kraken"], ["evm"]).series
    keys = {Key(*BTC, "candles"), Key(*BTC, "trades")}
    assert told.live_keys([BTC]) == keys
    assert told.meant("kraken", "*/USDT") == [("kraken", "BTC/USDT")]
    assert {str(key) for key in keys} == {
        "kraken BTC/USD candles",
        "kraken BTC/USD trades",
    }


def test_only_what_changed_of_what_is_collected_is_loaded_at_once():
    before = targets_of(with_instruments(instrument(), instrument(symbol="ETH/USD")))
    after = targets_of(
        with_instruments(
            instrument(),
            instrument(symbol="ETH/USD", feeds=("candles", "trades")),
            instrument(symbol="XRP/USD"),
        )
    )
    changed = after.changed_since(before)
    assert changed == [("kraken", "ETH/USD"), ("kraken", "XRP/USD")]
    assert before.changed_since(after) == [("kraken", "ETH/USD")]


def test_cycles_begin_at_once_and_then_just_after_each_minute():
    at = [600.5]
    cycles = Cycles(60, 2, now_s=lambda: at[0])
    cycles.scopes({"binance": None, "kraken": None})
    assert cycles.due() == ["binance", "kraken"]
    assert cycles.due() == []
    at[0] = 601.9
    assert cycles.due() == []
    at[0] = 602.0
    assert cycles.due() == ["binance", "kraken"]
    at[0] = 650.0
    cycles.scopes({"kraken": None, "coinbase": None})  # one went, one came
    assert cycles.due() == ["coinbase"]
    at[0] = 1000.0  # cycles that were missed are not made good
    assert cycles.due() == ["kraken", "coinbase"]
    at[0] = 1022.0
    assert cycles.due() == ["kraken", "coinbase"]


def test_what_has_something_new_more_often_has_its_cycles_as_often():
    at = [600.5]
    cycles = Cycles(60, 2, now_s=lambda: at[0])
    cycles.scopes({"kraken": None, "ethereum": 12.0, "slow": 90.0})
    assert cycles.due() == ["kraken", "ethereum", "slow"]
    began = []
    for at[0] in range(601, 663):
        began += [(at[0], name) for name in cycles.due()]
    ethereum = [(second, "ethereum") for second in range(602, 663, 12)]
    others = [(s, name) for s in (602, 662) for name in ("kraken", "slow")]
    assert sorted(began) == sorted([*ethereum, *others])
    cycles.scopes({"ethereum": 1.0})  # its row of the configuration changed
    cycles.due()
    for at[0] in (664, 665, 666):
        assert cycles.due() == ["ethereum"]


def test_a_clock_that_is_set_back_does_not_stop_the_cycles():
    at = [100_000.0]
    cycles = Cycles(60, 2, now_s=lambda: at[0])
    cycles.scopes({"kraken": None})
    cycles.due()
    at[0] = 600.0
    cycles.due()
    at[0] = 662.0
    assert cycles.due() == ["kraken"]


def test_pauses_double_up_to_the_longest():
    pauses = Pauses(60, 3600)
    assert [pauses.after(n) for n in (1, 2, 3, 7, 100)] == [60, 120, 240, 3600, 3600]


def test_tasks_know_who_runs_and_tell_who_ended():
    ended: list[Key] = []
    tasks = RunningTasks(ended.append)
    a, b = (Key("kraken", "BTC/USD", feed) for feed in ("candles", "trades"))
    with tasks.one(a), tasks.one(a):
        with tasks.one(b):
            assert tasks.keys() == {a, b}
        assert tasks.keys() == {a}
    assert tasks.keys() == set()
    assert ended == [b, a, a]


def test_nobody_waits_by_the_clock_once_the_end_is_asked_for():
    tasks = RunningTasks()
    clock = EndingClock(tasks.ending)
    clock.sleep(0)
    tasks.ending.set()
    with pytest.raises(EndedError):
        clock.sleep(3600)


class Turned:
    """A configuration that a test turns."""

    def __init__(self):
        self.current = configured(attempts=1).current

    def turn(self, **thresholds):
        turned = replace(self.current.thresholds, **thresholds)
        self.current = replace(self.current, thresholds=turned)


def test_timeout_attempts_and_address_hold_from_the_next_request_on(monkeypatch):
    replies = [Reply(klines(kline(NOW_MS)))]
    with venue_server(lambda path, params: replies[-1]) as server:
        monkeypatch.setenv("BULLION_BINANCE_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("BULLION_KRAKEN_URL", server.url)
        settings.cache_clear()
        known = Turned()
        journal: list[dict[str, object]] = []
        client = VenueClient(VENUES["binance"], FakeBudget(), FakeClock(), known)
        known.turn(request_timeout_seconds=7)
        moved = EndpointChoice("binance", "BULLION_KRAKEN_URL", is_enabled=True)
        known.current = replace(known.current, endpoints={"binance": moved})
        answer = client.call(client.spec.route("candles"), PARAMS, journal)
        assert answer.origin.startswith(server.url)
        assert client.exchange.timeout == 7000
        replies.append(Reply("", status=500))
        known.turn(attempts=3)
        with pytest.raises(Exception, match=r"attempt 3 of 3"):
            client.call(client.spec.route("candles"), PARAMS, journal)
        settings.cache_clear()
    assert len(journal) == 1 + 3


def test_the_venues_clock_goes_on_between_its_answers(monkeypatch):
    with venue_server(lambda path, params: Reply(klines(kline(NOW_MS)))) as server:
        monkeypatch.setenv("BULLION_BINANCE_URL", server.url)
        settings.cache_clear()
        clock = FakeClock()
        client = VenueClient(VENUES["binance"], FakeBudget(), clock, configured())
        client.call(client.spec.route("candles"), PARAMS, [])
        clock.sleep(90)
        assert client.venue_now_ms([]) == NOW_MS + 90_000
        assert len(server.asked) == 1
        settings.cache_clear()
