"""The page of pictures, opened in a real browser that reaches nothing."""

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from pipelines.pictures import charts
from pipelines.pictures.page import page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SERIES = ("kraken BTC/USD", "binance </script><b id=planted>")
NOW = datetime(2024, 3, 3, tzinfo=UTC)
DAYS = [
    {"series": series, "utc_day": f"2024-03-0{day}", "proven_ratio": 0.5}
    for series in SERIES
    for day in (1, 2)
]
CANDLES = [
    {
        "series": series,
        "opened_at": f"2024-03-01T{hour:02}:00Z",
        "price": 33862.6 + hour,
        "grade": grade,
        "is_complete": grade != "provisional",
    }
    for series in SERIES
    for hour, grade in enumerate(charts.GRADES)
]
GAPS = [
    {
        "series": SERIES[1],
        "cause": "trades lost",
        "started_at": "2024-03-01T01:00Z",
        "ended_at": "2024-03-01T02:00Z",
        "minutes_count": 60,
    }
]
NEWEST = [
    {"series": series, "newest_at": "2024-03-01T12:00Z", "minutes_behind": 3.5}
    for series in SERIES
]


@pytest.fixture
def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and os.environ.get("CI") == "true":  # noqa: TID251
        pytest.fail("CI has no browser: .ci/run installs chromium")
    if found is None:
        pytest.skip(f"no browser on this machine: none of {', '.join(BROWSERS)}")
    return found


def opened(browser, folder, text):
    """What the browser made of the page: the document, once its scripts have run."""
    file = folder / "page.html"
    file.write_text(text, encoding="utf-8")
    alone = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}")
    offline = (
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--disable-background-networking",
    )
    told = subprocess.run(
        [
            *(browser, *alone, *offline, "--virtual-time-budget=20000", "--dump-dom"),
            file.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return re.sub(r"<script.*?</script>", "", told.stdout, flags=re.DOTALL)


def drawn():
    return page(
        {
            "Complete": charts.completeness(DAYS),
            "Prices": charts.prices(CANDLES, GAPS),
            "Fresh": charts.freshness(NEWEST),
        },
        NOW,
    )


def test_every_picture_is_drawn_without_a_network(browser, tmp_path):
    seen = opened(browser, tmp_path, drawn())
    assert 'data-drawn="3"' in seen
    assert "data-failed" not in seen
    assert len(re.findall(r"<svg", seen)) == 3
    for word in ("kraken BTC/USD", "2024-03-02", "confirmed", "trades lost", "minutes"):
        assert word in seen
    assert "<option" in seen
    assert 'id="planted"' not in seen


def test_a_gold_without_rows_is_drawn_too(browser, tmp_path):
    empty = page({"Prices": charts.prices([], []), "F": charts.freshness([])}, NOW)
    assert 'data-drawn="2"' in opened(browser, tmp_path, empty)


def test_the_page_may_ask_nothing_of_anybody():
    text = drawn()
    assert "default-src 'none'" in text
    assert re.findall(r"""(?:src|href)=["'](?!#)""", text.split("<script")[0]) == []
    assert text.count("</script") == 1
    assert len(text) < 1_200_000
