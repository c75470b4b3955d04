"""Price against sentiment in 80 columns."""

from datetime import UTC, datetime, timedelta

from pipelines.pictures.asset_chart import HOURS, lines
from pipelines.terminal.chart import LABEL

BEGAN = datetime(2026, 11, 28, tzinfo=UTC)


def hours(count):
    return [
        {
            "asset": "BTC",
            "hour_at": BEGAN + timedelta(hours=n),
            "price": 60_000.0 + n,
            "sentiment": None if n % 2 else n / 100,
            "mentions": float(n % 5),
        }
        for n in range(count)
    ]


def test_a_chart_fits_a_terminal_in_blocks_and_in_ascii():
    drawn = lines(hours(HOURS), "utf-8")
    assert drawn[0] == (
        "BTC, hour by hour as it was known, 2026-11-28 00:00 to 2026-11-30 19:00 UTC"
    )
    assert max(map(len, drawn)) == 80
    assert "\x1b" not in "".join(drawn)
    plain = lines(hours(HOURS), "ascii")
    assert len(plain) == len(drawn)
    assert "".join(plain).isascii()


def test_what_was_not_known_is_a_gap():
    title = next(n for n, line in enumerate(lines(hours(8), "utf-8")) if "mean" in line)
    lowest = lines(hours(8), "utf-8")[title + 4]
    assert [sign == " " for sign in lowest[LABEL:]] == [False, True] * 3 + [False]


def test_of_no_hours_there_is_no_chart():
    assert lines([], "utf-8") == []
