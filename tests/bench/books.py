"""Snapshots of order books and tickers to bronze, and what they take of the disk."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from pipelines import warehouse
from pipelines.sandbox.clock import iso
from pipelines.sandbox.listings import generated_pairs
from pipelines.sandbox.running import Running, running
from pipelines.settings import export
from pipelines.sources.exchange.feeds import ORDER_BOOKS, TICKERS
from pipelines.sources.exchange.venues import spec_of
from tests.bench import child
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

NOW = "2024-03-15T00:00:05Z"
MINUTE_MS = 60_000
INSTRUMENTS = 50  # of which a day's rows and bytes are told
FEEDS = (ORDER_BOOKS, TICKERS)


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """What snapshots of each feed take, a minute after the other."""
    series = {feed.name: _series(feed.name) for feed in FEEDS}
    with (
        server.database("bench_books"),
        running(now=NOW, frozen=True, rate_limit=False) as sandbox,
    ):
        export(sandbox.environment)
        found = {
            name: _seconds(name, of_venues, options, sandbox)
            for name, of_venues in series.items()
        }
        counts = {
            name: sum(map(len, of_venues.values()))
            for name, of_venues in series.items()
        }
        yield _speeds(found, counts)
        yield _bytes()


def _series(feed: str) -> Mapping[str, Sequence[str]]:
    """The spot pairs of each venue that is asked for the feed."""
    found = {
        exchange_id: [
            p.instrument.symbol
            for p in pairs
            if ":" not in p.instrument.symbol
            and feed in spec_of(exchange_id, p.instrument.symbol).routes
        ]
        for exchange_id, pairs in generated_pairs().items()
    }
    return {exchange_id: symbols for exchange_id, symbols in found.items() if symbols}


def _seconds(
    feed: str, series: Mapping[str, Sequence[str]], options: Options, sandbox: Running
) -> list[float]:
    """Of a load of each minute, after one that makes the tables and is not counted."""
    seconds = []
    for number in range(options.repeats + 1):
        sandbox.set_clock(iso(sandbox.now_ms() + MINUTE_MS))
        told = child.run("tests.bench.books_child", {"series": series, "feed": feed})
        seconds.append(told["seconds"])
        say(f"books {feed} {number}: {told['seconds']:.2f} s")
    return seconds[1:]


def _speeds(found: Mapping[str, list[float]], counts: Mapping[str, int]) -> Table:
    return Table(
        "Snapshots to committed bronze rows, medians",
        ("feed", "rows", "seconds", "rows/s"),
        [
            (feed, counts[feed], median(seconds), counts[feed] / median(seconds))
            for feed, seconds in found.items()
        ],
        ("A load of each venue, one after the other: one request a book.",),
    )


def _bytes() -> Table:
    rows = []
    with warehouse.connect(None, "bench") as connection:
        for feed in FEEDS:
            name = f"bronze_exchange.{feed.table.name}"
            connection.execute(f"vacuum (analyze) {name}")
            told = connection.execute(
                f"select pg_table_size('{name}') / count(*)::float8,"
                f" pg_indexes_size('{name}') / count(*)::float8 from {name}"
            ).fetchone()
            heap, indexes = told or (0.0, 0.0)
            a_day = INSTRUMENTS * 1440
            size = heap + indexes
            rows.append((feed.name, heap, indexes, size, a_day, a_day * size / 1e6))
    return Table(
        f"Bytes a row, and a day of {INSTRUMENTS} instruments each minute",
        ("feed", "heap", "indexes", "in all", "rows a day", "MB a day"),
        rows,
        ("A book has at most 100 levels a side (on the sandbox's Coinbase 50).",),
    )
