"""Real settlements, served as a recording, through the load into gold."""

import csv
import gzip
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from pipelines.sandbox.clock import iso
from pipelines.sandbox.running import running
from pipelines.settings import settings
from pipelines.sources.exchange.source import ExchangeSource
from pipelines.sources.load import load
from pipelines.upstream.options import LoadOptions
from tests.contents.transform import Transform
from tests.fakes.venue_server import configured
from tests.integration.models.test_dbt_histories import select

MODELS = ("int_funding_settled", "int_funding_answered", "fct_funding")
SYMBOL = "XRP/USDT:USDT"
FUNDING = """
select due_at, settled_at, rate, interval_hours, annualised_rate
from gold.fct_funding order by due_at
"""


@pytest.fixture
def settled(recorded):
    """Stamp and rate of each recorded settlement, as they are written."""
    path = recorded / "funding" / "binance_XRPUSDT_8h_funding.csv"
    with path.open() as lines:
        return [
            (round(datetime.fromisoformat(row["date"]).timestamp() * 1000), row["open"])
            for row in csv.DictReader(lines)
        ]


@pytest.fixture
def loaded(settled, built_database, tmp_path, monkeypatch):
    """The recording, served by the sandbox and read from there."""
    path = tmp_path / "recordings" / "binance" / "XRP-USDT:USDT_funding.csv.gz"
    path.parent.mkdir(parents=True)
    lines = ("settled_at_ms,rate", *(f"{at},{rate}" for at, rate in settled), "")
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    now = iso(settled[-1][0] // 1000 * 1000 + 60_000)
    folder = path.parent.parent
    with running(recordings=folder, now=now, frozen=True, in_thread=True) as started:
        for name, url in started.environment.items():
            monkeypatch.setenv(name, url)
        settings.cache_clear()
        options = LoadOptions.parse(
            ["binance"], [SYMBOL], "2021-11-18", feeds=["funding_rates"]
        )
        source = ExchangeSource(configured().current, options)
        load(source)
        assert source.failures == []
    Transform().rerun("run", "--select", *MODELS)


@pytest.mark.slow(10)
def test_the_recorded_settlements_are_all_of_eight_hours_though_ms_off(loaded, settled):
    rows = select(FUNDING)
    rates = [row[2] for row in rows]
    assert rates == [Decimal(rate) for _, rate in settled]
    # which went through floats: its least has 19 decimals
    assert (len(rates), round(min(rates), 8), round(max(rates), 8)) == (
        91,
        Decimal("-0.00219334"),
        Decimal("0.00058316"),
    )
    assert {row[0].strftime("%H:%M:%S.%f") for row in rows} == {
        f"{hour}:00:00.000000" for hour in ("00", "08", "16")
    }
    assert any(row[0] != row[1] for row in rows)
    assert all((b[0] - a[0]).total_seconds() == 8 * 3600 for a, b in pairwise(rows))
    assert [row[3] for row in rows] == [None, *[8] * 90]
    assert all(row[4] == row[2] * 1095 for row in rows[1:])
