"""History of 50 instruments in bronze, made by SQL: 17 symbols on three venues.

Binance sends every minute and every field, Kraken every minute with its vwap, Coinbase
nothing for a quiet minute (one in 101 here) and neither quote volume nor vwap. One
listing a day, in which a limit moves.
"""

import time
from pathlib import Path

from pipelines import warehouse
from tests.contents.bronze import create_tables

INSTRUMENTS = 50
REREAD = 10  # closed candles that a load reads again, as `config_thresholds.csv` says
PAGE = 1000
START_MS = 1_640_995_200_000  # 2022-01-01T00:00Z
STATEMENTS = (Path(__file__).parent / "history.sql").read_text().split(";\n")


def begin() -> None:
    """The tables of bronze, empty."""
    with warehouse.connect("loader", "bench") as connection:
        create_tables(connection, anew=True)


def grow(first: int, last: int, *, shift: int = 0, clock: int | None = None) -> None:
    """One load: minutes [first, last) since the start, of every instrument.

    `shift`: how far their prices lie from those of other loads. `clock`: the minute of
    the venues' clock when they were read; as a rule the end of the last.
    """
    known = {
        "load": f"{time.time():.6f}",
        "first": first,
        "last": last,
        "instruments": INSTRUMENTS,
        "start": START_MS,
        "page": PAGE,
        "shift": shift,
        "clock": last if clock is None else clock,
    }
    with warehouse.connect("loader", "bench") as connection:
        with connection.transaction():
            for statement in STATEMENTS:
                if statement.strip():
                    connection.execute(statement.encode(), known)
        for table in ("ohlcv", "pages"):
            index = f"bronze_exchange.{table}_dlt_load_id_idx"
            connection.execute("select brin_summarize_new_values(%s)", (index,))
            if last - first > 60 + REREAD:  # what autovacuum does after a large load
                connection.execute(f"analyze bronze_exchange.{table}".encode())
