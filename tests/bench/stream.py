"""The stream of config changes: how soon, how fast, and what it costs a writer."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines import warehouse
from pipelines.settings import export
from pipelines.sources.archive.files import ArchiveFile
from tests.bench import archive, archive_files, copying, stream_commits, stream_fold
from tests.bench import stream_latency as latency
from tests.bench.change_stream import ChangeStream, streaming
from tests.bench.machine import peak_mb
from tests.bench.neighbours import taken
from tests.bench.options import Options
from tests.bench.quantiles import percentile
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

PROBED = "bench_probed"
MOST_LOADS = 10
LOADS_NOTE = (
    "A *load* is one of an archive file of 1m candles, as `bullion load archive` does"
    " it, into the same server; loads follow each other until there are enough changes,"
    " and only those count that were committed while one ran."
)
PUBLISHED = (PROBED, stream_fold.NAME, stream_commits.MUTE, stream_commits.PUBLISHED)


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """Latency idle and under a load, commits of a writer, a flood, memory."""
    place = folder / "stream_archive"
    file = archive_files.made(place, "klines", 4, range(options.archive_rows))
    with (
        server.database("bench_stream"),
        archive_files.served(place) as url,
        streaming(folder, PUBLISHED) as stream,
    ):
        export({"BULLION_ARCHIVE_URL": url})
        with stream.process("config", "follow") as consumer:
            services = (stream.kafka.pid, stream.debezium.pid, consumer.pid)
            own = [server.pid, *(pid for pid in services if pid)]
            yield _latencies(options, file, own)
            yield from stream_commits.commits(options)
            consumer_mb = peak_mb(consumer.pid)
        yield stream_fold.flood(stream, options)
        yield _memory(stream, consumer_mb)


def _latencies(options: Options, file: ArchiveFile, own: Sequence[int]) -> Table:
    """Of changes while nothing else happens, and while candles are loaded."""
    fewest = options.changes

    def load() -> tuple[float, float]:
        with warehouse.connect(None, "bench") as connection:
            copying.empty(connection, archive.SCHEMA)
        told = archive.load([file], 1)
        return told["began_at"], told["began_at"] + told["seconds"]

    with latency.probing(PROBED) as prober:
        with taken(*own) as others_idle:
            idle = prober.until(lambda found: len(found) >= fewest)
        say(f"commit to bronze, idle: {_told(idle)}")
        with taken(*own) as others_busy:
            busy, loads = latency.during(prober, load, fewest, MOST_LOADS)
        say(f"commit to bronze, {loads} loads: {_told(busy)}")
    loading = f"{options.archive_rows:,} candles are loaded".replace(",", " ")
    return Table(
        "From the commit of a change to its row in bronze",
        latency.HEADING,
        [
            latency.row("nothing else happens", idle, others_idle),
            latency.row(f"{loading}, {loads} times", busy, others_busy),
        ],
        (latency.LATENCIES_NOTE, LOADS_NOTE),
    )


def _told(found: Sequence[latency.Seen]) -> str:
    if not found:
        return "no change"
    seen = [one.seen_ms for one in found]
    return f"p50 {percentile(seen, 50):.0f} ms, p95 {percentile(seen, 95):.0f} ms"


def _memory(stream: ChangeStream, consumer_mb: float) -> Table:
    """The most that each process of the chain has held."""
    found = {**stream.peaks_mb(), "bullion config follow, single changes": consumer_mb}
    return Table("Memory of the stream", ("process", "peak MB"), list(found.items()))
