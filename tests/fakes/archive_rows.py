"""Rows of the archive's files, and what reading them gives."""

from pathlib import Path

import polars as pl

from pipelines.sources.archive.files import series_of
from pipelines.sources.archive.reading import Counts, rows_of
from pipelines.upstream.extents import DAY_MS

DAY = 1_735_689_600_000  # 2025-01-01


def kline(stamp=DAY, **cells):
    """A candle's line; stamps in the unit of `stamp`."""
    step = 60_000 if stamp < 10**15 else 60_000_000
    found = {
        "opened": stamp,
        "open": "1.5",
        "high": "2.0",
        "low": "1.0",
        "close": "1.5",
        "volume": "3.25",
        "closed": stamp + step - 1,
        "quote": "5.0",
        "count": 7,
        "taker": "1.25",
        "taker_quote": "2.5",
        "ignore": 0,
    }
    return ",".join(map(str, (found | cells).values()))


def read_tables(tmp_path, content, *, feed="klines", symbol="BTC/USDT", span=DAY_MS):
    """The rows of each table, and the counts."""
    series = series_of("binance", symbol, feed)
    assert series is not None
    file = series.file("daily", (DAY, DAY + span))
    path = Path(tmp_path) / "file.csv"
    path.write_bytes(content)
    counts = Counts()
    frames: dict[str, list[pl.DataFrame]] = {}
    for rows in rows_of(file, path, "f1", "2025-01-02T00:00:00Z", counts):
        assert rows.frame.columns == [column.name for column in rows.table.columns]
        frames.setdefault(rows.table.name, []).append(rows.frame)
    joined = {name: pl.concat(found).to_dicts() for name, found in frames.items()}
    return joined, counts


def agg_trade(stamp=DAY, **cells):
    """An aggregate's line."""
    row = {"id": 7, "price": "1.5", "amount": "2", "first": 7, "last": 7}
    return ",".join(
        map(str, (row | {"stamp": stamp, "maker": "true"} | cells).values())
    )
