"""Files of the archive made for the bench, and a host that serves them."""

import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import polars as pl

from pipelines.sources.archive.file_types import Feed
from pipelines.sources.archive.files import ArchiveFile, series_of

START_MS = 1_577_836_800_000  # 2020-01-01
MINUTE_MS = 60_000
BATCH = 500_000  # rows made at a time
TRADE_BYTES = 75  # of a generated trade, about
NOTHING = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
Rows = Callable[[int, int], pl.DataFrame]


def klines(first: int, last: int) -> pl.DataFrame:
    """Candles of consecutive minutes, as wide as those of a busy pair."""
    number = pl.int_range(first, last)
    at = number * MINUTE_MS + START_MS
    cents = _random(1, 200_000) + 1_900_000

    def price(above: int) -> pl.Expr:
        digits = ((cents + above) % 100).cast(pl.String).str.zfill(2)
        return pl.format("{}.{}000000", (cents + above) // 100, digits)

    return pl.select(number.alias("n")).select(
        at,
        price(10).alias("open"),
        price(900).alias("high"),
        price(-800).alias("low"),
        price(-5).alias("close"),
        _amount(2, 3 * 10**10).alias("volume"),
        (at + MINUTE_MS - 1).alias("closed"),
        _amount(3, 10**14).alias("quote"),
        _random(4, 5000).alias("count"),
        _amount(5, 10**10).alias("taker"),
        _amount(6, 10**13).alias("taker quote"),
        pl.lit("0").alias("ignore"),
    )


def trades(first: int, last: int) -> pl.DataFrame:
    """Trades, ten a second."""
    number = pl.int_range(first, last)
    return pl.select(number.alias("n")).select(
        (number + 10**9).alias("id"),
        _amount(1, 10**13).alias("price"),
        _amount(2, 10**9).alias("quantity"),
        _amount(3, 10**12).alias("quote"),
        (number * 100 + START_MS).alias("time"),
        pl.when(_random(4, 2) == 1)
        .then(pl.lit("True"))
        .otherwise(pl.lit("False"))
        .alias("maker"),
        pl.lit("True").alias("best"),
    )


def _random(seed: int, below: int) -> pl.Expr:
    return (pl.col("n").hash(seed) % below).cast(pl.Int64)


def _amount(seed: int, below: int) -> pl.Expr:
    """A number with eight decimals, as text; never 0."""
    raw = _random(seed, below) + 1
    digits = (raw % 10**8).cast(pl.String).str.zfill(8)
    return pl.format("{}.{}", raw // 10**8, digits)


MADE: Mapping[Feed, Rows] = {"klines": klines, "trades": trades}


def made(folder: Path, feed: Feed, number: int, rows: range) -> ArchiveFile:
    """The `rows` of klines or trades as file `number`, with its checksum."""
    series = series_of("binance", "BTC/USDT", feed)
    assert series is not None
    month = (START_MS + number * 31 * 86_400_000, 0)
    path = folder / series.file("monthly", month).path
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name.removesuffix(".zip")
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(f"{name}.csv", "w", force_zip64=True) as member,
    ):
        for at in range(rows.start, rows.stop, BATCH):
            frame = MADE[feed](at, min(rows.stop, at + BATCH))
            member.write(frame.write_csv(include_header=False).encode())
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    said = f"{sha256}  {path.name}\n"
    path.with_name(f"{path.name}.CHECKSUM").write_text(said, encoding="utf-8")
    step = MINUTE_MS if feed == "klines" else 100
    covers = (START_MS + rows.start * step, START_MS + rows.stop * step)
    known = series.file("monthly", month)
    return replace(known, covers=covers)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder over HTTP; yields its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def list_directory(self, path: object) -> None:
            """The host lists nothing: which files are loaded is said."""
            self.send_response(200)
            self.send_header("Content-Length", str(len(NOTHING)))
            self.end_headers()
            self.wfile.write(NOTHING)

        def log_message(self, *_: object) -> None:
            pass

    handler = partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
