"""Archive files to bronze, beside a bare COPY of the same rows; and their memory."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median

from pipelines import warehouse
from pipelines.settings import export
from pipelines.sources.archive.files import ArchiveFile
from tests.bench import archive_files, child, copying
from tests.bench.neighbours import middle, taken
from tests.bench.options import Options
from tests.bench.say import say
from tests.bench.server import Server
from tests.bench.tables import Table

SCHEMA = "bronze_archive"
PHASES = {
    "download": ("fetch",),
    "check the zip": ("unpacked",),
    "parse": ("block_of",),
    "check the rows": ("check",),
    "write": ("write",),
    "dlt extract, all of these and its own": ("extract",),
    "load": ("normalize", "load"),
}


NOTE = (
    "A load spends about twice a COPY's CPU time, a part of it on a second core: a"
    " neighbour there slows the load alone, and no pairing takes that out."
)


@dataclass(frozen=True)
class Timed:
    """A load, and the COPYs of what it brought just before it and just after."""

    rows: int
    load_s: float
    phases: dict[str, float]
    copies_s: copying.Between
    peak_mb: float
    others: float | None

    @property
    def copy_s(self) -> float:
        """What a COPY would have taken at the load's own time."""
        return mean(self.copies_s)


def tables(server: Server, options: Options, folder: Path) -> Iterator[Table]:
    """What loads of one and of two files took, and what one large file needs."""
    place = folder / "archive"
    rows = options.archive_rows
    halves = [
        archive_files.made(
            *(place, "klines", number),
            range(rows // 2 * number, rows // 2 * (number + 1)),
        )
        for number in (0, 1)
    ]
    whole = archive_files.made(place, "klines", 2, range(rows))
    with server.database("bench_archive"), archive_files.served(place) as url:
        export({"BULLION_ARCHIVE_URL": url})
        found = {
            "one": _runs([whole], 1, options, server),
            "two, one at a time": _runs(halves, 1, options, server),
            "two at once": _runs(halves, 2, options, server),
        }
        yield _speeds(found)
        yield _phases(found)
        yield _memory(place, options)


def _runs(
    files: Sequence[ArchiveFile], at_once: int, options: Options, server: Server
) -> list[Timed]:
    """COPY, load, COPY, load, …, COPY: after one load that is not counted."""
    path, runs = server.folder / "archive.csv", []
    with warehouse.connect(None, "bench") as connection:
        copying.empty(connection, SCHEMA)
        load(files, at_once)
        table = files[0].feed
        rows = copying.export(connection, SCHEMA, table, path)
        copying.settled(connection, SCHEMA)
        before = copying.copy_s(connection, SCHEMA, table, path)
        for number in range(1, options.repeats + 1):
            copying.empty(connection, SCHEMA)
            copying.even(connection)
            with taken(server.pid) as others:
                told = load(files, at_once)
                after = copying.copy_s(connection, SCHEMA, table, path)
            spent, copies = (told["seconds"], told["phases"]), (before, after)
            run = Timed(rows, *spent, copies, told["peak_mb"], others.cores)
            what = f"archive {len(files)} files, {at_once} at once, run {number}"
            say(f"{what}: {run.load_s / run.copy_s:.2f} times COPY")
            runs.append(run)
            before = after
    path.unlink()
    return runs


def load(files: Sequence[ArchiveFile], at_once: int) -> child.Facts:
    """What a process that loads the files tells of it."""
    asked = {"files": [asdict(file) for file in files], "at_once": at_once}
    return child.run("tests.bench.archive_child", asked)


def _speeds(found: dict[str, list[Timed]]) -> Table:
    return Table(
        "Archive files to committed bronze rows, medians",
        (
            *("files", "runs", "rows", "seconds", "rows/s"),
            *("bare COPY rows/s", "times COPY", "least", "most"),
            *("COPY's spread", "others' cores", "peak MB"),
        ),
        [
            (
                kind,
                len(runs),
                runs[0].rows,
                median(run.load_s for run in runs),
                median(run.rows / run.load_s for run in runs),
                median(run.rows / run.copy_s for run in runs),
                *_times([run.load_s / run.copy_s for run in runs]),
                copying.spread(run.copies_s for run in runs),
                middle(run.others for run in runs),
                max(run.peak_mb for run in runs),
            )
            for kind, runs in found.items()
        ],
        (copying.NOTE, NOTE),
    )


def _times(times: Sequence[float]) -> tuple[float, float, float]:
    return median(times), min(times), max(times)


def _phases(found: dict[str, list[Timed]]) -> Table:
    def seconds(run: Timed, names: Sequence[str]) -> float:
        return sum(run.phases.get(name, 0) for name in names)

    return Table(
        "Seconds of a load by phase, medians, of all threads together",
        ("files", *PHASES),
        [
            (
                kind,
                *(
                    median(seconds(run, names) for run in runs)
                    for names in PHASES.values()
                ),
            )
            for kind, runs in found.items()
        ],
    )


def _memory(place: Path, options: Options) -> Table:
    rows = options.archive_trades_mb * 10**6 // archive_files.TRADE_BYTES
    file = archive_files.made(place, "trades", 3, range(rows))
    say(f"archive: a file of {rows:,} trades")
    with warehouse.connect(None, "bench") as connection:
        copying.empty(connection, SCHEMA)
        told = load([file], 1)
        found = connection.execute(
            "select uncompressed_bytes_count from bronze_archive.files"
        ).fetchone()
    return Table(
        "Memory of a load of one file of single trades",
        ("CSV, MB", "rows", "seconds", "rows/s", "peak MB"),
        [
            (
                (found or (0,))[0] / 10**6,
                rows,
                told["seconds"],
                rows / told["seconds"],
                told["peak_mb"],
            )
        ],
    )
