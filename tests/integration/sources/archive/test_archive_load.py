"""Files of the archive into a real Postgres: exact, once, named where refused."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from pipelines import warehouse
from pipelines.cli.main import app
from pipelines.config.rows import configuration
from pipelines.errors import BadDataError, UpstreamError
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.archive.source import ArchiveSource, listed
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.fakes.archive_server import PUBLISHED, archive_server, csv, zipped

DAY = "data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2023-03-11.zip"
NEXT_DAY = "data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2023-03-12.zip"
SPAN = ("2023-03-11", "2023-03-12")
LAST = 1_711_756_800_000  # 2024-03-30, the last day of USD-M's best bids and asks


def unzipped(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(archive.namelist()[0])


def candles(first_ms, count):
    """Quiet candles from `first_ms` on."""
    return csv(
        [
            f"{at},1.5,2.0,1.0,1.5,3.25,{at + 59_999},5.0,7,1.0,2.0,0"
            for at in range(first_ms, first_ms + count * 60_000, 60_000)
        ]
    )


@pytest.fixture
def host(seeded, monkeypatch):
    with archive_server() as server:
        monkeypatch.setenv("BULLION_ARCHIVE_URL", server.url)
        settings.cache_clear()
        yield server


def source(*, symbol="BTC/USDT", feeds=None, span=SPAN, verify=False):
    options = LoadOptions.parse(["binance"], [symbol], *span, feeds=feeds, again=verify)
    return ArchiveSource(configuration(PROJECT_DIR / "seeds"), options)


def run(**asked):
    made = source(**asked)
    facts = load(made)
    return made, facts


def warehouse_has(table):
    with warehouse.connect("loader", "test") as connection:
        return warehouse.has_table(connection, table) and bool(
            rows(f"select from {table}")
        )


def rows(statement):
    with warehouse.connect(None, "test") as connection:
        return connection.execute(statement).fetchall()


@pytest.fixture
def recorded_day(recorded):
    folder = recorded / "archive"
    return (folder / "BTCUSDT-1m-2023-03-11.zip").read_bytes()


def test_the_recorded_day_is_loaded_value_for_value(host, recorded_day):
    host.put(DAY, recorded_day)

    made, facts = run()

    assert made.failures == []
    expected = [
        (number, *map(Decimal, line.split(",")[:-1]), None)
        for number, line in enumerate(unzipped(recorded_day).decode().split(), 1)
    ]
    assert len(expected) == 1440
    assert expected == rows(
        "select line_number, opened_at_ms, open, high, low, close, base_volume,"
        " closed_at_ms, quote_volume, trades_count, taker_buy_base, taker_buy_quote,"
        " contracts from bronze_archive.klines order by opened_at_ms"
    )
    assert rows(
        "select status, rows_count, refused_count, stamp_unit, has_header, path,"
        " market, period, published_at_ms, bytes_count from bronze_archive.files"
    ) == [
        (
            *("loaded", 1440, 0, "ms", False, DAY, "spot", "daily"),
            int(PUBLISHED.timestamp() * 1000),
            len(recorded_day),
        )
    ]
    assert facts.requests_count == len(host.asked)
    assert not list((settings().data_dir / "archive").rglob("*.zip"))


def test_what_a_symbols_files_cover_is_loaded_without_the_files(host, recorded_day):
    host.put(DAY, recorded_day)
    host.put(NEXT_DAY, recorded_day)

    run(symbol="BTC/USDT", feeds=["symbols"])

    known = "market, venue_symbol, feed, last_until_ms - first_from_ms"
    assert rows(f"select {known} from bronze_archive.symbols") == [
        ("spot", "BTCUSDT", "klines", 2 * 86_400_000)
    ]
    assert host.downloads == []
    asked = "select count(*) from bronze_archive.requests where endpoint = 'listing'"
    assert rows(asked) == [(len(host.asked),)]


def test_a_changed_byte_is_refused_with_the_files_name_and_the_others_go_on(
    host, recorded_day
):
    broken = bytearray(recorded_day)
    broken[1000] ^= 1
    sha256 = hashlib.sha256(recorded_day).hexdigest()
    host.put(DAY, bytes(broken), sha256=sha256)
    host.put_csv(NEXT_DAY, candles(1678579200000, 1440))

    made, _ = run(span=("2023-03-11", "2023-03-13"))

    (failure,) = made.failures
    assert isinstance(failure, BadDataError)
    assert str(failure).startswith(f"{DAY} has sha256 ")
    assert rows(
        "select path, status, rows_count from bronze_archive.files order by path"
    ) == [(DAY, "refused", 0), (NEXT_DAY, "loaded", 1440)]
    assert rows("select count(*) from bronze_archive.klines") == [(1440,)]
    ((reason, found),) = rows(
        "select reason, sha256 from bronze_archive.files where status = 'refused'"
    )
    assert reason.startswith("BTCUSDT-1m-2023-03-11.zip has sha256")
    assert found == hashlib.sha256(broken).hexdigest()


def test_a_refused_version_is_tried_again_when_it_changed_or_is_to_be_verified(
    host, recorded_day
):
    host.put(DAY, recorded_day, sha256="0" * 64)
    run()
    asked = len(host.downloads)

    run()
    assert len(host.downloads) == asked

    run(verify=True)
    assert len(host.downloads) > asked
    host.put(DAY, recorded_day, published=PUBLISHED + timedelta(days=1))
    made, _ = run()

    assert made.failures == []
    assert rows("select count(*) from bronze_archive.klines") == [(1440,)]


def test_a_file_that_was_published_anew_is_loaded_beside_the_old_one(
    host, recorded_day
):
    host.put(DAY, recorded_day)
    run()
    changed = unzipped(recorded_day).replace(b"20155.58000000", b"20155.59000000", 1)
    host.put_csv(DAY, changed, published=PUBLISHED + timedelta(days=1))

    _, facts = run()

    assert facts.rows_count > 1440
    assert rows(
        "select k.open::text, count(*) over () from bronze_archive.klines as k"
        " inner join bronze_archive.files as f on k.file_id = f.file_id"
        " where k.line_number = 1 order by f.published_at_ms"
    ) == [("20155.580000000000000000", 2), ("20155.590000000000000000", 2)]
    assert rows(
        "select count(distinct file_id), count(distinct sha256)"
        " from bronze_archive.files where status = 'loaded'"
    ) == [(2, 2)]


def test_what_is_loaded_is_not_downloaded_again(host, recorded_day):
    host.put(DAY, recorded_day)
    run()
    asked = len(host.downloads)

    made, facts = run()

    assert len(host.downloads) == asked
    assert made.failures == []
    assert facts.rows_count == facts.requests_count
    assert rows("select count(*) from bronze_archive.files") == [(1,)]


def test_verifying_reads_the_checksum_and_loads_what_no_longer_fits_it(
    host, recorded_day
):
    host.put(DAY, recorded_day)
    run()
    asked = len(host.downloads)

    run(verify=True)
    assert len(host.downloads) == asked

    changed = unzipped(recorded_day).replace(b"20155.58000000", b"20155.59000000", 1)
    again = zipped("BTCUSDT-1m-2023-03-11.csv", changed)
    host.put(DAY, again)
    run(verify=True)
    assert rows("select count(*) from bronze_archive.klines") == [(2880,)]


@pytest.mark.parametrize(
    ("symbol", "alike"),
    [
        ("btc/usdt", "BTC/USDT"),
        ("BTC/USDTT", "BTC/USDT"),
        ("BTC/USDT:USDT-230332", "BTC/USDT:USDT-230331"),
        ("BTC/USD:BTC-230332", "BTC/USD:BTC"),
        ("QQQQQQ/XYZ", None),
    ],
)
def test_a_symbol_that_the_archive_does_not_have_is_refused_with_what_is_alike(
    host, recorded_day, symbol, alike
):
    host.put(DAY, recorded_day)
    for folder, name in (("um", "BTCUSDT_230331"), ("cm", "BTCUSD_PERP")):
        path = f"data/futures/{folder}/daily/klines/{name}/1m/{name}-1m-2023-03-11.zip"
        host.put(path, b"")
    end = f"; alike: {alike}" if alike else ""
    with pytest.raises(BadDataError, match=f"no klines of {symbol}{end}$"):
        run(symbol=symbol)
    assert not warehouse_has("bronze_archive.files")
    words = ["load", "archive", "--symbol", symbol, "--since", "2023-03-11"]
    ended = CliRunner().invoke(app, [*words, "--until", "2023-03-12"])
    assert ended.exit_code == 65
    assert f"no klines of {symbol}{end}" in " ".join(ended.stderr.split())


def test_a_day_that_a_months_file_lacks_is_taken_from_its_own_file(host):
    month, day_ms = 1675209600000, 86_400_000
    folder = "data/spot/{0}/klines/BTCUSDT/1m/BTCUSDT-1m-{1}.zip"
    kept = b"".join(
        candles(month + day * day_ms, 1440 - 60 * (day == 20))
        for day in range(28)
        if day not in (6, 12)
    )
    host.put_csv(folder.format("monthly", "2023-02"), kept)
    for day, count in ((6, 1440), (7, 1440), (20, 1440)):
        path = folder.format("daily", f"2023-02-{day + 1:02}")
        host.put_csv(path, candles(month + day * day_ms, count))
    for _ in range(2):
        made, _ = run(span=("2023-02-01", "2023-03-01"))
        assert made.failures == []
    assert [path.rsplit("-", 3)[1:] for path in host.downloads] == [
        ["1m", "2023", "02.zip"],
        ["2023", "02", "07.zip"],
        ["2023", "02", "21.zip"],
    ]
    assert rows(
        "select count(distinct opened_at_ms), count(*) from bronze_archive.klines"
    ) == [(27 * 1440, 25 * 1440 + 1380 + 2 * 1440)]


def test_a_day_that_the_host_lacks_is_missing_once(host, recorded_day):
    host.put(DAY, recorded_day)

    for _ in range(2):
        made, _ = run(span=("2023-03-11", "2023-03-13"))
        assert made.failures == []

    assert rows(
        "select path, covers_from_ms, covers_until_ms, bytes_count"
        " from bronze_archive.files where status = 'missing'"
    ) == [(NEXT_DAY, 1678579200000, 1678665600000, None)]


def test_a_broken_row_goes_to_quarantine_with_its_line_and_the_rest_is_loaded(host):
    lines = candles(1678492800000, 1440).decode().splitlines()
    lines[4] = lines[4].replace(",2.0,", ",2.0x,", 1)
    lines[7] += ",one too many"
    lines[9] = lines[9].replace(",1.0,", ",9.0,", 1)
    host.put_csv(DAY, csv(lines))

    made, _ = run()

    assert made.failures == []
    assert rows("select rows_count, refused_count from bronze_archive.files") == [
        (1437, 3)
    ]
    found = rows(
        "select line_number, reason, raw, path, table_name"
        " from bronze_archive.quarantine order by line_number"
    )
    assert [(line, raw) for line, _, raw, *_ in found] == [
        (n, lines[n - 1]) for n in (5, 8, 10)
    ]
    assert [reason for _, reason, *_ in found] == [
        "BTCUSDT-1m-2023-03-11.zip line 5 has high '2.0x', not a number",
        "BTCUSDT-1m-2023-03-11.zip line 8 has 13 columns, not 12",
        "BTCUSDT-1m-2023-03-11.zip line 10 has high 2.0 < low 9.0",
    ]
    assert {(path, table) for *_, path, table in found} == {(DAY, "klines")}


def test_an_outage_of_the_host_says_so_and_the_next_load_goes_on(host, recorded_day):
    host.put(DAY, recorded_day)
    host.fault = lambda path: (500, {}) if path.endswith(".zip") else None
    made, _ = run()
    assert isinstance(made.failures[0], UpstreamError)
    assert rows("select count(*) from bronze_archive.files") == [(0,)]

    host.fault = lambda path: None
    made, _ = run()
    assert made.failures == []
    assert rows("select count(*) from bronze_archive.klines") == [(1440,)]


def test_every_feed_of_every_market_stands_in_its_table(host):
    stamp = 1717200000000
    month = "2024-06-01"
    um, cm = "data/futures/um/daily", "data/futures/cm/daily"
    host.put_csv(
        f"{um}/aggTrades/BTCUSDT/BTCUSDT-aggTrades-{month}.zip",
        csv(
            [f"7,67000.1,0.5,100,102,{stamp},true"],
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,"
            "transact_time,is_buyer_maker",
        ),
    )
    host.put_csv(
        f"{cm}/trades/BTCUSD_PERP/BTCUSD_PERP-trades-{month}.zip",
        csv([f"28457,9635.0,1,0.01037883,{stamp + 5},false"]),
    )
    host.put_csv(
        "data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-05.zip",
        csv(
            ["1714521600007,8,-0.00012", "1714550400000,8,1e-05"],
            "calc_time,funding_interval_hours,last_funding_rate",
        ),
    )
    host.put_csv(
        f"{um}/metrics/BTCUSDT/BTCUSDT-metrics-{month}.zip",
        csv(
            [
                "2024-06-02 00:00:00,BTCUSDT,90.5,6000000,1.5,1.25,2,",
                "2024-06-01 00:05:00,BTCUSDT,90.5,6000000,1.5,1.25,2,",
            ],
            "create_time,symbol,sum_open_interest,sum_open_interest_value,"
            "count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,"
            "count_long_short_ratio,sum_taker_long_short_vol_ratio",
        ),
    )
    host.put_csv(
        f"{cm}/bookDepth/BTCUSD_PERP/BTCUSD_PERP-bookDepth-{month}.zip",
        csv(
            [f"{month} 00:00:08,-5.00,900,1.5", f"{month} 00:00:08,0.20,70,0.1"],
            "timestamp,percentage,depth,notional",
        ),
    )
    host.put_csv(
        f"{um}/bookTicker/BTCUSDT/BTCUSDT-bookTicker-2024-03-30.zip",
        csv([f"42,67000.1,1,67000.2,0,{LAST + 2},{LAST + 8}"]),
    )
    option = "data/option/daily"
    host.put_csv(
        f"{option}/BVOLIndex/BTCBVOLUSDT/BTCBVOLUSDT-BVOLIndex-{month}.zip",
        csv([f"{stamp + 1},BTCBVOLUSDT,BTCBVOL,USDT,37.2172"]),
    )
    host.put_csv(
        f"{option}/EOHSummary/BTCUSDT/BTCUSDT-EOHSummary-2023-10-23.zip",
        csv(
            [
                (
                    "2023-10-23,23,BTC-231027-33000-C,BTCUSDT,C,231027-33000,1,1,1,1,0.5,"
                    "0.5,,1,0E-8,2,,0.62,1,0.605,0.5,0.001,20,-5,10,5"
                )
            ]
        ),
    )
    day = ("2024-06-01", "2024-06-02")
    run(symbol="BTC/USD:BTC", feeds=["book_depth"], span=day)
    run(feeds=["volatility_index"], span=day)
    run(
        symbol="BTC/USDT:USDT",
        feeds=["book_tickers"],
        span=("2024-03-30", "2024-05-01"),
    )
    run(feeds=["option_summaries"], span=("2023-10-23", "2024-06-01"))
    run(symbol="BTC/USDT:USDT", feeds=["metrics"], span=day)
    run(symbol="BTC/USDT:USDT", feeds=["agg_trades"], span=day)
    run(symbol="BTC/USD:BTC", feeds=["trades"], span=day)
    run(
        symbol="BTC/USDT:USDT",
        feeds=["funding_rates"],
        span=("2024-05-01", "2024-06-01"),
    )

    assert rows(
        "select symbol, agg_trade_id, first_trade_id, last_trade_id, price::float,"
        " base_amount::float, contracts, traded_at_ns, is_buyer_maker, line_number"
        " from bronze_archive.agg_trades"
    ) == [("BTC/USDT:USDT", 7, 100, 102, 67000.1, 0.5, None, stamp * 10**6, True, 2)]
    assert rows(
        "select symbol, trade_id, price::float, base_amount::text, quote_amount,"
        " contracts::float, traded_at_ns, is_buyer_maker from bronze_archive.trades"
    ) == [
        (
            *("BTC/USD:BTC", 28457, 9635.0, "0.010378830000000000", None, 1.0),
            *((stamp + 5) * 10**6, False),
        )
    ]
    assert rows(
        "select settled_at_ms, interval_hours, trim_scale(funding_rate)::text"
        " from bronze_archive.funding_rates order by 1"
    ) == [(1714521600007, 8, "-0.00012"), (1714550400000, 8, "0.00001")]
    assert rows(
        "select observed_at_ms, base_open_interest::float, taker_ratio"
        " from bronze_archive.metrics order by 1"
    ) == [(stamp + 300_000, 90.5, None), (stamp + 86_400_000, 90.5, None)]
    assert rows(
        "select symbol, snapshot_at_ms, band_pct::float, contracts_depth::float,"
        " base_depth::float, quote_depth from bronze_archive.book_depth order by 3"
    ) == [
        ("BTC/USD:BTC", stamp + 8000, -5.0, 900.0, 1.5, None),
        ("BTC/USD:BTC", stamp + 8000, 0.2, 70.0, 0.1, None),
    ]
    assert rows(
        "select update_id, changed_at_ms, quoted_at_ms, bid::float, ask_amount::float"
        " from bronze_archive.book_tickers"
    ) == [("42", LAST + 2, LAST + 8, 67000.1, 0.0)]
    assert rows(
        "select symbol, calculated_at_ms, index_value::float"
        " from bronze_archive.volatility_index"
    ) == [("BTC/USDT", stamp + 1, 37.2172)]
    assert rows(
        "select symbol, hour_at_ms, option_name, bid, bid_amount::float, mark_iv::float"
        " from bronze_archive.option_summaries"
    ) == [
        (
            *("BTC/USDT:USDT-231027-33000-C", 1698102000000, "BTC-231027-33000-C"),
            *(None, 0.0, 0.605),
        )
    ]
    # of what has ended nothing later is missing, nor was it asked for
    assert rows(
        "select count(*) from bronze_archive.files where status = 'missing'"
    ) == [(0,)]
    assert not [path for path in host.asked if "bookTicker-2024-04" in path]


def test_the_files_of_a_span_are_listed_for_a_plan(host, recorded_day):
    host.put(DAY, recorded_day)
    options = LoadOptions.parse(["binance"], ["BTC/USDT"], *SPAN)

    (found,) = listed(configuration(PROJECT_DIR / "seeds"), options)

    assert (found.path, found.covers) == (DAY, (1678492800000, 1678579200000))
    assert found.bytes_count == len(recorded_day)
    exactly = ArchiveSource(configuration(PROJECT_DIR / "seeds"), files=[found])
    facts = load(exactly)
    assert facts is not None
    assert facts.rows_count == 1440 + 1 + 2  # its row of files, two requests
    assert load(exactly) is None


def test_the_command_loads_names_what_it_refuses_and_ends_so(host, recorded_day):
    host.put(DAY, recorded_day)
    words = ["load", "archive", "--symbol", "BTC/USDT", "--since", SPAN[0], "--json"]
    told = CliRunner().invoke(app, [*words, "--until", SPAN[1]])
    assert told.exit_code == 0, told.output
    # the first of them was whether a simulation stands there
    asked_count = len(host.asked[1:])
    assert json.loads(told.stdout)[0]["rows_count"] == 1440 + 1 + asked_count

    host.put(NEXT_DAY, b"<html>")
    told = CliRunner().invoke(app, [*words, "--until", "2023-03-13"])
    assert told.exit_code == BadDataError.exit_code
    assert f"{NEXT_DAY} is a broken zip" in json.loads(told.stderr)["failed"]
