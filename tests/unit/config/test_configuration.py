"""The operator's choices are read whole, or every wrong cell is named."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.config.model import Since, Thresholds, parse_since
from pipelines.config.rows import configuration
from pipelines.errors import SetupError
from pipelines.settings import PROJECT_DIR
from pipelines.sources.exchange.choices import chosen
from pipelines.sources.exchange.venues import DERIVATIVES, VENUES
from pipelines.upstream.options import LoadOptions

SEEDS = PROJECT_DIR / "seeds"


@pytest.fixture
def seeds(tmp_path):
    for path in SEEDS.glob("config_*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_the_seeds_are_right_and_name_declared_venues():
    known = configuration(SEEDS)
    assert set(known.exchanges) == set(VENUES)
    assert {c.exchange_id for c in known.instruments} == set(VENUES)
    assert known.thresholds.reread_candles > 0


def test_a_threshold_without_a_row_is_as_in_the_seeds():
    assert configuration(SEEDS).thresholds == Thresholds()


def test_the_seeds_name_endpoints_of_chains_of_which_ethereum_alone_is_on():
    known = configuration(SEEDS)
    assert [c.chain for c in known.chains.values() if c.is_enabled] == ["ethereum"]
    assert {e.chain for e in known.chain_endpoints} <= known.chains.keys()
    assert known.chains["ethereum"].finality is None
    assert known.chains["arbitrum"].block_time_s == 0.25


def test_every_wrong_cell_is_named_at_once(seeds):
    (seeds / "config_exchanges.csv").write_text(
        "exchange_id,is_enabled,budget_share\nkraken,perhaps,0.9\nbinance,true,2\n"
    )
    (seeds / "config_instruments.csv").write_text(
        "exchange_id,symbol,since,priority,is_enabled\nnone,BTC/USD,yesterday,now,true\n"
    )
    (seeds / "config_thresholds.csv").write_text(
        "threshold,amount,meaning\nreread_candles,-1,x\n"
    )
    (seeds / "config_chains.csv").write_text(
        "chain,chain_id,is_enabled,block_time_s,finality,since_block,proof_level,"
        "budget_share\na,1,true,-1,soon,now,some,0.5\n"
    )
    with pytest.raises(SetupError) as error:
        configuration(seeds)
    for said in (
        "config_chains.csv line 2, block_time_s: -1 is negative",
        "config_chains.csv line 2, finality: 'soon' is not a whole number",
        "config_chains.csv line 2, since_block: 'now' is not a whole number",
        "config_chains.csv line 2, proof_level: 'some' is none of standard, full",
        "config_exchanges.csv line 2, is_enabled: 'perhaps'",
        "config_exchanges.csv line 3, budget_share: 2",
        "config_instruments.csv line 2, since: 'yesterday'",
        "config_instruments.csv line 2, priority: 'now'",
        "config_thresholds.csv line 2, amount: '-1'",
    ):
        assert said in str(error.value)


def test_a_feed_that_is_not_known_is_named(seeds):
    path = seeds / "config_instruments.csv"
    path.write_text(path.read_text() + "kraken,ETH/USD,-P1D,live,true,trades books\n")
    with pytest.raises(
        SetupError, match="feeds: 'books' is no feed; there are candles, trades"
    ):
        chosen(configuration(seeds), LoadOptions())


def test_candles_are_collected_where_no_feed_is_named(seeds):
    path = seeds / "config_instruments.csv"
    path.write_text(
        "exchange_id,symbol,since,priority,is_enabled,feeds\n"
        "kraken,BTC/USD,-P1D,live,true,\n"
        "kraken,ETH/USD,-P1D,live,true,trades candles\n"
        "kraken,SOL/USD,-P1D,live,true,trades\n"
    )
    found = [choice.feeds for choice in configuration(seeds).instruments]
    assert found == [("candles",), ("candles", "trades"), ("trades",)]
    header, *rows = path.read_text().splitlines()
    path.write_text(f"{header.removesuffix(',feeds')}\n{rows[0].removesuffix(',')}\n")
    assert configuration(seeds).instruments[0].feeds == ("candles",)


def test_a_series_named_twice_is_wrong(seeds):
    path = seeds / "config_instruments.csv"
    path.write_text(path.read_text() + "kraken,BTC/USD,-P1D,live,true\n")
    with pytest.raises(SetupError, match="names kraken BTC/USD twice"):
        configuration(seeds)


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("2024-01-31T00:00Z", Since(at=datetime(2024, 1, 31, tzinfo=UTC))),
        ("2024-01-31", Since(at=datetime(2024, 1, 31, tzinfo=UTC))),
        ("2024-01-31T02:00+02:00", Since(at=datetime(2024, 1, 31, tzinfo=UTC))),
        ("-P1D", Since(before_now=timedelta(days=1))),
        ("-P1WT2H30M", Since(before_now=timedelta(weeks=1, hours=2, minutes=30))),
    ],
)
def test_since_is_a_time_or_a_duration_before_the_venues_now(text, since):
    assert parse_since(text) == since


@pytest.mark.parametrize("text", ["", "-P", "-PT", "-P1X", "P1D", "soon"])
def test_another_since_is_refused(text):
    with pytest.raises(ValueError, match="is not"):
        parse_since(text)


def test_a_number_below_0_is_so_many_before_the_end_of_the_axis():
    assert [Since(number=n).from_number(1_000) for n in (7, -7, -2_000)] == [7, 993, 0]


def test_a_minute_that_began_before_since_is_not_in_it():
    assert Since(at=datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC)).from_ms(0) % 60_000 == 0
    assert Since(before_now=timedelta(minutes=1)).from_ms(90_000) == 60_000


def test_named_exchanges_and_symbols_are_all_combined():
    options = LoadOptions.parse(
        ["kraken", "binance_us"], ["BTC/USD"], "2024-01-01", None
    )
    found = [(c.exchange_id, c.symbol) for c in chosen(configuration(SEEDS), options)]
    assert found == [("kraken", "BTC/USD"), ("binance_us", "BTC/USD")]


def test_a_named_symbol_has_candles_unless_a_feed_is_named():
    known = configuration(SEEDS)

    def feeds(*arguments, **named):
        return [c.feeds for c in chosen(known, LoadOptions.parse(*arguments, **named))]

    assert feeds(["kraken"], ["BTC/USD"]) == [("candles",)]
    assert feeds(["kraken"], ["BTC/USD"], feeds=["trades"]) == [("trades",)]
    assert feeds(["kraken"]) == [("candles", "trades"), ("candles",)]


def test_the_demo_collects_trades_on_each_kind_of_cursor():
    collected = {
        choice.exchange_id
        for choice in configuration(SEEDS).instruments
        if choice.is_enabled and "trades" in choice.feeds
    }
    assert {"binance", "coinbase", "kraken"} <= collected


def test_without_names_what_is_enabled_is_loaded():
    found = {c.exchange_id for c in chosen(configuration(SEEDS), LoadOptions())}
    assert found == {"binance", "coinbase", "kraken"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((["krakn"], None, None, None), "unknown exchange krakn; known: binance"),
        ((None, ["NO/PE"], None, None), "no enabled exchange has NO/PE"),
        ((None, None, "tomorrow", None), "'tomorrow' is not an ISO 8601 time"),
        ((None, None, "2024-01-02", "2024-01-01"), "is not after"),
    ],
)
def test_options_that_can_not_be_are_refused(arguments, said):
    with pytest.raises(SetupError, match=said):
        chosen(configuration(SEEDS), LoadOptions.parse(*arguments))


def test_a_feed_that_is_asked_for_and_not_known_is_refused():
    with pytest.raises(SetupError, match="--feed: 'books' is no feed"):
        chosen(configuration(SEEDS), LoadOptions.parse(feeds=["books"]))


SPECS = {spec.budget_id: spec for spec in (*VENUES.values(), *DERIVATIVES.values())}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_no_window_of_a_venue_can_hold_more_than_its_limit(spec):
    for limit in spec.limits.values():
        most = limit.capacity(1.0) + limit.per_second(1.0) * limit.window_s
        assert most <= limit.weight + 1e-9


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_route_counts_against_a_limit_of_its_venue(spec):
    routes = (spec.clock, spec.listing, *spec.routes.values())
    assert {route.limit for route in routes} == set(spec.limits)
    assert {name for route in routes for name in route.weights} == {*spec.shared_limits}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("kraken,ETH/USD,-P1D,live,true,candles,7m", "'7m' is no timeframe"),
        ("kraken,*/USD,-P1D,live,true,candles,1m", "'*/USD' is a pattern"),
    ],
)
def test_what_only_the_tables_can_hold_is_refused_of_a_file(seeds, row, sentence):
    path = seeds / "config_instruments.csv"
    path.write_text(f"{path.read_text()}{row}\n")
    with pytest.raises(SetupError) as refused:
        configuration(seeds)
    assert sentence in str(refused.value)


def test_a_file_without_the_later_columns_is_read_as_before(seeds):
    (seeds / "config_exchanges.csv").write_text(
        "exchange_id,is_enabled,budget_share\n"
        + "".join(f"{exchange_id},true,0.9\n" for exchange_id in VENUES)
    )
    (seeds / "config_endpoints.csv").unlink()
    known = configuration(seeds)
    assert known.exchanges["kraken"].market_types == ("spot",)
    assert known.endpoints == {}
