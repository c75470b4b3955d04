"""Killed at any moment, a load of files goes on: each row once, each file once."""

import random
import time
from itertools import islice

import pytest

from pipelines import warehouse
from pipelines.config.rows import configuration
from pipelines.settings import settings
from pipelines.sources.archive.source import ArchiveSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.fakes.archive_server import archive_server, csv
from tests.services.forks import forks
from tests.soak import moments, times

KILLS = times(10, 4)  # of a load that was under way
MOST_TRIES = 40
DAYS = times(16, 8)
ROWS = 1440
DAY_MS = 86_400_000
START_MS = 1678406400000  # 2023-03-10
FOLDER = "data/spot/daily/klines/BTCUSDT/1m"
SPAN = ("2023-03-10", f"2023-03-{10 + DAYS}")
FINISHED = "_dlt_load_id in (select load_id from bronze_archive._dlt_loads)"


@pytest.fixture
def host(seeded, monkeypatch):
    with archive_server() as server:
        monkeypatch.setenv("BULLION_ARCHIVE_URL", server.url)
        settings.cache_clear()
        yield server


@pytest.fixture
def loads(host):
    with forks("tests.integration.sources.archive.test_archive_kills:work") as started:
        yield started


def publish(host, days):
    for day in days:
        first = START_MS + day * DAY_MS
        rows = [
            f"{at},1.5,2.0,1.0,1.5,3.25,{at + 59_999},5.0,{n},1.0,2.0,0"
            for n, at in enumerate(range(first, first + DAY_MS, 60_000))
        ]
        host.put_csv(f"{FOLDER}/BTCUSDT-1m-2023-03-{10 + day}.zip", csv(rows))


def work():
    def run():
        options = LoadOptions.parse(["binance"], ["BTC/USDT"], *SPAN)
        source = ArchiveSource(configuration(), options)
        load(source, wait_s=600)
        assert not source.failures, source.failures

    return run


def rows(statement):
    with warehouse.connect(None, "test") as connection:
        return connection.execute(statement).fetchall()


def verified():
    """The zips that lie in the working folder: their checksums held."""
    return {path.name for path in (settings().data_dir / "archive").rglob("*.zip")}


def killed(host, loads, pause_s):
    """Whether a load was killed while it ran, some time after its first request."""
    before = len(host.asked)
    loading = loads.start()
    while len(host.asked) == before and loading.poll() is None:
        time.sleep(0.01)
    time.sleep(pause_s)
    return loading.kill()


@pytest.mark.slow
def test_a_load_killed_at_random_times_brings_every_row_once(host, loads):
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    # the host answers slowly now and then, so that kills fall into downloads as well
    host.fault = lambda path: time.sleep(chance.uniform(0, 0.3))
    fetched_again, kills, published = [], 0, 0
    for pause_s in islice(moments(chance, 2.5, KILLS), MOST_TRIES):
        # new days, so that there is always something to load
        fresh = min(DAYS, published + 2)
        publish(host, range(published, fresh))
        published = fresh
        held, asked = verified(), len(host.downloads)
        kills += killed(host, loads, pause_s)
        fetched_again += [
            path for path in host.downloads[asked:] if path.rsplit("/", 1)[1] in held
        ]
        if kills >= KILLS and published == DAYS:
            break
    print(f"{kills} kills, {len(host.downloads)} downloads of {DAYS} files")
    assert kills >= KILLS
    assert loads.start().wait() == 0

    assert fetched_again == []
    assert rows(
        "select count(*), count(distinct opened_at_ms), count(distinct file_id)"
        f" from bronze_archive.klines where {FINISHED}"
    ) == [(DAYS * ROWS, DAYS * ROWS, DAYS)]
    assert rows(
        "select count(*), count(distinct path), sum(rows_count)"
        f" from bronze_archive.files where status = 'loaded' and {FINISHED}"
    ) == [(DAYS, DAYS, DAYS * ROWS)]
    assert rows("select count(*) from bronze_archive.klines") == [(DAYS * ROWS,)]
    assert verified() == set()

    asked = len(host.downloads)
    assert (loads.start().wait(), len(host.downloads)) == (0, asked)
