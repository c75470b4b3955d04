"""What a refused or contradicted row of an archive costs in gold: its own minute."""

import pytest

from pipelines.settings import settings
from pipelines.sources.archive.contradictions import CONTRADICTIONS
from pipelines.sources.archive.source import ArchiveSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.contents.transform import build
from tests.fakes.archive_rows import DAY, agg_trade, kline
from tests.fakes.archive_server import archive_server, csv
from tests.fakes.venue_server import configured
from tests.integration.models.test_dbt_histories import select

MINUTE, HOUR = 60_000, 3_600_000
FILES = "data/spot/daily/{0}/BTCUSDT{1}/BTCUSDT-{2}-2025-01-01.zip"
KLINES = FILES.format("klines", "/1m", "1m")
AGG_TRADES = FILES.format("aggTrades", "", "aggTrades")
COMPLETE = """
select count(*) filter (where is_complete), count(*)
from gold.fct_candles where timeframe = '1h'
"""
HOLES = """
select extract(hour from started_at)::int, minutes_count, cause
from gold.fct_gaps where timeframe = '1m' order by started_at
"""
PROVEN = """
select extract(minute from opened_at)::int, is_proven
from gold.fct_candle_proofs order by opened_at
"""


@pytest.fixture
def archived(built_database, monkeypatch):
    """Load these files of a day, and build silver and gold."""

    def loaded(feed, path, content):
        with archive_server() as server:
            monkeypatch.setenv("BULLION_ARCHIVE_URL", server.url)
            settings.cache_clear()
            server.put_csv(path, content)
            span = ("2025-01-01", "2025-01-02")
            options = LoadOptions.parse(["binance"], ["BTC/USDT"], *span, feeds=[feed])
            source = ArchiveSource(configured().current, options)
            load(source)
            assert source.failures == []
        build()

    return loaded


@pytest.mark.slow(30)
def test_a_bad_candle_costs_its_minute_and_not_its_day(archived):
    stamps = [DAY + i * MINUTE for i in range(1440) if not 600 <= i < 720]
    bad = DAY + 5 * HOUR
    lines = [kline(s, high="0.98") if s == bad else kline(s) for s in stamps]

    archived("klines", KLINES, csv(lines))

    assert select(HOLES) == [(5, 1, "refused"), (10, 120, "missing")]
    assert select(COMPLETE) == [(21, 22)]


@pytest.mark.slow(30)
def test_a_bad_trade_proves_nothing_of_its_minute(archived):
    lines = [
        agg_trade(DAY + i * 20_000, id=i, first=i, last=i, amount="0.5")
        for i in range(30)
    ]
    lines[19] = agg_trade(DAY + 380_000, id=19, first=19, last=19, amount="0.0")

    archived("agg_trades", AGG_TRADES, csv(lines))

    # the first and the last have a neighbour that nobody knows
    assert {minute for minute, is_proven in select(PROVEN) if not is_proven} == {
        0,
        6,
        9,
    }


@pytest.mark.slow(30)
def test_two_verified_rows_of_one_minute_seal_nothing_and_the_doctor_names_it(archived):
    lines = [kline(DAY + i * MINUTE) for i in range(1440)]
    lines.insert(601, kline(DAY + 600 * MINUTE, high="9.5"))

    archived("klines", KLINES, csv(lines))

    grades = (
        "select evidence_grade, count(*) from gold.fct_candles where timeframe = '1m'"
        " group by 1 order by 1"
    )
    assert select(grades) == [("closed", 1), ("sealed", 1439)]
    checked = CONTRADICTIONS.run()
    assert checked.ok
    assert checked.is_warning
    assert "contradict each other in 1 minute," in checked.meaning
    assert checked.mend.endswith("binance BTC/USDT 1m 2025-01-01T10:00")
