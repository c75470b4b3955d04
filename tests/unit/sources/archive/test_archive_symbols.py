"""Which symbols the archive files, and what their first and last file cover."""

from datetime import UTC, datetime

import pytest

from pipelines.config.rows import configuration
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.archive.host import ArchiveHost
from pipelines.sources.archive.source import ArchiveSource
from pipelines.sources.archive.symbols import SymbolWalk
from pipelines.upstream.options import LoadOptions
from tests.fakes.archive_server import archive_server

GONE = "data/spot/{}/klines/MATICUSDT/1m/MATICUSDT-1m-{}.zip"
FILES = (
    GONE.format("monthly", "2019-04"),
    GONE.format("monthly", "2024-08"),
    GONE.format("monthly", "2024-09"),
    GONE.format("daily", "2019-04-26"),
    GONE.format("daily", "2019-04-27"),
    GONE.format("daily", "2019-05-01"),
    GONE.format("daily", "2024-09-09"),
    GONE.format("daily", "2024-09-10"),
    # months alone, one of them; no months yet; no candles of a minute
    "data/futures/um/monthly/klines/BTCUSDT_240628/1m/BTCUSDT_240628-1m-2024-02.zip",
    "data/futures/cm/daily/klines/BTCUSD_PERP/1m/BTCUSD_PERP-1m-2024-06-13.zip",
    "data/futures/cm/daily/klines/BTCUSD_PERP/1m/BTCUSD_PERP-1m-2024-06-14.zip",
    "data/futures/cm/daily/klines/BTCUSD_PERP/1m/BTCUSD_PERP-1m-2024-06-31.zip",
    "data/spot/daily/klines/ETHUSDT/1h/ETHUSDT-1h-2024-06-14.zip",
)
ALL = [
    ("spot", "MATICUSDT", "2019-04-26", "2024-09-11"),
    ("um", "BTCUSDT_240628", "2024-02-01", "2024-03-01"),
    ("cm", "BTCUSD_PERP", "2024-06-13", "2024-06-15"),
]


@pytest.fixture
def server(tmp_path, monkeypatch):
    with archive_server() as found:
        monkeypatch.setenv("BULLION_ARCHIVE_URL", found.url)
        monkeypatch.setenv("BULLION_DATA_DIR", str(tmp_path))
        settings.cache_clear()
        for path in FILES:
            found.put(path, b"zip")
        yield found
    settings.cache_clear()


def day(stamp_ms):
    return datetime.fromtimestamp(stamp_ms / 1000, UTC).strftime("%Y-%m-%d")


def walked(*named):
    failures: list[Exception] = []
    walk = SymbolWalk(ArchiveHost(attempts=1), named, failures)
    rows = [row for rows in walk.rows() for row in rows.frame.to_dicts()]
    found = [
        (
            r["market"],
            r["venue_symbol"],
            day(r["first_from_ms"]),
            day(r["last_until_ms"]),
        )
        for r in rows
        if "first_from_ms" in r
    ]
    asked = [r for r in rows if r.get("endpoint") == "listing"]
    return found, len(asked), failures


@pytest.mark.parametrize("page_size", [1000, 2])
def test_of_each_symbol_the_first_and_the_last_file_are_told(server, page_size):
    server.page_size = page_size
    found, asked_count, failures = walked()
    assert found == ALL
    assert failures == []
    assert asked_count == len(server.asked)


def test_of_a_named_symbol_three_things_are_asked(server):
    found, asked_count, _ = walked("MATIC/USDT")
    assert found == ALL[:1]
    assert asked_count == 3
    assert walked("NEW/USDT")[0] == []


def test_a_symbol_that_the_host_does_not_tell_of_leaves_the_others(server):
    server.fault = lambda asked: (403, {}) if "BTCUSDT_240628/" in asked else None
    found, _, failures = walked()
    assert found == [ALL[0], ALL[2]]
    assert len(failures) == 1
    assert "BTCUSDT_240628" in str(failures[0])


def test_symbols_are_asked_for_beside_files_or_alone(server):
    known = configuration(PROJECT_DIR / "seeds")
    alone = ArchiveSource(known, LoadOptions.parse(feeds=["symbols"]))
    assert [one.name for one in alone.resources()] == ["symbols"]
    assert alone.lock_keys() == ["binance symbols"]
    beside = LoadOptions.parse([], ["BTC/USDT"], feeds=["symbols", "klines"])
    keys = ArchiveSource(known, beside).lock_keys()
    assert keys == ["binance BTC/USDT klines", "binance symbols"]
